package tallystick.serve.web.page;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.proto.v1.Role;
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
import tallystick.serve.web.http.WebProblem;

/// Signing in and out. Any thread.
public final class SignInPages {
    private static final Logger LOG = LoggerFactory.getLogger(SignInPages.class);

    private static final String NAME = "name";
    private static final String PASSWORD = "password";

    private final PasswordSignIn passwords;
    private final Sessions sessions;
    private final Cookies cookies;
    private final Frames frames;
    private final Templates templates;

    public SignInPages(
            PasswordSignIn passwords,
            Sessions sessions,
            Cookies cookies,
            Frames frames,
            Templates templates) {
        this.passwords = passwords;
        this.sessions = sessions;
        this.cookies = cookies;
        this.frames = frames;
        this.templates = templates;
    }

    /// What the template prints.
    ///
    /// @param to where the person goes then
    /// @param name as it was typed
    /// @param problem of the last attempt; empty before the first
    /// @param hasAnybody false while nobody can sign in
    public record SignIn(String to, String name, String problem, boolean hasAnybody) {}

    public void addTo(Routes routes) {
        routes.openGet(Gate.SIGN_IN, this::form);
        routes.openPost(Gate.SIGN_IN, this::signIn);
        routes.post("/sign-out", Role.ROLE_VIEWER, this::signOut);
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

    private Answer form(Visit visit, int status, String to, String name, String problem) {
        return templates.page(
                status,
                "sign-in",
                frames.bare(visit, "Sign in"),
                new SignIn(to, name, problem, passwords.hasAny()));
    }
}
