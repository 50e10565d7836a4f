package tallystick.ops.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNull;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;
import tallystick.ops.embedded.Trees;
import tallystick.report.journal.Journal;

/// Entries by day and item, however many: what memory does not hold lies sorted in files of a folder of its own, which are merged
/// when they are read. One thread.
final class SortedEntries implements Journal.Entries, AutoCloseable {
    /// Lines of entries in memory: some tens of MB.
    static final int LINES_MAX = 100_000;

    /// Files that are read at once.
    private static final int RUNS_MAX = 64;

    private static final Comparator<JournalEntry> ORDER =
            comparing(JournalEntry::day).thenComparing(JournalEntry::item);

    private final Path folder;
    private final int linesMax;
    private final List<Path> runs = new ArrayList<>();
    private List<JournalEntry> inMemory = new ArrayList<>();
    private int lines;
    private int files;

    /// @param linesMax how many lines are held in memory
    SortedEntries(int linesMax) throws IOException {
        this.folder = Files.createTempDirectory("tallystick-journal-");
        this.linesMax = linesMax;
    }

    /// @throws UncheckedIOException when the disk takes no more
    void add(JournalEntry entry) {
        inMemory.add(entry);
        lines += entry.lines().size();
        if (lines >= linesMax) {
            try {
                spill();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void spill() throws IOException {
        inMemory.sort(ORDER);
        Path run = next();
        try (DataOutputStream out = writer(run)) {
            for (JournalEntry entry : inMemory) {
                write(entry, out);
            }
        }
        runs.add(run);
        inMemory = new ArrayList<>();
        lines = 0;
        if (runs.size() == RUNS_MAX) {
            mergeRuns();
        }
    }

    private void mergeRuns() throws IOException {
        Path merged = next();
        try (DataOutputStream out = writer(merged)) {
            merge(List.of(), entry -> write(entry, out));
        }
        for (Path run : runs) {
            Files.delete(run);
        }
        runs.clear();
        runs.add(merged);
    }

    private Path next() {
        files++;
        return folder.resolve(Integer.toString(files));
    }

    @Override
    public void forEach(Journal.Each each) throws IOException {
        inMemory.sort(ORDER);
        merge(inMemory, each);
    }

    private void merge(List<JournalEntry> more, Journal.Each each) throws IOException {
        PriorityQueue<Source> next =
                new PriorityQueue<>(comparing(source -> requireNonNull(source.head), ORDER));
        List<Source> opened = new ArrayList<>();
        try {
            opened.add(new Source(more.iterator()::next, more.size()));
            for (Path run : runs) {
                opened.add(Source.of(run));
            }
            for (Source source : opened) {
                if (source.advance()) {
                    next.add(source);
                }
            }
            while (!next.isEmpty()) {
                Source first = next.remove();
                each.take(requireNonNull(first.head));
                if (first.advance()) {
                    next.add(first);
                }
            }
        } finally {
            for (Source source : opened) {
                source.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        Trees.delete(folder);
    }

    /// Entries that are sorted, with the next of them.
    private static final class Source implements AutoCloseable {
        private final Reading reading;
        private final @Nullable DataInputStream in;
        private long left;
        private @Nullable JournalEntry head;

        interface Reading {
            JournalEntry next() throws IOException;
        }

        Source(Reading reading, long count) {
            this.reading = reading;
            this.in = null;
            this.left = count;
        }

        private Source(DataInputStream in) {
            this.reading = () -> read(in);
            this.in = in;
            this.left = Long.MAX_VALUE;
        }

        static Source of(Path run) throws IOException {
            return new Source(
                    new DataInputStream(new BufferedInputStream(Files.newInputStream(run))));
        }

        boolean advance() throws IOException {
            if (in == null ? left == 0 : isAtEnd(in)) {
                head = null;
                return false;
            }
            left--;
            head = reading.next();
            return true;
        }

        private static boolean isAtEnd(DataInputStream in) throws IOException {
            in.mark(1);
            if (in.read() < 0) {
                return true;
            }
            in.reset();
            return false;
        }

        @Override
        public void close() throws IOException {
            if (in != null) {
                in.close();
            }
        }
    }

    private static DataOutputStream writer(Path file) throws IOException {
        return new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)));
    }

    private static void write(JournalEntry entry, DataOutputStream out) throws IOException {
        out.writeLong(entry.day().toEpochDay());
        writeText(entry.item(), out);
        writeText(entry.what(), out);
        out.writeInt(entry.lines().size());
        for (JournalEntry.Line line : entry.lines()) {
            writeText(line.account().name(), out);
            out.writeLong(line.msat());
        }
    }

    private static void writeText(String text, DataOutputStream out) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static JournalEntry read(DataInputStream in) throws IOException {
        LocalDate day = LocalDate.ofEpochDay(in.readLong());
        String item = readText(in);
        String what = readText(in);
        int count = in.readInt();
        List<JournalEntry.Line> lines = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            lines.add(new JournalEntry.Line(new Account(readText(in)), in.readLong()));
        }
        return new JournalEntry(day, item, what, lines);
    }

    private static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), UTF_8);
    }
}
