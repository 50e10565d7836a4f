package tallystick.ops.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.db.Database;
import tallystick.db.DatabaseSettings;
import tallystick.db.Role;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ops.pipeline.DeskDecisions;
import tallystick.ops.pipeline.InboxEntries;
import tallystick.proto.v1.Account;
import tallystick.proto.v1.AdjustRequest;
import tallystick.proto.v1.ApproveRequest;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.BookServiceGrpc;
import tallystick.proto.v1.CommentRequest;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.DecisionResponse;
import tallystick.proto.v1.DecisionSubject;
import tallystick.proto.v1.GetBalanceRequest;
import tallystick.proto.v1.GetEntryRequest;
import tallystick.proto.v1.GetItemRequest;
import tallystick.proto.v1.GetItemResponse;
import tallystick.proto.v1.GetMismatchRequest;
import tallystick.proto.v1.GetMismatchResponse;
import tallystick.proto.v1.LedgerServiceGrpc;
import tallystick.proto.v1.LedgerServiceGrpc.LedgerServiceBlockingStub;
import tallystick.proto.v1.ListAccountsRequest;
import tallystick.proto.v1.ListMismatchesRequest;
import tallystick.proto.v1.ListTransfersRequest;
import tallystick.proto.v1.ListTransfersResponse;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.MismatchServiceGrpc.MismatchServiceBlockingStub;
import tallystick.proto.v1.MismatchState;
import tallystick.proto.v1.Place;
import tallystick.proto.v1.PostEntriesRequest;
import tallystick.proto.v1.PostEntriesResponse;
import tallystick.proto.v1.PostOutcome;
import tallystick.proto.v1.ProveRequest;
import tallystick.proto.v1.ProveResponse;
import tallystick.proto.v1.ResolveRequest;
import tallystick.proto.v1.Transfer;
import tallystick.proto.v1.WatchMismatchesRequest;
import tallystick.proto.v1.WatchMismatchesResponse;
import tallystick.reconcile.DecisionDesk;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;
import tallystick.serve.ApiServer;
import tallystick.serve.ServeConfig;
import tallystick.serve.testing.Browser;
import tallystick.serve.testing.TestCertificates;
import tallystick.serve.web.WebConfig;
import tallystick.serve.web.WebServer;

/// The API beside a reconciler that runs, on a real broker and database: what is listed, told and decided is one and the same.
class ServeIT {
    private static final int MISMATCHES = 3;

    private static final String PASSWORD = "correct horse battery";

    @TempDir Path directory;

    private static ProducerRecord<byte[], byte[]> entry(int number, String hash, long msat) {
        return RunningLedger.record(
                Topic.BOOKS, hash, RunningLedger.entry("e" + number, hash, msat).toByteArray());
    }

    @Test
    void whatIsDecidedOverTheApiTakesEffect() throws Exception {
        var certificates = new TestCertificates(Files.createDirectory(directory.resolve("tls")));
        Files.writeString(
                certificates.files().clients(),
                """
                viewer,preparer CN=ann,O=Shop
                viewer,preparer,approver CN=bob,O=Shop
                auditor CN=eve,O=Shop
                bookkeeper CN=erp,O=Shop
                """);
        try (RunningLedger ledger = RunningLedger.start(directory.resolve("data"))) {
            var found = ledger.services().addresses().database().orElseThrow();
            // One number for two entries each.
            for (int number = 1; number <= MISMATCHES; number++) {
                String hash = RunningLedger.hash(number);
                ledger.send(List.of(entry(number, hash, 500), entry(number, hash, 700)));
            }
            try (Reconciler reconciler = ledger.reconciler(RuleSet.defaults(), Pace.CONTINUOUS);
                    var reader =
                            Database.connect(
                                    new DatabaseSettings(
                                            found.url(), found.user(), found.password()),
                                    Role.SERVER);
                    var entries = InboxEntries.open(ledger.kafka(), RunningLedger.TOPICS);
                    var api =
                            ApiServer.start(
                                    new ServeConfig(
                                            "main",
                                            ZoneOffset.UTC,
                                            "test",
                                            "127.0.0.1",
                                            0,
                                            Optional.of(certificates.files()),
                                            Optional.empty(),
                                            false,
                                            1_000,
                                            Duration.ofMinutes(5),
                                            Duration.ofSeconds(5)),
                                    reader.dataSource(),
                                    decisions(ledger, reader),
                                    entries,
                                    InstantSource.system())) {
                reconciler.start();
                decide(certificates, api);
                decideByPages(ledger, reader);
                audit(certificates, api);
                BookEntry posted = post(certificates, api);
                assertThat(inbox(ledger)).containsExactly(posted);
            }
        }
    }

    private static void decide(TestCertificates certificates, ApiServer api) throws Exception {
        ManagedChannel anns = certificates.channel(api.address(), "CN=ann,O=Shop");
        ManagedChannel bobs = certificates.channel(api.address(), "CN=bob,O=Shop");
        try {
            var ann = MismatchServiceGrpc.newBlockingStub(anns);
            var bob = MismatchServiceGrpc.newBlockingStub(bobs);
            List<Mismatch> told = told(ann, MISMATCHES);
            assertThat(
                            ann.listMismatches(ListMismatchesRequest.getDefaultInstance())
                                    .getMismatchesList())
                    .containsExactlyInAnyOrderElementsOf(told);
            Mismatch one = told.getFirst();
            isToldInFull(ann, one);

            DecisionSubject subject = subject(one, "first");
            assertThatThrownBy(
                            () ->
                                    ann.resolve(
                                            ResolveRequest.newBuilder()
                                                    .setSubject(subject)
                                                    .setReason("lost")
                                                    .build()))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("msat on clearing (expected: none, or Adjust");
            AdjustRequest adjust =
                    AdjustRequest.newBuilder()
                            .setSubject(subject)
                            .setReason("lost")
                            .setAccount("losses")
                            .build();
            DecisionResponse decided = ann.adjust(adjust);
            assertThat(decided.getIsApplied()).isTrue();
            assertThat(decided.getState()).isEqualTo(MismatchState.MISMATCH_STATE_OPEN);
            assertThat(ann.adjust(adjust)).as("the same again").isEqualTo(decided);

            assertThatThrownBy(() -> ann.approve(approval(one, "own")))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("the role approver");
            DecisionResponse approved = bob.approve(approval(one, "second"));
            assertThat(approved.getIsApplied()).isTrue();
            assertThat(approved.getState()).isEqualTo(MismatchState.MISMATCH_STATE_RESOLVED);

            Mismatch other = told.get(1);
            assertThat(
                            bob.comment(
                                            CommentRequest.newBuilder()
                                                    .setSubject(subject(other, "third"))
                                                    .setText("the shop was asked")
                                                    .build())
                                    .getIsApplied())
                    .isTrue();
            assertThat(full(bob, one).getDecisionsList())
                    .extracting(one1 -> one1.getPerson() + " " + one1.getKind())
                    .containsExactly(
                            "ann " + DecisionKind.DECISION_KIND_RESOLVE,
                            "bob " + DecisionKind.DECISION_KIND_APPROVE);
        } finally {
            anns.shutdownNow();
            bobs.shutdownNow();
        }
    }

    /// People whom the command line has added decide about the third.
    private void decideByPages(RunningLedger ledger, Database reader) throws Exception {
        InputStream before = System.in;
        try {
            for (String name : List.of("carl", "dora")) {
                System.setIn(new ByteArrayInputStream((PASSWORD + "\n").getBytes(UTF_8)));
                assertThat(
                                run(
                                        "users",
                                        "add",
                                        name,
                                        "--role",
                                        "preparer,approver,auditor",
                                        "--password-stdin"))
                        .isEqualTo(name + " may sign in\n");
            }
        } finally {
            System.setIn(before);
        }
        assertThat(run("users", "list")).contains("carl", "viewer,preparer,approver", "2 people");
        try (var web =
                        WebServer.start(
                                new WebConfig(
                                        "main",
                                        ZoneOffset.UTC,
                                        Duration.ofMinutes(10),
                                        "test",
                                        "127.0.0.1",
                                        0,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Duration.ofMinutes(30),
                                        Duration.ofHours(12),
                                        Duration.ofSeconds(5)),
                                reader.dataSource(),
                                decisions(ledger, reader),
                                InstantSource.system(),
                                InstantSource.system());
                var carl = new Browser(web.url());
                var dora = new Browser(web.url())) {
            carl.signIn("carl", PASSWORD);
            dora.signIn("dora", PASSWORD);
            String path =
                    "/mismatches/"
                            + found(
                                    "href=\"/mismatches/([0-9a-f]{64})\"",
                                    carl.get("/mismatches").body());
            String page = carl.get(path).body();
            String seen = found("name=\"seen\" value=\"([0-9]+)\"", page);
            var asked =
                    carl.post(
                            path,
                            "kind",
                            "adjust",
                            "account",
                            "losses",
                            "reason",
                            "lost",
                            "seen",
                            seen,
                            "decision",
                            "carls");
            assertThat(asked.headers().firstValue("Location")).contains(path + "?done=applied");
            assertThat(dora.get(path).body()).contains("Waits for a second person", ">Approve<");
            var approved =
                    dora.post(
                            path + "/approve",
                            "kind",
                            "approve",
                            "approves",
                            "carls",
                            "seen",
                            seen,
                            "decision",
                            "doras");
            assertThat(approved.headers().firstValue("Location")).contains(path + "?done=applied");
            assertThat(carl.get(path).body())
                    .contains("✓ Resolved", "carl asked to move", "dora approved");
            lookThrough(dora);
            assertThat(run("users", "remove", "carl")).isEqualTo("carl may no longer sign in\n");
            assertThat(carl.get("/").statusCode()).isEqualTo(303);
            assertThat(dora.get("/").statusCode()).isEqualTo(200);
        }
    }

    /// What was decided and posted, as the pages show it.
    private static void lookThrough(Browser browser) throws Exception {
        assertThat(browser.get("/decisions?person=carl").body())
                .contains("1 decision of people", "Asked to move", "lost", "✓ Approved");
        String accounts = browser.get("/accounts").body();
        assertThat(accounts).contains("books:losses", "Debits, sat", "books:income:sales");
        assertThat(accounts.substring(accounts.indexOf("<tfoot")))
                .as("debits less credits of all")
                .contains("title=\"0 msat\"");
        String past = browser.get("/accounts?date=2026-11-22&known=0").body();
        assertThat(past.substring(past.indexOf("<tbody")))
                .doesNotContainPattern("title=\"[^\"]*[1-9][^\"]* msat\"");
        String hash = RunningLedger.hash(1);
        assertThat(browser.get("/accounts/transfers?account=books:income:sales").body())
                .contains("Transfers of this account", "/items/of?key=payment_hash%3A" + hash);
        assertThat(browser.get("/items?q=" + hash.substring(0, 8)).body())
                .contains("payment_hash%3A" + hash);
        assertThat(browser.get("/items?q=" + hash).body()).contains("1 of 1, by key");
        assertThat(browser.get("/items/of?key=payment_hash:" + hash).body())
                .contains("Both halves", "Record of books", "Residue of this item", "income:sales")
                .contains("href=\"/mismatches/");
    }

    private String run(String... arguments) {
        return Commands.run(directory.resolve("data"), arguments);
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }

    private static DeskDecisions decisions(RunningLedger ledger, Database reader) {
        return new DeskDecisions(
                new DecisionDesk(reader.dataSource(), ledger.kafka(), RunningLedger.TOPICS, "main"),
                () -> false);
    }

    /// What was just decided, as an auditor sees it.
    private static void audit(TestCertificates certificates, ApiServer api) throws Exception {
        ManagedChannel channel = certificates.channel(api.address(), "CN=eve,O=Shop");
        try {
            var ledger = LedgerServiceGrpc.newBlockingStub(channel);
            balancesAreThoseOfTheTransfers(ledger);
            String reference = "payment_hash:" + RunningLedger.hash(1);
            GetItemResponse item =
                    ledger.getItem(GetItemRequest.newBuilder().setReference(reference).build());
            assertThat(item.getItem()).isEqualTo(reference);
            assertThat(item.getTransfersList()).isNotEmpty();
            assertThat(item.getEvidenceList())
                    .isNotEmpty()
                    .allSatisfy(
                            one ->
                                    assertThat(
                                                    MessageDigest.getInstance("SHA-256")
                                                            .digest(one.getRecord().toByteArray()))
                                            .isEqualTo(
                                                    one.getEvidence().getDigest().toByteArray()));
            ProveResponse proof = ledger.prove(ProveRequest.getDefaultInstance());
            assertThat(proof.getClearingMsat()).isEqualTo(proof.getItemsMsat());
            assertThat(proof.getTrialBalanceMsat()).isEqualTo("0");
        } finally {
            channel.shutdownNow();
        }
    }

    /// What the inbox got.
    private static BookEntry post(TestCertificates certificates, ApiServer api) throws Exception {
        ManagedChannel channel = certificates.channel(api.address(), "CN=erp,O=Shop");
        try {
            BookEntry good = RunningLedger.entry("api/1", RunningLedger.hash(9), 900);
            var call =
                    BookServiceGrpc.newBlockingV2Stub(channel)
                            .withDeadlineAfter(60, TimeUnit.SECONDS)
                            .postEntries();
            call.write(PostEntriesRequest.newBuilder().setNumber(7).setEntry(good).build());
            assertThat(call.read())
                    .isEqualTo(
                            PostEntriesResponse.newBuilder()
                                    .setNumber(7)
                                    .setOutcome(PostOutcome.POST_OUTCOME_SAFE)
                                    .build());
            call.write(
                    PostEntriesRequest.newBuilder()
                            .setNumber(8)
                            .setEntry(good.toBuilder().clearAmountMsat().clearEntryId())
                            .build());
            PostEntriesResponse refused = requireNonNull(call.read());
            assertThat(refused.getOutcome()).isEqualTo(PostOutcome.POST_OUTCOME_REFUSED);
            assertThat(refused.getReason()).contains("entry_id", "amount_msat");
            call.halfClose();
            assertThat(call.read()).isNull();
            var books = BookServiceGrpc.newBlockingStub(channel);
            assertThat(
                            books.getEntry(
                                            GetEntryRequest.newBuilder()
                                                    .setSource("shop")
                                                    .setEntryId("e1")
                                                    .setReference(
                                                            "payment_hash:" + RunningLedger.hash(1))
                                                    .build())
                                    .getEntry()
                                    .getAmountMsat())
                    .isEqualTo(500);
            return good;
        } finally {
            channel.shutdownNow();
        }
    }

    private static List<BookEntry> inbox(RunningLedger ledger) throws Exception {
        try (var consumer =
                new KafkaConsumer<>(
                        Map.<String, Object>of(
                                "bootstrap.servers",
                                ledger.kafka().bootstrapServers(),
                                "auto.offset.reset",
                                "earliest"),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            String topic = RunningLedger.TOPICS.name(Topic.BOOKS_INBOX);
            consumer.assign(
                    consumer.partitionsFor(topic).stream()
                            .map(one -> new TopicPartition(topic, one.partition()))
                            .toList());
            List<BookEntry> found = new ArrayList<>();
            while (found.isEmpty()) {
                for (var one : consumer.poll(Duration.ofSeconds(1))) {
                    found.add(BookEntry.parseFrom(one.value()));
                }
            }
            return found;
        }
    }

    private static void balancesAreThoseOfTheTransfers(LedgerServiceBlockingStub ledger) {
        Map<String, BigInteger> sums = new TreeMap<>();
        String token = "";
        do {
            ListTransfersResponse page =
                    ledger.listTransfers(
                            ListTransfersRequest.newBuilder()
                                    .setPageSize(2)
                                    .setPageToken(token)
                                    .build());
            for (Transfer transfer : page.getTransfersList()) {
                BigInteger msat = BigInteger.valueOf(transfer.getAmountMsat());
                sums.merge(transfer.getDebit(), msat, BigInteger::add);
                sums.merge(transfer.getCredit(), msat.negate(), BigInteger::add);
            }
            token = page.getNextPageToken();
        } while (!token.isEmpty());

        List<Account> accounts =
                ledger.listAccounts(ListAccountsRequest.getDefaultInstance()).getAccountsList();

        assertThat(accounts)
                .extracting(Account::getName)
                .containsExactlyElementsOf(sums.keySet())
                .contains("clearing", "books:losses");
        for (Account account : accounts) {
            String expected = String.valueOf(sums.get(account.getName()));
            assertThat(account.getBalanceMsat()).isEqualTo(expected);
            assertThat(balance(ledger, account.getName(), "")).isEqualTo(expected);
            assertThat(balance(ledger, account.getName(), "2026-11-21")).isEqualTo("0");
        }
    }

    private static String balance(LedgerServiceBlockingStub ledger, String account, String day) {
        return ledger.getBalance(
                        GetBalanceRequest.newBuilder()
                                .setAccount(account)
                                .setValueDate(day)
                                .build())
                .getBalanceMsat();
    }

    /// The first changes that a watcher is told.
    private static List<Mismatch> told(MismatchServiceBlockingStub stub, int count) {
        List<Mismatch> told = new ArrayList<>();
        Iterator<WatchMismatchesResponse> changes =
                stub.watchMismatches(
                        WatchMismatchesRequest.newBuilder()
                                .setAfter(Place.getDefaultInstance())
                                .build());
        while (told.size() < count) {
            WatchMismatchesResponse message = changes.next();
            if (message.hasChange()) {
                told.add(message.getChange().getAfter());
            }
        }
        return told;
    }

    private static void isToldInFull(MismatchServiceBlockingStub stub, Mismatch one) {
        GetMismatchResponse full = full(stub, one);
        assertThat(full.getMismatch()).isEqualTo(one);
        assertThat(full.getBooksHalfList()).isNotEmpty();
        assertThat(full.getNodeHalfList()).isEmpty();
        assertThat(full.getTransfersList())
                .isNotEmpty()
                .allSatisfy(
                        transfer -> assertThat(transfer.getItem()).isEqualTo(one.getReference()));
        assertThat(full.getEvidenceList())
                .hasSize(2)
                .allSatisfy(evidence -> assertThat(evidence.getTopic()).endsWith(".books.v1"));
        assertThat(full.getHistoryList()).hasSize(1);
        assertThat(full.getHistory(0).getAfter()).isEqualTo(one);
    }

    private static GetMismatchResponse full(MismatchServiceBlockingStub stub, Mismatch one) {
        return stub.getMismatch(
                GetMismatchRequest.newBuilder().setMismatchId(one.getMismatchId()).build());
    }

    private static DecisionSubject subject(Mismatch mismatch, String id) {
        return DecisionSubject.newBuilder()
                .setMismatchId(mismatch.getMismatchId())
                .setDecisionId(id)
                .setSeenAmountMsat(mismatch.getAmountMsat())
                .build();
    }

    private static ApproveRequest approval(Mismatch mismatch, String id) {
        return ApproveRequest.newBuilder()
                .setSubject(subject(mismatch, id))
                .setApproves("first")
                .build();
    }
}
