/// Tests of the pipelines' surroundings.
@NullMarked
package tallystick.ops.pipeline;

import org.jspecify.annotations.NullMarked;
