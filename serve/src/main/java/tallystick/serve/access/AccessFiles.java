package tallystick.serve.access;

import java.nio.file.Path;
import java.util.List;

/// The files that say who the server is and who may call it. All in PEM but for the last.
///
/// @param certificate the server's, followed by those between it and its authority
/// @param key of the certificate; PKCS #8, unencrypted
/// @param authorities whose certificates clients must have
/// @param clients a line per client: its roles, and the subject of its certificate
public record AccessFiles(Path certificate, Path key, Path authorities, Path clients) {
    List<Path> all() {
        return List.of(certificate, key, authorities, clients);
    }
}
