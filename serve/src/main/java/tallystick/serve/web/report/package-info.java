/// Reports: read, compared, downloaded and signed.
@NullMarked
package tallystick.serve.web.report;

import org.jspecify.annotations.NullMarked;
