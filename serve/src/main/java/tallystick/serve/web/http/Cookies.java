package tallystick.serve.web.http;

import java.util.Optional;

/// The two cookies: one of a session, one of a visit before there is a session. No script sees them, and no other site has them
/// sent. Immutable.
public final class Cookies {
    private final boolean isSecure;

    /// @param isSecure whether browsers come by TLS
    public Cookies(boolean isSecure) {
        this.isSecure = isSecure;
    }

    public boolean isSecure() {
        return isSecure;
    }

    Optional<String> session(WebRequest request) {
        return Optional.ofNullable(request.cookies().get(name("session")));
    }

    Optional<String> visit(WebRequest request) {
        return Optional.ofNullable(request.cookies().get(name("visit")));
    }

    /// As a header's value.
    public String setSession(String token) {
        return set("session", token);
    }

    String setVisit(String token) {
        return set("visit", token);
    }

    /// Has the browser forget the session.
    public String endSession() {
        return set("session", "") + "; Max-Age=0";
    }

    private String set(String what, String token) {
        return "%s=%s; Path=/; HttpOnly; SameSite=Strict%s"
                .formatted(name(what), token, isSecure ? "; Secure" : "");
    }

    /// Under the prefix, browsers take it from this very host alone, and by TLS alone.
    private String name(String what) {
        return (isSecure ? "__Host-tallystick-" : "tallystick-") + what;
    }
}
