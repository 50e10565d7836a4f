/// The NodeService.
@NullMarked
package tallystick.serve.node;

import org.jspecify.annotations.NullMarked;
