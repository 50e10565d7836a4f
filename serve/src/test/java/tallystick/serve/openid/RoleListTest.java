package tallystick.serve.openid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.v1.Role;
import tallystick.serve.access.AccessException;

class RoleListTest {
    private Path file;

    @BeforeEach
    void write(@TempDir Path directory) throws IOException {
        file = directory.resolve("roles");
        Files.writeString(
                file,
                """
                # roles and groups

                preparer             accountants
                preparer,approver    head of accounting
                auditor              auditors
                """);
    }

    @Test
    void whoHasSeveralGroupsHasTheRolesOfAll() {
        RoleList roles = RoleList.open(file);

        assertThat(roles.of(List.of("accountants"))).containsExactly(Role.ROLE_PREPARER);
        assertThat(roles.of(List.of("head of accounting", "auditors", "guests")))
                .containsExactlyInAnyOrder(
                        Role.ROLE_PREPARER, Role.ROLE_APPROVER, Role.ROLE_AUDITOR);
        assertThat(roles.of(List.of("guests", "Auditors", "# roles"))).isEmpty();
    }

    @Test
    void whatIsWrittenHoldsOnceItCanBeUsed() throws IOException {
        RoleList roles = RoleList.open(file);
        Files.writeString(file, "operator machinists");
        roles.reload();
        assertThat(roles.of(List.of("machinists"))).containsExactly(Role.ROLE_OPERATOR);
        assertThat(roles.of(List.of("auditors"))).isEmpty();

        Files.writeString(file, "ruler machinists");
        roles.reload();
        Files.delete(file);
        roles.reload();

        assertThat(roles.of(List.of("machinists"))).containsExactly(Role.ROLE_OPERATOR);
    }

    @Test
    void tellsAllThatIsWrong() throws IOException {
        Files.writeString(file, "king anna\nviewer\nviewer all\nauditor all\n");

        assertThatThrownBy(() -> RoleList.open(file))
                .isInstanceOf(AccessException.class)
                .hasMessageContainingAll(
                        "line 1: king (expected: roles, of [viewer, ",
                        "line 2: viewer (expected: roles, a blank, and a value",
                        "line 4: all (expected: a value that no other line has)");
    }
}
