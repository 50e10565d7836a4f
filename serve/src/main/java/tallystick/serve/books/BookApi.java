package tallystick.serve.books;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import tallystick.db.query.ItemReader;
import tallystick.ledger.ItemKey;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.BookServiceGrpc;
import tallystick.proto.v1.GetEntryRequest;
import tallystick.proto.v1.GetEntryResponse;
import tallystick.proto.v1.PostEntriesRequest;
import tallystick.proto.v1.PostEntriesResponse;
import tallystick.serve.access.Caller;
import tallystick.serve.call.Problem;
import tallystick.serve.call.Readings;
import tallystick.serve.call.Violations;
import tallystick.serve.ledger.LedgerMessages;

/// Book entries, from other programs. Any thread.
public final class BookApi extends BookServiceGrpc.BookServiceImplBase {
    /// As topics of entries end, whatever their prefix.
    private static final String BOOKS = ".books.v1";

    /// Records of one item that are looked through.
    private static final int EVIDENCE_MAX = 10_000;

    private final Readings readings;
    private final Entries entries;
    private final ItemReader items = new ItemReader();

    /// @param entries where they go
    public BookApi(Readings readings, Entries entries) {
        this.readings = readings;
        this.entries = entries;
    }

    @Override
    public StreamObserver<PostEntriesRequest> postEntries(
            StreamObserver<PostEntriesResponse> observer) {
        var posting =
                new Posting(
                        entries,
                        Caller.current(),
                        (ServerCallStreamObserver<PostEntriesResponse>) observer);
        posting.begin();
        return posting;
    }

    @Override
    public void getEntry(GetEntryRequest request, StreamObserver<GetEntryResponse> observer) {
        new Violations()
                .text("source", request.getSource())
                .text("entry_id", request.getEntryId())
                .require(!request.getSource().isBlank(), "source", "none", "a system's name")
                .require(!request.getEntryId().isBlank(), "entry_id", "none", "an entry's number")
                .refuse();
        ItemKey key =
                LedgerMessages.itemKey(
                        request.getReference().isEmpty()
                                ? "entry:%s/%s".formatted(request.getSource(), request.getEntryId())
                                : request.getReference(),
                        request.getNode());
        observer.onNext(readings.read(connection -> entry(connection, key, request)));
        observer.onCompleted();
    }

    private GetEntryResponse entry(Connection connection, ItemKey key, GetEntryRequest request)
            throws SQLException {
        Optional<ItemReader.Head> head = items.head(connection, key);
        if (head.isPresent()) {
            for (ItemReader.Evidence one :
                    items.evidence(connection, head.get().key(), EVIDENCE_MAX)) {
                if (!one.topic().endsWith(BOOKS)) {
                    continue;
                }
                BookEntry entry = parsed(one.bytes());
                if (entry.getSource().equals(request.getSource())
                        && entry.getEntryId().equals(request.getEntryId())) {
                    return GetEntryResponse.newBuilder()
                            .setEntry(entry)
                            .setPlace(LedgerMessages.place(one.place()))
                            .setItemState(head.get().state())
                            .build();
                }
            }
        }
        throw Problem.notFound(
                "entry", "%s/%s".formatted(request.getSource(), request.getEntryId()));
    }

    private static BookEntry parsed(byte[] bytes) {
        try {
            return BookEntry.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("entry: unreadable (expected: a BookEntry)", e);
        }
    }
}
