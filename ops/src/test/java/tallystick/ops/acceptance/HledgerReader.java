package tallystick.ops.acceptance;

import java.math.BigInteger;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads a journal as hledger would, as far as ours go, and adds it up.
///
/// @param entries how many transactions move something, opening balances apart
/// @param balances what accounts hold after all of them, without zeros
/// @param asserted what the journal says that they hold, without zeros
record HledgerReader(
        int entries,
        SortedMap<String, BigInteger> balances,
        SortedMap<String, BigInteger> asserted) {
    private static final Pattern LINE =
            Pattern.compile(" {4}(.+?) {2}(-?\\d+) msat(?: = (-?\\d+) msat)?");

    static HledgerReader read(String journal) {
        SortedMap<String, BigInteger> balances = new TreeMap<>();
        SortedMap<String, BigInteger> asserted = new TreeMap<>();
        int entries = 0;
        for (String line : journal.lines().toList()) {
            if (line.matches("\\d{4}-\\d\\d-\\d\\d \\* .* ; item: .*")) {
                entries++;
            }
            if (!line.startsWith("    ")) {
                continue;
            }
            Matcher found = LINE.matcher(line);
            if (!found.matches()) {
                throw new AssertionError("journal: %s (expected: a posting)".formatted(line));
            }
            balances.merge(found.group(1), new BigInteger(found.group(2)), BigInteger::add);
            if (found.group(3) != null) {
                asserted.put(found.group(1), new BigInteger(found.group(3)));
            }
        }
        balances.values().removeIf(msat -> msat.signum() == 0);
        asserted.values().removeIf(msat -> msat.signum() == 0);
        return new HledgerReader(entries, balances, asserted);
    }
}
