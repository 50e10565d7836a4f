package tallystick.serve.web.http;

import java.time.Duration;
import java.util.Optional;

/// The cookies: one of a session, one of a visit before there is a session, and one of somebody who is away at an issuer to sign in.
/// No script sees them, and no other site has the first two sent. Immutable.
public final class Cookies {
    /// Whoever is away for longer begins anew.
    private static final Duration AWAY_MAX = Duration.ofMinutes(10);

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

    /// As a header's value. It is sent with who comes back from elsewhere, which a strict one is not.
    public String setAway(String kept) {
        return cookie("away", kept, "Lax") + "; Max-Age=" + AWAY_MAX.toSeconds();
    }

    public Optional<String> away(WebRequest request) {
        return Optional.ofNullable(request.cookies().get(name("away")));
    }

    /// Has the browser forget that somebody was away.
    public String endAway() {
        return cookie("away", "", "Lax") + "; Max-Age=0";
    }

    /// Has the browser forget the session.
    public String endSession() {
        return set("session", "") + "; Max-Age=0";
    }

    private String set(String what, String token) {
        return cookie(what, token, "Strict");
    }

    private String cookie(String what, String value, String sameSite) {
        return "%s=%s; Path=/; HttpOnly; SameSite=%s%s"
                .formatted(name(what), value, sameSite, isSecure ? "; Secure" : "");
    }

    /// Under the prefix, browsers take it from this very host alone, and by TLS alone.
    private String name(String what) {
        return (isSecure ? "__Host-tallystick-" : "tallystick-") + what;
    }
}
