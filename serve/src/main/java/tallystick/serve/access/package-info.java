/// Who may call what: certificates, the list of clients with their roles, limits. Looked at for each call anew, so that what is
/// taken away is gone at once.
@NullMarked
package tallystick.serve.access;

import org.jspecify.annotations.NullMarked;
