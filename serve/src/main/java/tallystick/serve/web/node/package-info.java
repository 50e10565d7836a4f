/// Nodes: how far they are read, and what the ledger proves of them.
@NullMarked
package tallystick.serve.web.node;

import org.jspecify.annotations.NullMarked;
