package tallystick.ingest.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// What a macaroon of lnd says of itself, read without asking the node. Nothing here is a secret: the signature is left out.
///
/// @param caveats conditions under which the node takes it, as lnd words them
record Macaroon(List<Permission> permissions, List<String> caveats) {
    private static final int VERSION = 2;
    private static final int END = 0;
    private static final int FIELD_IDENTIFIER = 2;
    private static final int FIELD_SIGNATURE = 6;

    /// The identifier's first byte: the version of the library that lnd bakes with.
    private static final int IDENTIFIER_VERSION = 3;

    private static final int OPERATIONS = 3;
    private static final int ENTITY = 1;
    private static final int ACTIONS = 2;
    private static final String TIME_BEFORE = "time-before ";

    /// Conditions that hold for all calls alike. Of others, such as lnd's own for accounts, nobody knows that.
    private static final List<String> OF_ALL_CALLS = List.of(TIME_BEFORE, "ipaddr ", "iprange ");

    Macaroon {
        permissions = List.copyOf(permissions);
        caveats = List.copyOf(caveats);
    }

    /// Empty when it is not what lnd bakes.
    static Optional<Macaroon> decode(String hex) {
        try {
            CodedInputStream input = CodedInputStream.newInstance(HexFormat.of().parseHex(hex));
            if (input.readRawByte() != VERSION) {
                return Optional.empty();
            }
            Optional<byte[]> identifier = section(input);
            if (identifier.isEmpty()) {
                return Optional.empty();
            }
            List<String> caveats = new ArrayList<>();
            for (var caveat = section(input); caveat.isPresent(); caveat = section(input)) {
                caveats.add(new String(caveat.get(), UTF_8));
            }
            if (input.readUInt32() != FIELD_SIGNATURE) {
                return Optional.empty();
            }
            return Optional.of(new Macaroon(permissions(identifier.get()), caveats));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// Whether a node that takes it for one call takes it for this one as well. False where it does not say.
    boolean grants(NeededCall call) {
        boolean isNamed =
                permissions.contains(call.permission()) || permissions.contains(call.general());
        return isNamed
                && caveats.stream().allMatch(it -> OF_ALL_CALLS.stream().anyMatch(it::startsWith));
    }

    /// When it ends, if it does.
    Optional<Instant> validUntil() {
        return caveats.stream()
                .filter(caveat -> caveat.startsWith(TIME_BEFORE))
                .flatMap(caveat -> instant(caveat.substring(TIME_BEFORE.length())).stream())
                .min(Instant::compareTo);
    }

    /// Fields up to the end mark; of them the identifier. Empty when there is none, as after the last caveat.
    private static Optional<byte[]> section(CodedInputStream input) throws IOException {
        Optional<byte[]> identifier = Optional.empty();
        for (int field = input.readUInt32(); field != END; field = input.readUInt32()) {
            byte[] data = input.readByteArray();
            if (field == FIELD_IDENTIFIER) {
                identifier = Optional.of(data);
            }
        }
        return identifier;
    }

    /// A protobuf message of nonce, root key and operations, each an entity with its actions.
    private static List<Permission> permissions(byte[] identifier) throws IOException {
        CodedInputStream input = CodedInputStream.newInstance(identifier);
        if (input.readRawByte() != IDENTIFIER_VERSION) {
            throw new IOException("identifier: of another version");
        }
        List<Permission> permissions = new ArrayList<>();
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == OPERATIONS) {
                permissions.addAll(operation(input.readBytes()));
            } else {
                input.skipField(tag);
            }
        }
        return permissions;
    }

    private static List<Permission> operation(ByteString bytes) throws IOException {
        CodedInputStream input = bytes.newCodedInput();
        String entity = "";
        List<String> actions = new ArrayList<>();
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case ENTITY -> entity = input.readString();
                case ACTIONS -> actions.add(input.readString());
                default -> input.skipField(tag);
            }
        }
        String named = entity;
        return actions.stream().map(action -> new Permission(named, action)).toList();
    }

    private static Optional<Instant> instant(String text) {
        try {
            return Optional.of(Instant.parse(text.strip()));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
