package tallystick.ops.pack;

import java.util.List;
import tallystick.db.report.AuditQueries;
import tallystick.report.day.DayReport;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.PlainText;

/// The page that whoever opens a pack reads first.
final class Readme {
    private static final String TAIL =
            """


            WHAT MUST AGREE

            1. audit/01-places.csv: opening + of the day = closing, for each line. Per node they are the
               opening and closing of section 2 of the report. The journal's closing balances are the same,
               by account.
            2. audit/02-accounts.csv: the balances of all accounts sum to 0.
            3. audit/04-open-mismatches.csv has the lines of section 4 of the report, those for information
               included.
            4. audit/11-batches.csv: previous_hash of each line is hash of the line before. The last hash is
               head in ledger.json.
            5. audit/12-reports.csv: seal_digest of the day before is previous_digest in ledger.json.
            6. report/parts: SHA-256 of facts.json and history.json stand in seal.json, that of seal.json in
               ledger.json.

            A cell that a spreadsheet would run begins with an apostrophe.
            What the codes and columns mean is in the documentation of Tallystick: docs/report.md,
            docs/mismatches.md, docs/audit.md.
            """;

    private Readme() {}

    static String of(DayReport report, List<AuditQueries.Query> queries) {
        StringBuilder text = new StringBuilder(head(report));
        for (AuditQueries.Query query : queries) {
            text.append("audit/%s%n    %s.%n".formatted(query.name(), query.title()));
        }
        return text.append(TAIL).toString();
    }

    private static String head(DayReport report) {
        DayReport.Facts facts = report.facts();
        return """
            EVIDENCE PACK
            Daily report of %s, ledger %s

            The day is from %s to %s (%s).
            The ledger is told as it was known at ledger sequence %d; the report before was made at %d.
            Status: %s.
            Open: %s mismatches, %s sat.

            All amounts are whole millisatoshis (msat); 1 sat is 1,000 msat. All times are UTC.
            In journals and tables a debit is more than 0, a credit less than 0.


            IS IT WHOLE?

            Unpack it and type, in its folder:

                sha256sum --check SHA256SUMS

            Each line must end with OK. The same, without unpacking, and whether points 4 and 6 below hold:
            tallystick pack --check FILE. With --head HEADS also whether the ledger is that of a head
            that somebody kept.
            Whoever has the ledger can make this pack again, with: tallystick pack %s --out FILE.
            It must have the same bytes, years later too, when it is made by the same version (%s).
            Only signatures given since then, and a restatement of the day, are told by the later one alone.


            WHAT IS IN IT

            report/%1$s.*    The report. Read the .html first. The .json is for programs; the .csv folder
                                   has one table for each section.
            report/parts/          The three parts of the report, with the very bytes that their digests are of:
                                   sha256sum of facts.json and history.json stand in seal.json.
            ledger.json            Where the ledger stood: its sequence, the hash of its newest step, and the
                                   digests of the report.
            journal/%1$s.*   The postings of the day, for accounting programs: what each account held when
                                   the day began, every entry, and what each account must hold at the end.
                                     .journal      hledger check --strict --file FILE
                                     .beancount    bean-check FILE
                                     .camt053.xml  one bank statement for each node, ISO 20022
                                                   camt.053.001.08, with currency SAT, which is none of
                                                   ISO 4217
            VerifyRow.java         Checks, without the ledger, a proof that a row is in it up to a head that somebody
                                   keeps: java VerifyRow.java PROOF HEADS. A proof comes from whoever has the
                                   ledger: tallystick verify --row.
            audit/NN-*.sql         Questions to the ledger, with their parameters filled in. Whoever has a login
                                   with the role tallystick_auditor runs them with psql.
            audit/NN-*.csv         The answers.

            How far each node was read (coverage): report/%1$s.csv/1-coverage.csv.


            THE QUESTIONS

            """
                .formatted(
                        facts.day(),
                        PlainText.oneLine(facts.ledger()),
                        facts.from(),
                        facts.to(),
                        facts.timeZone(),
                        report.history().sequence(),
                        report.history().since(),
                        report.status(),
                        Amounts.count(facts.open().size()),
                        Amounts.TERMINAL.sat(facts.openMsat()),
                        facts.day(),
                        report.seal().programVersion());
    }
}
