package tallystick.report.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.format.DateTimeFormatter.BASIC_ISO_DATE;

import java.io.IOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;
import tallystick.report.figures.PlainText;

/// ISO 20022 camt.053.001.08. The currency is `SAT` with three decimals, which is not one of ISO 4217: the one for bitcoin, XBT,
/// would carry five decimals of a bitcoin and no satoshi. Each node is an account; its channels, its wallet and what is on the way between
/// them are one balance. Names are cut to what the message allows; the whole public key stands in `AddtlStmtInf`, an item's
/// reference in `RmtInf/Ustrd`, in several where one is too short.
final class Camt053 implements Journal {
    private static final String NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
    private static final int ID_MAX = 34;
    private static final int CODE_MAX = 35;
    private static final int TEXT_MAX = 140;
    private static final int INFO_MAX = 500;
    private static final int STATEMENT_DIGITS = 16;
    private static final int ENTRY_DIGITS = 32;

    @Override
    public void write(Head head, Entries entries, Appendable out) throws IOException {
        try {
            XMLStreamWriter xml =
                    XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(writer(out));
            xml.writeStartDocument(UTF_8.name(), "1.0");
            xml.writeStartElement("Document");
            xml.writeDefaultNamespace(NAMESPACE);
            xml.writeStartElement("BkToCstmrStmt");
            xml.writeStartElement("GrpHdr");
            element(xml, "MsgId", id(head, ""));
            element(xml, "CreDtTm", time(head.madeAt()));
            xml.writeEndElement();
            for (Map.Entry<String, String> node : head.nodeNames().entrySet()) {
                statement(xml, head, entries, node.getKey(), node.getValue());
            }
            xml.writeEndElement();
            xml.writeEndElement();
            xml.writeEndDocument();
            xml.flush();
        } catch (XMLStreamException e) {
            throw new IOException(e);
        }
    }

    private static void statement(
            XMLStreamWriter xml, Head head, Entries entries, String key, String name)
            throws XMLStreamException, IOException {
        xml.writeStartElement("Stmt");
        element(xml, "Id", id(head, key));
        element(xml, "CreDtTm", time(head.madeAt()));
        xml.writeStartElement("Acct");
        xml.writeStartElement("Id");
        xml.writeStartElement("Othr");
        element(xml, "Id", cut(name, ID_MAX));
        xml.writeStartElement("SchmeNm");
        element(xml, "Prtry", "LN-NODE");
        xml.writeEndElement();
        xml.writeEndElement();
        xml.writeEndElement();
        element(xml, "Ccy", "SAT");
        xml.writeEndElement();
        balance(xml, "OPBD", held(key, head.opening()), head.from());
        // Of a day that may still change an interim balance.
        balance(
                xml,
                head.isProvisional() ? "ITBD" : "CLBD",
                held(key, head.balances()),
                head.closing());
        entries.forEach(
                entry -> {
                    long change =
                            entry.lines().stream()
                                    .filter(one -> isOf(key, one.account().name()))
                                    .mapToLong(JournalEntry.Line::msat)
                                    .reduce(0, Math::addExact);
                    if (change != 0) {
                        entry(xml, key, entry, change);
                    }
                });
        String about = "node " + key + ", ledger " + head.ledger();
        element(
                xml,
                "AddtlStmtInf",
                cut(head.isProvisional() ? head.provisional() + "; " + about : about, INFO_MAX));
        xml.writeEndElement();
    }

    /// Days, and what tells statements of the same days apart: ledger, node, and the ledger sequence. 35 characters at most are
    /// allowed, and these are 34.
    ///
    /// @param node empty for the message, which has all nodes' statements
    private static String id(Head head, String node) {
        return "%s-%s-%s"
                .formatted(
                        head.from().format(BASIC_ISO_DATE),
                        head.closing().format(BASIC_ISO_DATE),
                        digits(
                                STATEMENT_DIGITS,
                                head.ledger(),
                                node,
                                head.from().toString(),
                                head.closing().toString(),
                                Long.toString(head.sequence())));
    }

    /// Of the digest of all parts.
    private static String digits(int count, String... parts) {
        return Digest.of(String.join("\n", parts)).substring(0, count);
    }

    /// What a node's accounts hold together.
    private static BigInteger held(String node, Map<Account, BigInteger> balances) {
        return balances.entrySet().stream()
                .filter(one -> isOf(node, one.getKey().name()))
                .map(Map.Entry::getValue)
                .reduce(BigInteger.ZERO, BigInteger::add);
    }

    private static boolean isOf(String node, String account) {
        return account.startsWith("node:" + node + ":");
    }

    private static void balance(XMLStreamWriter xml, String code, BigInteger msat, LocalDate day)
            throws XMLStreamException {
        xml.writeStartElement("Bal");
        xml.writeStartElement("Tp");
        xml.writeStartElement("CdOrPrtry");
        element(xml, "Cd", code);
        xml.writeEndElement();
        xml.writeEndElement();
        amount(xml, msat);
        xml.writeStartElement("Dt");
        element(xml, "Dt", day.toString());
        xml.writeEndElement();
        xml.writeEndElement();
    }

    private static void entry(XMLStreamWriter xml, String node, JournalEntry entry, long change)
            throws IOException {
        try {
            xml.writeStartElement("Ntry");
            // One item has one entry a day, at whatever ledger sequence.
            element(
                    xml,
                    "NtryRef",
                    digits(ENTRY_DIGITS, node, entry.item(), entry.day().toString()));
            amount(xml, BigInteger.valueOf(change));
            xml.writeStartElement("Sts");
            element(xml, "Cd", "BOOK");
            xml.writeEndElement();
            xml.writeStartElement("BookgDt");
            element(xml, "Dt", entry.day().toString());
            xml.writeEndElement();
            xml.writeStartElement("BkTxCd");
            xml.writeStartElement("Prtry");
            element(xml, "Cd", cut(entry.what(), CODE_MAX));
            xml.writeEndElement();
            xml.writeEndElement();
            xml.writeStartElement("NtryDtls");
            xml.writeStartElement("TxDtls");
            xml.writeStartElement("RmtInf");
            for (String part : parts(entry.item())) {
                element(xml, "Ustrd", part);
            }
            xml.writeEndElement();
            xml.writeEndElement();
            xml.writeEndElement();
            xml.writeEndElement();
        } catch (XMLStreamException e) {
            throw new IOException(e);
        }
    }

    /// Amounts are never negative: what the account gains is a credit, as seen by its holder's bank.
    private static void amount(XMLStreamWriter xml, BigInteger msat) throws XMLStreamException {
        xml.writeStartElement("Amt");
        xml.writeAttribute("Ccy", "SAT");
        xml.writeCharacters(new BigDecimal(msat.abs(), 3).toPlainString());
        xml.writeEndElement();
        element(xml, "CdtDbtInd", msat.signum() < 0 ? "DBIT" : "CRDT");
    }

    private static void element(XMLStreamWriter xml, String name, String text)
            throws XMLStreamException {
        xml.writeStartElement(name);
        xml.writeCharacters(text);
        xml.writeEndElement();
    }

    /// In characters as XML counts them.
    private static String cut(String text, int length) {
        String plain = PlainText.oneLine(text);
        return plain.codePointCount(0, plain.length()) <= length
                ? plain
                : plain.substring(0, plain.offsetByCodePoints(0, length));
    }

    /// The whole text, in as many elements as it takes.
    private static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        String rest = PlainText.oneLine(text);
        do {
            String part = cut(rest, TEXT_MAX);
            parts.add(part);
            rest = rest.substring(part.length());
        } while (!rest.isEmpty());
        return parts;
    }

    private static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static Writer writer(Appendable out) {
        return new Writer() {
            @Override
            public void write(char[] buffer, int from, int length) throws IOException {
                out.append(java.nio.CharBuffer.wrap(buffer, from, length));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }
}
