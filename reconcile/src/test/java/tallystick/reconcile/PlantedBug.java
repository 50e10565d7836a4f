package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Mistakes that the model test must find, each as a change of the program's text.
enum PlantedBug {
    OFFSET_COMMITTED_BEFORE_THE_BATCH(
            new Change(
                    BatchFiles.APPLIER,
                    "advancePositions(connection, batch);",
                    "transactions.call(apart -> { advancePositions(apart, batch); return 0; });")),
    OFFSET_COMMITTED_AFTER_THE_BATCH(
            new Change(BatchFiles.APPLIER, "advancePositions(connection, batch);", ""),
            new Change(
                    BatchFiles.APPLIER,
                    "void apply(Batch batch, Instant now) {",
                    """
                    void apply(Batch batch, Instant now) {
                        applyFirst(batch, now);
                        transactions.call(apart -> { advancePositions(apart, batch); return 0; });
                    }

                    private void applyFirst(Batch batch, Instant now) {
                    """)),
    MERGE_NOT_COMMUTATIVE(
            new Change(
                    "ledger-model/src/main/java/tallystick/ledger/item/Receipt.java",
                    "terms.compareTo(other.terms) >= 0 ? terms : other.terms,",
                    "other.terms,")),
    TRANSFER_NOT_A_DIFFERENCE(
            new Change(
                    "ledger-model/src/main/java/tallystick/ledger/account/Postings.java",
                    "if (!transfer.equals(should.get(leg))) {",
                    "if (!should.containsKey(leg)) {")),
    DUE_SWEEP_FORGETS_WHAT_COMES_LATER(
            new Change(BatchFiles.DUE, "add(connection, NOBODY, later);", "var _ = later;")),
    DUE_SWEEP_DROPS_WHAT_ANOTHER_NOTED(
            new Change(
                    "reconcile/src/main/java/tallystick/reconcile/Awaited.java",
                    "notedBy != number || ",
                    "")),
    DUE_SWEEP_SKIPS_THE_VERY_MOMENT(
            new Change(
                    BatchFiles.DUE,
                    "if (own.get().isAfter(moment)) {",
                    "if (!own.get().isBefore(moment)) {")),
    OUTBOX_BEFORE_COMMIT(
            new Change(
                    "reconcile/src/main/java/tallystick/reconcile/RegisterUpdate.java",
                    "register.addChanges(connection, batchId, changes);",
                    """
                    try (Connection apart = java.sql.DriverManager.getConnection(
                            connection.getMetaData().getURL(), "postgres", "")) {
                        register.addChanges(apart, batchId, changes);
                    }
                    """));

    @SuppressWarnings("ImmutableEnumChecker") // A copy.
    private final List<Change> changes;

    PlantedBug(Change... changes) {
        this.changes = List.of(changes);
    }

    /// Files that several are planted in.
    private static final class BatchFiles {
        static final String APPLIER =
                "reconcile/src/main/java/tallystick/reconcile/BatchApplier.java";
        static final String DUE = "db/src/main/java/tallystick/db/write/DueRepository.java";
    }

    /// @param file from the repository's root
    private record Change(String file, String present, String planted) {
        String apply(String text) {
            int place = text.indexOf(present);
            if (place < 0 || text.indexOf(present, place + 1) >= 0) {
                throw new IllegalStateException(
                        "%s: not once there: %s (expected: the line in which to plant)"
                                .formatted(file, present));
            }
            return text.substring(0, place) + planted + text.substring(place + present.length());
        }
    }

    /// Writes the changed files into a folder, and returns them.
    ///
    /// @param root of the repository
    List<Path> plant(Path root, Path folder) {
        return changes.stream()
                .map(Change::file)
                .distinct()
                .map(
                        file -> {
                            String text = read(root.resolve(file));
                            for (Change change : changes) {
                                if (change.file().equals(file)) {
                                    text = change.apply(text);
                                }
                            }
                            return write(folder.resolve(Path.of(file).getFileName()), text);
                        })
                .toList();
    }

    /// From any of its modules.
    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("tallystick")) ? here : requireNonNull(here.getParent());
    }

    static List<PlantedBug> all() {
        return Arrays.asList(values());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
