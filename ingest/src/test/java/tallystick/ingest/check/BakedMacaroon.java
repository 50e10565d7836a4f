package tallystick.ingest.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/// Makes macaroons of lnd's form, with a nonce and a signature of zeros: no node would take them.
final class BakedMacaroon {
    private static final int NONCE = 16;
    private static final int SIGNATURE = 32;

    private BakedMacaroon() {}

    static byte[] of(List<Permission> permissions, String... caveats) {
        return bytes(
                out -> {
                    out.writeRawByte((byte) 2);
                    field(out, 1, "lnd".getBytes(UTF_8));
                    field(out, 2, identifier(permissions));
                    out.writeRawByte((byte) 0);
                    for (String caveat : caveats) {
                        field(out, 2, caveat.getBytes(UTF_8));
                        out.writeRawByte((byte) 0);
                    }
                    out.writeRawByte((byte) 0);
                    field(out, 6, new byte[SIGNATURE]);
                });
    }

    private static byte[] identifier(List<Permission> permissions) {
        return bytes(
                out -> {
                    out.writeRawByte((byte) 3);
                    out.writeByteArray(1, new byte[NONCE]);
                    out.writeString(2, "0");
                    for (Permission permission : permissions) {
                        out.writeByteArray(
                                3,
                                bytes(
                                        operation -> {
                                            operation.writeString(1, permission.entity());
                                            operation.writeString(2, permission.action());
                                        }));
                    }
                });
    }

    private static void field(CodedOutputStream out, int type, byte[] data) throws IOException {
        out.writeUInt32NoTag(type);
        out.writeByteArrayNoTag(data);
    }

    private static byte[] bytes(Writing writing) {
        var bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            writing.to(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    @FunctionalInterface
    private interface Writing {
        void to(CodedOutputStream out) throws IOException;
    }
}
