package tallystick.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.ExtensionRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.proto.v1.AccessProto;

/// Records of the first day must be readable for ever, and by consumers that nobody here knows of. So the contract only
/// grows. This test compares what the compiler made of the .proto files with a listing that is reviewed like code.
class ContractTest {
    private static final Path GOLDEN = Path.of("src/test/resources/contract.golden.txt");

    /// `-Dgolden.update` accepts additions, `-Dgolden.update=force` anything.
    private static final String UPDATE = "golden.update";

    private static final String UPDATE_COMMAND = "mvn test -pl proto -Dgolden.update";

    @Test
    void onlyGrows() throws IOException {
        SortedMap<String, String> now = ContractListing.of(compiled());
        SortedMap<String, String> agreed =
                Files.exists(GOLDEN)
                        ? ContractListing.parse(Files.readString(GOLDEN))
                        : new TreeMap<>();
        List<String> broken = broken(agreed, now);
        List<String> added =
                now.keySet().stream().filter(name -> !agreed.containsKey(name)).toList();
        String update = System.getProperty(UPDATE);

        if (update != null && (broken.isEmpty() || update.equals("force"))) {
            Files.writeString(GOLDEN, ContractListing.text(now));
        } else if (!broken.isEmpty()) {
            fail(
                    """
                    The contract breaks on the wire:
                      %s
                    Never do this: old records and other people's programs could not be read any more.
                    Put it back as it was, and add a new field, value or method beside it. A field that nobody may write any
                    more stays, with a comment, or is removed together with `reserved <number>; reserved "<name>";`.
                    (Before the first release, and with everyone's consent: %s=force)
                    """
                            .formatted(String.join("\n  ", broken), UPDATE_COMMAND));
        } else if (!added.isEmpty()) {
            fail(
                    """
                    The contract has grown, which is allowed:
                      %s
                    Each of these is for ever: look at names, types and units once more. Then run
                      %s
                    and commit %s.
                    """
                            .formatted(String.join("\n  ", added), UPDATE_COMMAND, GOLDEN));
        }
    }

    @Test
    void aChangedNumberOrTypeIsABreak() {
        var agreed = Map.of("a.B.c", "1 singular int64", "a.B.d", "2 singular string");

        assertThat(broken(agreed, Map.of("a.B.c", "3 singular int64", "a.B.d", "2 singular bytes")))
                .containsExactly(
                        "a.B.c: was `1 singular int64`, is `3 singular int64`",
                        "a.B.d: was `2 singular string`, is `2 singular bytes`");
    }

    @Test
    void aRemovedFieldIsABreakUnlessItsNumberIsReserved() {
        var agreed = Map.of("a.B.c", "1 singular int64", "a.S/Get", "a.B returns a.B");

        assertThat(broken(agreed, Map.of())).hasSize(2);
        assertThat(broken(agreed, Map.of("a.B reserved 1", "reserved")))
                .containsExactly("a.S/Get: was `a.B returns a.B`, is gone");
    }

    @Test
    void anAdditionIsNoBreak() {
        assertThat(broken(Map.of(), Map.of("a.B.c", "1 singular int64"))).isEmpty();
    }

    @Test
    void everyMethodOfOursNamesItsRole() throws IOException {
        var listing = ContractListing.of(compiled());

        assertThat(listing.keySet().stream().filter(ContractTest::isMethodOfOurs))
                .isNotEmpty()
                .allSatisfy(method -> assertThat(listing).containsKey(method + " role"));
    }

    private static boolean isMethodOfOurs(String name) {
        return name.startsWith("tallystick.") && name.contains("/") && !name.contains(" ");
    }

    @Test
    void theListingReadsBackAsItWasWritten() throws IOException {
        var listing = ContractListing.of(compiled());

        assertThat(ContractListing.parse(ContractListing.text(listing))).isEqualTo(listing);
        assertThat(listing).containsKey("tallystick.v1.BookEntry");
    }

    private static List<String> broken(Map<String, String> agreed, Map<String, String> now) {
        return new TreeMap<>(agreed)
                .entrySet().stream()
                        .filter(line -> !line.getValue().equals(now.get(line.getKey())))
                        .filter(line -> !isReserved(line.getKey(), line.getValue(), now))
                        .map(
                                line ->
                                        now.containsKey(line.getKey())
                                                ? "%s: was `%s`, is `%s`"
                                                        .formatted(
                                                                line.getKey(),
                                                                line.getValue(),
                                                                now.get(line.getKey()))
                                                : "%s: was `%s`, is gone"
                                                        .formatted(line.getKey(), line.getValue()))
                        .toList();
    }

    private static boolean isReserved(String name, String what, Map<String, String> now) {
        int dot = name.lastIndexOf('.');
        int space = what.indexOf(' ');
        return dot > 0
                && space > 0
                && !now.containsKey(name)
                && now.containsKey(
                        name.substring(0, dot) + " reserved " + what.substring(0, space));
    }

    private static FileDescriptorSet compiled() throws IOException {
        try (InputStream in = ContractTest.class.getResourceAsStream("/tallystick.binpb")) {
            assertThat(in).as("descriptor set on the class path").isNotNull();
            ExtensionRegistry options = ExtensionRegistry.newInstance();
            AccessProto.registerAllExtensions(options);
            return FileDescriptorSet.parseFrom(in, options);
        }
    }
}
