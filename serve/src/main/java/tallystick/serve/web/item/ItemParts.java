package tallystick.serve.web.item;

import java.math.BigInteger;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import tallystick.db.query.ItemReader;

/// Transfers and evidence of an item, as the parts of templates print them.
public final class ItemParts {
    private static final String CLEARING = "clearing";

    private ItemParts() {}

    /// What a transfer puts on clearing, or takes from it. Unit: msat.
    public static BigInteger onClearing(ItemReader.Transfer transfer) {
        long msat = transfer.amountMsat();
        long credited = transfer.credit().equals(CLEARING) ? msat : 0;
        long debited = transfer.debit().equals(CLEARING) ? msat : 0;
        return BigInteger.valueOf(credited).subtract(BigInteger.valueOf(debited));
    }

    public static List<RecordText.Field> fields(ItemReader.Evidence one) {
        return RecordText.fields(one.topic(), one.bytes());
    }

    /// Of an evidence, in base64.
    public static String raw(ItemReader.Evidence one) {
        return Base64.getEncoder().encodeToString(one.bytes());
    }

    public static String digest(ItemReader.Evidence one) {
        return HexFormat.of().formatHex(one.digest());
    }

    public static String what(ItemReader.Evidence one) {
        return RecordText.subject(one.topic());
    }
}
