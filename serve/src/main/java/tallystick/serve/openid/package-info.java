/// People and programs that an OpenID provider vouches for: what it says is checked here, and becomes a name with roles. The pages
/// sign people in by it, the API takes its tokens.
@NullMarked
package tallystick.serve.openid;

import org.jspecify.annotations.NullMarked;
