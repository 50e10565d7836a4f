/// Requests and answers, who may ask for what, and what every answer carries. Knows no page.
@NullMarked
package tallystick.serve.web.http;

import org.jspecify.annotations.NullMarked;
