package tallystick.serve.web.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Shows that a form was made by us for this very browser. It follows from the browser's token, so nothing is stored.
public final class FormToken {
    /// Of the field that holds it.
    public static final String FIELD = "form_token";

    private static final String ALGORITHM = "HmacSHA256";

    private FormToken() {}

    static String of(String token) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(token.getBytes(UTF_8), ALGORITHM));
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(mac.doFinal(FIELD.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static boolean fits(String token, String given) {
        return MessageDigest.isEqual(of(token).getBytes(UTF_8), given.getBytes(UTF_8));
    }
}
