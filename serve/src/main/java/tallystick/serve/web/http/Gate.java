package tallystick.serve.web.http;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import java.util.Optional;
import tallystick.serve.access.Roles;
import tallystick.serve.call.Failures;
import tallystick.serve.web.access.Person;
import tallystick.serve.web.access.Sessions;

/// Lets a request through to its page, or not: who asks, whether he may, and whether a form is one of ours. Any thread.
public final class Gate {
    public static final String SIGN_IN = "/sign-in";

    /// Where the person wanted to go before signing in.
    public static final String TO = "to";

    private final Routes routes;
    private final Sessions sessions;
    private final Cookies cookies;
    private final String origin;
    private final Problems problems;
    private final WebMetrics metrics;

    /// Shows a person what went wrong.
    public interface Problems {
        /// @param visit as far as it is known who asks
        Answer.Whole answer(Visit visit, int status, String message);
    }

    /// @param origin of the pages as browsers see them, `https://ledger.example`; empty where it is whatever they ask for
    public Gate(
            Routes routes,
            Sessions sessions,
            Cookies cookies,
            String origin,
            Problems problems,
            WebMetrics metrics) {
        this.routes = routes;
        this.sessions = sessions;
        this.cookies = cookies;
        this.origin = origin;
        this.problems = problems;
        this.metrics = metrics;
    }

    Answer answer(WebRequest request) {
        long begun = System.nanoTime();
        Answer answer = guarded(request);
        metrics.answered(
                routes.pattern(request),
                request.method(),
                answer.status(),
                System.nanoTime() - begun);
        return answer;
    }

    private Answer guarded(WebRequest request) {
        Visit visit = new Visit(request, Optional.empty(), "", java.util.Map.of());
        try {
            Optional<String> session = cookies.session(request);
            Optional<Person> who =
                    session.flatMap(token -> sessions.find(token, request.isByPerson()));
            // Without a session, a token of the visit itself: the form that signs in needs one too.
            Optional<String> known = who.isPresent() ? session : cookies.visit(request);
            visit =
                    new Visit(
                            request, who, known.orElseGet(sessions::newToken), java.util.Map.of());
            Answer answer = routed(visit);
            return known.isEmpty() && answer instanceof Answer.Whole whole && whole.isPage()
                    ? whole.with("Set-Cookie", cookies.setVisit(visit.token()))
                    : answer;
        } catch (WebProblem e) {
            return problems.answer(visit, e.status(), String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            StatusRuntimeException told = Failures.told(request.path(), e);
            return problems.answer(
                    visit,
                    status(told.getStatus().getCode()),
                    sentence(Objects.requireNonNullElse(told.getStatus().getDescription(), "")));
        }
    }

    private Answer routed(Visit visit) {
        WebRequest request = visit.request();
        Routes.Match match = routes.find(request);
        if (match.route().role().isPresent()) {
            if (visit.who().isEmpty()) {
                return toSignIn(request);
            }
            if (!visit.may(match.route().role().get())) {
                throw new WebProblem(
                        403,
                        "%s may not do this: it needs the role %s. Nothing was changed."
                                .formatted(
                                        visit.person().name(),
                                        Roles.text(match.route().role().get())));
            }
        }
        if (!request.isReading()) {
            requireOurs(visit);
        }
        return match.route()
                .page()
                .answer(new Visit(request, visit.who(), visit.token(), match.parts()));
    }

    /// A browser that comes by a link elsewhere shows no strict cookie. Sent here once more, it comes from us.
    private Answer toSignIn(WebRequest request) {
        if (request.method().equals("GET")
                && request.header("sec-fetch-site").filter("cross-site"::equals).isPresent()) {
            return Answer.html(
                            200,
                            "<!DOCTYPE html><html lang=\"en\"><title>Tallystick</title></html>")
                    .with("Refresh", "0; url=" + OwnPath.of(request.target()));
        }
        String to = request.isReading() ? OwnPath.of(request.target()) : OwnPath.HOME;
        return Answer.seeOther(
                to.equals(OwnPath.HOME)
                        ? SIGN_IN
                        : SIGN_IN
                                + "?"
                                + TO
                                + "="
                                + java.net.URLEncoder.encode(
                                        to, java.nio.charset.StandardCharsets.UTF_8));
    }

    /// What changes something comes from a form that we gave this browser.
    private void requireOurs(Visit visit) {
        WebRequest request = visit.request();
        boolean isFromElsewhere =
                request.header("sec-fetch-site")
                                .filter(site -> !site.equals("same-origin"))
                                .isPresent()
                        || request.header("origin")
                                .filter(one -> !isOurs(one, request))
                                .isPresent();
        if (isFromElsewhere
                || !FormToken.fits(visit.token(), visit.form().exact(FormToken.FIELD))) {
            throw new WebProblem(
                    403,
                    "This form is too old, or was not made here. Nothing was changed. Load the page again and send it once more.");
        }
    }

    private boolean isOurs(String from, WebRequest request) {
        if (!origin.isEmpty()) {
            return from.equals(origin);
        }
        String host = request.header("host").orElse("");
        return from.equals((cookies.isSecure() ? "https://" : "http://") + host);
    }

    /// As the API tells failures, with the status that stands for it.
    private static int status(Code code) {
        return switch (code) {
            case INVALID_ARGUMENT, OUT_OF_RANGE -> 400;
            case NOT_FOUND -> 404;
            case FAILED_PRECONDITION, ALREADY_EXISTS, ABORTED -> 409;
            case PERMISSION_DENIED, UNAUTHENTICATED -> 403;
            case RESOURCE_EXHAUSTED -> 429;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED -> 504;
            case OK, CANCELLED, UNKNOWN, UNIMPLEMENTED, INTERNAL, DATA_LOSS -> 500;
        };
    }

    /// A message of the API as a sentence.
    public static String sentence(String message) {
        if (message.isEmpty()) {
            return "This could not be done.";
        }
        String text = Character.toUpperCase(message.charAt(0)) + message.substring(1);
        return text.endsWith(".") ? text : text + ".";
    }
}
