package tallystick.serve.web.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import tallystick.serve.web.access.DerivedToken;

/// Shows that a form was made by us for this very browser. It follows from the browser's token, so nothing is stored.
public final class FormToken {
    /// Of the field that holds it.
    public static final String FIELD = "form_token";

    private FormToken() {}

    static String of(String token) {
        return DerivedToken.of(token, FIELD);
    }

    static boolean fits(String token, String given) {
        return MessageDigest.isEqual(of(token).getBytes(UTF_8), given.getBytes(UTF_8));
    }
}
