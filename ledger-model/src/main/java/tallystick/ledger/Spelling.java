package tallystick.ledger;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// What somebody who mistyped a name most likely meant.
public final class Spelling {
    /// Beyond this many changed letters a suggestion is a guess.
    private static final int DISTANCE_MAX = 4;

    private Spelling() {}

    /// The name that is nearest; empty when none is near.
    public static Optional<String> nearest(Collection<String> names, String text) {
        return names.stream()
                .min(Comparator.comparingInt(name -> distance(name, text)))
                .filter(name -> distance(name, text) <= DISTANCE_MAX);
    }

    /// How many letters must be added, removed or replaced to make one of the other.
    private static int distance(String left, String right) {
        int[] row = new int[right.length() + 1];
        for (int j = 0; j <= right.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int replaced = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[right.length()];
    }
}
