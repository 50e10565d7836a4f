package tallystick.ops.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Other people's programs, which the launcher has fetched, at work on a journal.
///
/// @param folder where the launcher put them
record JournalTools(Path folder) {
    private static final int SECONDS_MAX = 60;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Loads as bean-check does, and prints what is wrong and what each account holds, under its name in the ledger.
    private static final String BEANCOUNT =
            """
            import collections, json, sys
            from beancount import loader
            from beancount.core import data
            entries, errors, _ = loader.load_file(sys.argv[1])
            named = {e.account: e.meta["account"] for e in entries if isinstance(e, data.Open)}
            held = collections.Counter()
            for entry in entries:
                if isinstance(entry, data.Transaction):
                    for posting in entry.postings:
                        assert posting.units.currency == "MSAT"
                        held[named[posting.account]] += int(posting.units.number)
            count = sum(isinstance(e, data.Transaction) and "item" in e.meta for e in entries)
            print(json.dumps({"errors": [e.message for e in errors], "held": held, "entries": count}))
            """;

    static JournalTools find() {
        return new JournalTools(
                Path.of(requireNonNull(System.getProperty("tallystick.journal-tools"))));
    }

    /// What a program made of a journal.
    ///
    /// @param problem what it finds wrong; empty when nothing is
    /// @param entries how many it has read; 0 when the program does not tell
    /// @param held by account, without zeros; empty when it refuses the journal
    record Result(Optional<String> problem, int entries, SortedMap<String, BigInteger> held) {
        Result {
            held.values().removeIf(msat -> msat.signum() == 0);
        }
    }

    /// `hledger check --strict`, then its own balances.
    Result hledger(Path journal) throws IOException, InterruptedException {
        Said checked = run("hledger", "check", "--strict", "--file", journal.toString());
        if (checked.exitCode() != 0) {
            return new Result(Optional.of(checked.text()), 0, new TreeMap<>());
        }
        Said balances =
                run(
                        "hledger",
                        "balance",
                        "--flat",
                        "--no-total",
                        "--empty",
                        "--output-format",
                        "csv",
                        "--file",
                        journal.toString());
        SortedMap<String, BigInteger> held = new TreeMap<>();
        for (String line : balances.text().lines().skip(1).toList()) {
            String[] cells = line.substring(1, line.length() - 1).split("\",\"", -1);
            String msat = cells[1].replace(" msat", "").replace(",", "").replace(".", "");
            held.put(cells[0], new BigInteger(msat));
        }
        Said stats = run("hledger", "print", "--file", journal.toString(), "tag:item");
        int entries = (int) stats.text().lines().filter(line -> line.matches("\\d.*")).count();
        return new Result(Optional.empty(), entries, held);
    }

    /// `bean-check`, then what beancount itself has read.
    Result beancount(Path journal) throws IOException, InterruptedException {
        Said checked = run("python3", "-m", "beancount.scripts.check", journal.toString());
        if (checked.exitCode() != 0) {
            return new Result(Optional.of(checked.text()), 0, new TreeMap<>());
        }
        JsonNode read = JSON.readTree(run("python3", "-c", BEANCOUNT, journal.toString()).text());
        if (!read.path("errors").isEmpty()) {
            return new Result(Optional.of(read.path("errors").toString()), 0, new TreeMap<>());
        }
        SortedMap<String, BigInteger> held = new TreeMap<>();
        read.path("held")
                .propertyStream()
                .forEach(one -> held.put(one.getKey(), one.getValue().bigIntegerValue()));
        return new Result(Optional.empty(), read.path("entries").asInt(), held);
    }

    /// Validates against the schema, and adds up each statement: opening and entries are what it closes with. Held is by node.
    Result camt053(Path file) throws IOException, ParserConfigurationException {
        try (Stream<Path> tree = Files.walk(folder)) {
            Path schema =
                    tree.filter(path -> path.endsWith("xsd/camt.053.001.08.xsd"))
                            .findFirst()
                            .orElseThrow();
            SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
                    .newSchema(schema.toFile())
                    .newValidator()
                    .validate(new StreamSource(file.toFile()));
            return added(
                    DocumentBuilderFactory.newInstance()
                            .newDocumentBuilder()
                            .parse(file.toFile())
                            .getDocumentElement());
        } catch (SAXException e) {
            return new Result(Optional.of(String.valueOf(e.getMessage())), 0, new TreeMap<>());
        }
    }

    private static Result added(Element document) {
        SortedMap<String, BigInteger> held = new TreeMap<>();
        Set<String> items = new HashSet<>();
        for (Element statement : all(document, "Stmt")) {
            BigInteger sum = BigInteger.ZERO;
            BigInteger closing = BigInteger.ZERO;
            for (Element balance : all(statement, "Bal")) {
                if (text(balance, "Cd").equals("OPBD")) {
                    sum = sum.add(msat(balance));
                } else {
                    closing = msat(balance);
                }
            }
            for (Element entry : all(statement, "Ntry")) {
                sum = sum.add(msat(entry));
                items.add(
                        all(entry, "Ustrd").stream()
                                .map(Element::getTextContent)
                                .collect(joining()));
            }
            if (!sum.equals(closing)) {
                return new Result(
                        Optional.of("%s: %s (expected: %s)".formatted("CLBD", closing, sum)),
                        0,
                        new TreeMap<>());
            }
            held.put(text(statement, "AddtlStmtInf").substring(5, 71), closing);
        }
        return new Result(Optional.empty(), items.size(), held);
    }

    private static BigInteger msat(Element element) {
        BigInteger msat =
                new BigDecimal(text(element, "Amt")).movePointRight(3).toBigIntegerExact();
        return text(element, "CdtDbtInd").equals("DBIT") ? msat.negate() : msat;
    }

    private static String text(Element element, String name) {
        return all(element, name).getFirst().getTextContent();
    }

    private static List<Element> all(Element element, String name) {
        NodeList found = element.getElementsByTagName(name);
        List<Element> result = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            result.add((Element) found.item(i));
        }
        return result;
    }

    private record Said(int exitCode, String text) {}

    private Said run(String... command) throws IOException, InterruptedException {
        Path said = Files.createTempFile("said-", ".txt");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(said.toFile());
            builder.environment().put("PYTHONPATH", folder.resolve("python").toString());
            builder.environment().put("LANG", "C.UTF-8");
            builder.environment().put("LC_ALL", "C.UTF-8");
            Process process = builder.start();
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("%s: still runs".formatted(String.join(" ", command)));
            }
            return new Said(process.exitValue(), Files.readString(said, UTF_8));
        } finally {
            Files.delete(said);
        }
    }
}
