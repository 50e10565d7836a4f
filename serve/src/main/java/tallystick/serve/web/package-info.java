/// The web pages: the same ledger and the same decisions as the API, for people. Made whole on the server; script only adds.
@NullMarked
package tallystick.serve.web;

import org.jspecify.annotations.NullMarked;
