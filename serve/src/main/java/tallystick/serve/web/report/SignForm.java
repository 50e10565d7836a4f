package tallystick.serve.web.report;

import java.util.UUID;
import tallystick.proto.v1.SignRequest;
import tallystick.serve.web.http.Fields;

/// What somebody typed who signs. It comes to a request of the API, so that there is one way to sign. Immutable.
///
/// @param decisionId made with the form: sent twice, it is one signature
/// @param problem why it was refused; empty otherwise
public record SignForm(String seal, String comment, String decisionId, String problem) {
    static SignForm empty() {
        return new SignForm("", "", UUID.randomUUID().toString(), "");
    }

    static SignForm of(Fields form) {
        return new SignForm(form.text("seal"), form.text("comment"), form.text("decision"), "");
    }

    SignForm refused(String why) {
        return new SignForm(seal, comment, decisionId, why);
    }

    SignRequest request(String day) {
        return SignRequest.newBuilder()
                .setBusinessDay(day)
                .setSealDigest(seal)
                .setDecisionId(decisionId)
                .setComment(comment)
                .build();
    }
}
