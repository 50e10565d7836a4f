package tallystick.serve.web.account;

import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tallystick.db.query.AccountReader;
import tallystick.db.query.ItemReader;
import tallystick.db.query.LedgerPlace;
import tallystick.db.query.TransferReader;
import tallystick.proto.v1.Role;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebProblem;
import tallystick.serve.web.page.LedgerPages;
import tallystick.serve.web.page.Tab;

/// The list of accounts, and the transfers of each. Any thread.
public final class AccountPages {
    static final String PATH = "/accounts";
    static final String TRANSFERS = PATH + "/transfers";

    /// Fields of the addresses.
    static final String WORDS = "q";

    static final String ACCOUNT = "account";

    private static final int PAGE = 50;

    private static final Pattern PLACE = Pattern.compile("(\\d{1,18})\\.(\\d{1,9})");

    private final LedgerPages pages;
    private final ZoneId zone;
    private final AccountReader accounts = new AccountReader();
    private final TransferReader transfers = new TransferReader();

    /// @param zone in which business days begin and end
    public AccountPages(LedgerPages pages, ZoneId zone) {
        this.pages = pages;
        this.zone = zone;
    }

    public void addTo(Routes routes) {
        routes.get(PATH, Role.ROLE_AUDITOR, this::list);
        routes.get(TRANSFERS, Role.ROLE_AUDITOR, this::one);
    }

    private Answer list(Visit visit) {
        AsOf question = AsOf.of(visit.query(), WORDS);
        String after = visit.query().text("after");
        int ending = question.ending(zone);
        return pages.page(
                visit,
                Tab.ACCOUNTS,
                "Accounts",
                "accounts",
                (connection, frame) ->
                        list(
                                connection,
                                question,
                                question.sequence(frame.head().orElseThrow().sequence()),
                                ending,
                                after));
    }

    private AccountList list(
            Connection connection, AsOf question, long sequence, int ending, String after)
            throws SQLException {
        AccountReader.Listed listed = accounts.list(connection, after, question.words(), PAGE + 1);
        List<AccountReader.Balance> found = listed.page();
        List<AccountReader.Balance> page = found.subList(0, Math.min(PAGE, found.size()));
        AccountReader.Total total = listed.total();
        Optional<Map<String, BigInteger>> past =
                question.isPast()
                        ? Optional.of(accounts.balances(connection, sequence, ending))
                        : Optional.empty();
        return new AccountList(
                question,
                sequence,
                page.stream().map(one -> row(one, past)).toList(),
                past.map(
                                balances ->
                                        new AccountList.Row(
                                                "",
                                                Optional.empty(),
                                                Optional.empty(),
                                                sum(balances, question.words())))
                        .orElseGet(
                                () ->
                                        new AccountList.Row(
                                                "",
                                                Optional.of(total.debit()),
                                                Optional.of(total.credit()),
                                                total.balance())),
                total.count(),
                after.isEmpty(),
                found.size() > PAGE
                        ? Optional.of(question.path(PATH, WORDS, page.getLast().name()))
                        : Optional.empty());
    }

    private static AccountList.Row row(
            AccountReader.Balance one, Optional<Map<String, BigInteger>> past) {
        return past.map(
                        balances ->
                                new AccountList.Row(
                                        one.name(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        balances.getOrDefault(one.name(), BigInteger.ZERO)))
                .orElseGet(
                        () ->
                                new AccountList.Row(
                                        one.name(),
                                        Optional.of(one.debit()),
                                        Optional.of(one.credit()),
                                        one.balance()));
    }

    private static BigInteger sum(Map<String, BigInteger> balances, String prefix) {
        return balances.entrySet().stream()
                .filter(one -> one.getKey().startsWith(prefix))
                .map(Map.Entry::getValue)
                .reduce(BigInteger.ZERO, BigInteger::add);
    }

    private Answer one(Visit visit) {
        AsOf question = AsOf.of(visit.query(), ACCOUNT);
        LedgerPlace after = after(visit.query().text("after"));
        int ending = question.ending(zone);
        return pages.page(
                visit,
                Tab.ACCOUNTS,
                "Account",
                "account",
                (connection, frame) ->
                        view(
                                connection,
                                question,
                                question.sequence(frame.head().orElseThrow().sequence()),
                                ending,
                                after));
    }

    private AccountView view(
            Connection connection, AsOf question, long sequence, int ending, LedgerPlace after)
            throws SQLException {
        String name = question.words();
        // The shortest name that begins so is the first.
        AccountReader.Balance all =
                accounts.page(connection, "", name, 1).stream()
                        .filter(one -> one.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> WebProblem.notFound("such account"));
        List<ItemReader.Transfer> found =
                transfers.page(connection, after, sequence, name, PAGE + 1);
        List<ItemReader.Transfer> page = found.subList(0, Math.min(PAGE, found.size()));
        return new AccountView(
                question,
                sequence,
                question.isPast()
                        ? accounts.balance(connection, name, sequence, ending).orElseThrow()
                        : all.balance(),
                all,
                page,
                after.sequence() == 0,
                found.size() > PAGE
                        ? Optional.of(
                                question.path(
                                        TRANSFERS,
                                        ACCOUNT,
                                        "%d.%d"
                                                .formatted(
                                                        page.getLast().place().sequence(),
                                                        page.getLast().place().ordinal())))
                        : Optional.empty());
    }

    /// What is no place begins at the beginning.
    private static LedgerPlace after(String text) {
        Matcher place = PLACE.matcher(text);
        return place.matches()
                ? new LedgerPlace(Long.parseLong(place.group(1)), Integer.parseInt(place.group(2)))
                : new LedgerPlace(0, -1);
    }
}
