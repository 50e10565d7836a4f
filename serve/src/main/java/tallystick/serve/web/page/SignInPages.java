package tallystick.serve.web.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.proto.v1.Role;
import tallystick.serve.openid.OpenidException;
import tallystick.serve.openid.OpenidException.Kind;
import tallystick.serve.web.access.OpenidSignIn;
import tallystick.serve.web.access.PasswordSignIn;
import tallystick.serve.web.access.PasswordSignIn.Outcome;
import tallystick.serve.web.access.Person;
import tallystick.serve.web.access.Sessions;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Cookies;
import tallystick.serve.web.http.Gate;
import tallystick.serve.web.http.OwnPath;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebMetrics;
import tallystick.serve.web.http.WebMetrics.Refusal;
import tallystick.serve.web.http.WebProblem;

/// Signing in and out. Any thread.
public final class SignInPages {
    private static final Logger LOG = LoggerFactory.getLogger(SignInPages.class);

    private static final String NAME = "name";
    private static final String PASSWORD = "password";

    private static final String OPENID = Gate.SIGN_IN + "/openid";

    /// Where people come back from an issuer.
    public static final String BACK = OPENID + "/back";

    /// Browsers keep no long cookies.
    private static final int TO_MAX = 2_000;

    /// Of what an issuer says went wrong; the standard has no others.
    private static final Pattern ERROR_CODE = Pattern.compile("[a-z_]{1,40}");

    private final PasswordSignIn passwords;
    private final Optional<OpenidSignIn> issuer;
    private final Sessions sessions;
    private final Cookies cookies;
    private final Frames frames;
    private final Templates templates;
    private final WebMetrics metrics;

    /// @param issuer empty where people sign in with passwords alone
    public SignInPages(
            PasswordSignIn passwords,
            Optional<OpenidSignIn> issuer,
            Sessions sessions,
            Cookies cookies,
            Frames frames,
            Templates templates,
            WebMetrics metrics) {
        this.passwords = passwords;
        this.issuer = issuer;
        this.sessions = sessions;
        this.cookies = cookies;
        this.frames = frames;
        this.templates = templates;
        this.metrics = metrics;
    }

    /// What the template prints.
    ///
    /// @param to where the person goes then
    /// @param name as it was typed
    /// @param problem of the last attempt; empty before the first
    /// @param hasPasswords false while nobody can sign in with one
    /// @param issuer its host; empty without one
    public record SignIn(
            String to, String name, String problem, boolean hasPasswords, String issuer) {
        /// Where the issuer's button leads.
        public String away() {
            return OPENID + "?" + Gate.TO + "=" + URLEncoder.encode(to, UTF_8);
        }
    }

    public void addTo(Routes routes) {
        routes.openGet(Gate.SIGN_IN, this::form);
        routes.openPost(Gate.SIGN_IN, this::signIn);
        routes.post("/sign-out", Role.ROLE_VIEWER, this::signOut);
        issuer.ifPresent(
                one -> {
                    routes.openGet(OPENID, visit -> goAway(visit, one));
                    routes.openGet(BACK, visit -> comeBack(visit, one));
                });
    }

    private Answer form(Visit visit) {
        String to = OwnPath.of(visit.query().text(Gate.TO));
        return visit.who().isPresent() ? Answer.seeOther(to) : form(visit, 200, to, "", "");
    }

    private Answer signIn(Visit visit) {
        String to = OwnPath.of(visit.form().text(Gate.TO));
        String name = visit.form().text(NAME);
        Outcome outcome = attempt(visit, name);
        if (!(outcome instanceof Outcome.SignedIn)) {
            // Not the name: it may be a password, typed into the wrong field.
            LOG.atWarn().addKeyValue("address", visit.request().address()).log("sign-in refused");
            metrics.signInRefused(
                    outcome instanceof Outcome.TooMany ? Refusal.TOO_MANY : Refusal.WRONG);
        }
        return switch (outcome) {
            case Outcome.SignedIn(Person person) ->
                    // A new token, whatever the browser had: one that somebody planted must not
                    // become a session's.
                    Answer.seeOther(to)
                            .with("Set-Cookie", cookies.setSession(begin(visit, person)));
            case Outcome.Refused _ ->
                    form(
                            visit,
                            403,
                            to,
                            name,
                            "Name and password do not belong together. Nobody was signed in.");
            case Outcome.TooMany(var pause) ->
                    form(
                            visit,
                            429,
                            to,
                            name,
                            "There were too many attempts. Nobody was signed in. Try again in %d min."
                                    .formatted(pause.toMinutes()));
        };
    }

    private Outcome attempt(Visit visit, String name) {
        try {
            return passwords.attempt(name, visit.form().exact(PASSWORD), visit.request().address());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new WebProblem(503, "The server stops. Nobody was signed in.");
        }
    }

    /// A link and not a form: browsers let no form of ours lead to another server.
    private Answer goAway(Visit visit, OpenidSignIn issuer) {
        String asked = OwnPath.of(visit.query().text(Gate.TO));
        String to = asked.length() > TO_MAX ? OwnPath.HOME : asked;
        var attempt = new OpenidSignIn.Attempt(sessions.newToken(), to);
        try {
            return Answer.elsewhere(issuer.begin(attempt))
                    .with("Set-Cookie", cookies.setAway(attempt.kept()));
        } catch (OpenidException e) {
            return refused(visit, issuer, to, e);
        }
    }

    private Answer.Whole comeBack(Visit visit, OpenidSignIn issuer) {
        return answered(visit, issuer).with("Set-Cookie", cookies.endAway());
    }

    private Answer.Whole answered(Visit visit, OpenidSignIn issuer) {
        var attempt = cookies.away(visit.request()).flatMap(OpenidSignIn.Attempt::of);
        String to = OwnPath.of(attempt.map(OpenidSignIn.Attempt::to).orElse(OwnPath.HOME));
        String error = visit.query().text("error");
        try {
            if (!error.isEmpty()) {
                throw new OpenidException(
                        Kind.REFUSED,
                        "error: " + (ERROR_CODE.matcher(error).matches() ? error : "not readable"));
            }
            Person person =
                    issuer.end(
                            attempt.orElseThrow(
                                    () ->
                                            new OpenidException(
                                                    Kind.REFUSED,
                                                    "cookie: absent (expected: of this sign-in)")),
                            visit.query().exact("state"),
                            visit.query().exact("code"),
                            visit.query().exact("iss"));
            return Answer.seeOther(to).with("Set-Cookie", cookies.setSession(begin(visit, person)));
        } catch (OpenidException e) {
            return refused(visit, issuer, to, e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new WebProblem(503, "The server stops. Nobody was signed in.");
        }
    }

    private Answer.Whole refused(
            Visit visit, OpenidSignIn issuer, String to, OpenidException problem) {
        LOG.atWarn()
                .addKeyValue("address", visit.request().address())
                .log("sign-in by {} refused: {}", issuer.host(), problem.getMessage());
        String why =
                switch (problem.kind()) {
                    case REFUSED ->
                            "What %s sent does not sign anybody in, or does so no more. Nobody was signed in. Begin anew.";
                    case NO_ROLE ->
                            "%s knows you, and gives you no role here. Nobody was signed in. Ask whoever runs Tallystick.";
                    case NAME_TAKEN ->
                            "%s gives you a name that is not yours here. Nobody was signed in. Ask whoever runs Tallystick.";
                    case UNREACHABLE ->
                            "%s cannot be reached. Nobody was signed in. Try again in a minute, or sign in with a password.";
                };
        return form(
                visit,
                problem.kind() == Kind.UNREACHABLE ? 503 : 403,
                to,
                "",
                why.formatted(issuer.host()));
    }

    private String begin(Visit visit, Person person) {
        LOG.atInfo()
                .addKeyValue("person", person.name())
                .addKeyValue("address", visit.request().address())
                .log("signed in");
        if (visit.who().isPresent()) {
            sessions.end(visit.token());
        }
        return sessions.begin(person);
    }

    private Answer signOut(Visit visit) {
        sessions.end(visit.token());
        return Answer.seeOther(Gate.SIGN_IN).with("Set-Cookie", cookies.endSession());
    }

    private Answer.Whole form(Visit visit, int status, String to, String name, String problem) {
        return templates.page(
                status,
                "sign-in",
                frames.bare(visit, "Sign in"),
                new SignIn(
                        to,
                        name,
                        problem,
                        passwords.hasAny(),
                        issuer.map(OpenidSignIn::host).orElse("")));
    }
}
