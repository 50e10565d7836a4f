package tallystick.serve.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.List;
import tallystick.db.query.AccountReader;
import tallystick.db.query.ItemReader;
import tallystick.db.query.LedgerPlace;
import tallystick.db.query.TransferReader;
import tallystick.db.report.ProofsReader;
import tallystick.db.report.ProofsReading;
import tallystick.ledger.ItemKey;
import tallystick.ledger.day.DayFacts;
import tallystick.proto.v1.Account;
import tallystick.proto.v1.EvidenceRecord;
import tallystick.proto.v1.GetBalanceRequest;
import tallystick.proto.v1.GetBalanceResponse;
import tallystick.proto.v1.GetItemRequest;
import tallystick.proto.v1.GetItemResponse;
import tallystick.proto.v1.LedgerServiceGrpc;
import tallystick.proto.v1.ListAccountsRequest;
import tallystick.proto.v1.ListAccountsResponse;
import tallystick.proto.v1.ListTransfersRequest;
import tallystick.proto.v1.ListTransfersResponse;
import tallystick.proto.v1.ProveRequest;
import tallystick.proto.v1.ProveResponse;
import tallystick.serve.call.Pages;
import tallystick.serve.call.Problem;
import tallystick.serve.call.Readings;
import tallystick.serve.call.Violations;

/// The ledger itself, for other programs. Any thread.
public final class LedgerApi extends LedgerServiceGrpc.LedgerServiceImplBase {
    /// Of each list that comes with an item.
    private static final int DETAILS_MAX = 1_000;

    /// Of an item's records; a client takes 4 MiB unless it says otherwise.
    private static final int RECORD_BYTES_MAX = 2 << 20;

    private static final int PLACE_BYTES = Long.BYTES + Integer.BYTES;

    private final Readings readings;
    private final ProofsReader proofs;
    private final ZoneId zone;
    private final AccountReader accounts = new AccountReader();
    private final TransferReader transfers = new TransferReader();
    private final ItemReader items = new ItemReader();

    /// @param zone in which business days begin and end
    public LedgerApi(Readings readings, ProofsReader proofs, ZoneId zone) {
        this.readings = readings;
        this.proofs = proofs;
        this.zone = zone;
    }

    @Override
    public void listAccounts(
            ListAccountsRequest request, StreamObserver<ListAccountsResponse> observer) {
        var question = request.toBuilder().clearPageSize().clearPageToken().build();
        var violations = new Violations().text("prefix", request.getPrefix());
        int size = Pages.size(request.getPageSize(), violations);
        byte[] after = Pages.after(request.getPageToken(), question, violations);
        violations.refuse();
        answer(
                observer,
                readings.read(
                        connection -> {
                            List<AccountReader.Balance> found =
                                    accounts.page(
                                            connection,
                                            new String(after, UTF_8),
                                            request.getPrefix(),
                                            size + 1);
                            List<AccountReader.Balance> page =
                                    found.subList(0, Math.min(size, found.size()));
                            return ListAccountsResponse.newBuilder()
                                    .addAllAccounts(page.stream().map(LedgerApi::account).toList())
                                    .setNextPageToken(
                                            found.size() > size
                                                    ? Pages.token(
                                                            question,
                                                            page.getLast().name().getBytes(UTF_8))
                                                    : "")
                                    .setAsOf(LedgerMessages.place(LedgerPlace.now(connection)))
                                    .build();
                        }));
    }

    private static Account account(AccountReader.Balance balance) {
        return Account.newBuilder()
                .setName(balance.name())
                .setDebitMsat(balance.debit().toString())
                .setCreditMsat(balance.credit().toString())
                .setBalanceMsat(balance.balance().toString())
                .build();
    }

    @Override
    public void getBalance(GetBalanceRequest request, StreamObserver<GetBalanceResponse> observer) {
        var violations =
                new Violations()
                        .text("account", request.getAccount())
                        .require(
                                request.getKnownAt() >= 0,
                                "known_at",
                                request.getKnownAt(),
                                "0 or more");
        int ending = ending(request.getValueDate(), violations);
        violations.refuse();
        answer(
                observer,
                readings.read(
                        connection -> {
                            long newest = LedgerPlace.now(connection).sequence();
                            long sequence = request.hasKnownAt() ? request.getKnownAt() : newest;
                            new Violations()
                                    .require(
                                            sequence <= newest,
                                            "known_at",
                                            sequence,
                                            "at most %d, the newest".formatted(newest))
                                    .refuse();
                            return GetBalanceResponse.newBuilder()
                                    .setBalanceMsat(
                                            accounts.balance(
                                                            connection,
                                                            request.getAccount(),
                                                            sequence,
                                                            ending)
                                                    .orElseThrow(
                                                            () ->
                                                                    Problem.notFound(
                                                                            "account",
                                                                            request.getAccount()))
                                                    .toString())
                                    .setKnownAt(sequence)
                                    .build();
                        }));
    }

    /// The slot with which the next day begins.
    private int ending(String valueDate, Violations violations) {
        if (valueDate.isEmpty()) {
            return Integer.MAX_VALUE;
        }
        try {
            return DayFacts.slot(
                    LocalDate.parse(valueDate).plusDays(1).atStartOfDay(zone).toInstant());
        } catch (DateTimeParseException | ArithmeticException _) {
            violations.require(false, "value_date", valueDate, "a day such as 2026-11-22");
            return 0;
        }
    }

    @Override
    public void listTransfers(
            ListTransfersRequest request, StreamObserver<ListTransfersResponse> observer) {
        var question = request.toBuilder().clearPageSize().clearPageToken().build();
        var violations = new Violations().text("account", request.getAccount());
        int size = Pages.size(request.getPageSize(), violations);
        byte[] after = Pages.after(request.getPageToken(), question, violations);
        violations
                .require(
                        request.getFromSequence() >= 0,
                        "from_sequence",
                        request.getFromSequence(),
                        "0 or more")
                .require(
                        request.getToSequence() >= 0,
                        "to_sequence",
                        request.getToSequence(),
                        "0 or more")
                .refuse();
        LedgerPlace from =
                after.length == PLACE_BYTES
                        ? place(after)
                        : new LedgerPlace(request.getFromSequence(), -1);
        long last = request.getToSequence() == 0 ? Long.MAX_VALUE : request.getToSequence();
        List<ItemReader.Transfer> found =
                readings.read(
                        connection ->
                                transfers.page(
                                        connection, from, last, request.getAccount(), size + 1));
        List<ItemReader.Transfer> page = found.subList(0, Math.min(size, found.size()));
        answer(
                observer,
                ListTransfersResponse.newBuilder()
                        .addAllTransfers(page.stream().map(LedgerMessages::transfer).toList())
                        .setNextPageToken(
                                found.size() > size
                                        ? Pages.token(question, bytes(page.getLast().place()))
                                        : "")
                        .build());
    }

    private static byte[] bytes(LedgerPlace place) {
        return ByteBuffer.allocate(PLACE_BYTES)
                .putLong(place.sequence())
                .putInt(place.ordinal())
                .array();
    }

    private static LedgerPlace place(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new LedgerPlace(buffer.getLong(), buffer.getInt());
    }

    @Override
    public void getItem(GetItemRequest request, StreamObserver<GetItemResponse> observer) {
        ItemKey key = LedgerMessages.itemKey(request.getReference(), request.getNode());
        answer(observer, readings.read(connection -> item(connection, key)));
    }

    private GetItemResponse item(Connection connection, ItemKey key) throws SQLException {
        ItemReader.Head head =
                items.head(connection, key).orElseThrow(() -> Problem.notFound("item", key.text()));
        List<ItemReader.Transfer> posted = items.transfers(connection, head.key(), DETAILS_MAX + 1);
        List<ItemReader.Evidence> evidence =
                items.evidence(connection, head.key(), DETAILS_MAX + 1);
        var response =
                GetItemResponse.newBuilder()
                        .setItem(head.item())
                        .setKind(head.kind())
                        .setState(head.state())
                        .setResidueMsat(head.residueMsat())
                        .addAllNodes(head.nodes())
                        .addAllTransfers(
                                posted.stream()
                                        .limit(DETAILS_MAX)
                                        .map(LedgerMessages::transfer)
                                        .toList())
                        .setIsCut(posted.size() > DETAILS_MAX || evidence.size() > DETAILS_MAX)
                        .setAsOf(LedgerMessages.place(LedgerPlace.now(connection)));
        long bytes = 0;
        for (ItemReader.Evidence one :
                evidence.subList(0, Math.min(DETAILS_MAX, evidence.size()))) {
            bytes += one.bytes().length;
            if (bytes > RECORD_BYTES_MAX) {
                return response.setIsCut(true).build();
            }
            response.addEvidence(
                    EvidenceRecord.newBuilder()
                            .setEvidence(LedgerMessages.evidence(one))
                            .setRecord(ByteString.copyFrom(one.bytes())));
        }
        return response.build();
    }

    @Override
    public void prove(ProveRequest request, StreamObserver<ProveResponse> observer) {
        new Violations()
                .text("node", request.getNode())
                .require(request.getAt() >= 0, "at", request.getAt(), "0 or more")
                .refuse();
        ProofsReading all = proofs.read(request.hasAt() ? request.getAt() : Long.MAX_VALUE);
        ProofsReading reading =
                request.getNode().isEmpty()
                        ? all
                        : all.of(
                                all.nodes().stream()
                                        .filter(node -> node.pubkey().equals(request.getNode()))
                                        .toList());
        if (!request.getNode().isEmpty() && reading.nodes().isEmpty()) {
            throw Problem.notFound("node", request.getNode());
        }
        answer(observer, ProofMessages.reading(reading));
    }

    private static <T> void answer(StreamObserver<T> observer, T message) {
        observer.onNext(message);
        observer.onCompleted();
    }
}
