package tallystick.report.journal;

import java.io.IOException;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.SortedMap;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;

/// A ledger in the format of another program: what each account held before the first entry, every entry, and what each account
/// must hold after the last, which that program then checks. Memory does not grow with the entries. One thread.
public interface Journal {
    /// @param out where it is written; not closed
    /// @param entries may be read several times
    void write(Head head, Entries entries, Appendable out) throws IOException;

    static Journal of(Format format) {
        return switch (format) {
            case HLEDGER -> new HledgerJournal();
            case BEANCOUNT -> new BeancountJournal();
            case CAMT053 -> new Camt053();
        };
    }

    /// Whose format.
    enum Format {
        /// hledger, 1.25 or newer.
        HLEDGER("journal"),
        /// beancount, 3 or newer.
        BEANCOUNT("beancount"),
        /// A bank's statement of account, ISO 20022 camt.053.001.08: one statement for each node.
        CAMT053("camt053.xml");

        private final String ending;

        Format(String ending) {
            this.ending = ending;
        }

        /// How names of such files end, after the dot.
        public String ending() {
            return ending;
        }
    }

    /// What it is about.
    ///
    /// @param ledger its name
    /// @param sequence the ledger sequence up to which it goes
    /// @param madeAt when it is written
    /// @param from the day of the first entry, or an earlier one
    /// @param closing the day of the last entry, or a later one
    /// @param isProvisional true when not every node was read past the end of that day, or the day is not over
    /// @param nodeNames by public key, what people call the nodes
    /// @param opening by account, what was there before; without zeros. Unit: msat
    /// @param balances by account, as the ledger has them after the last entry; all accounts that occur. Unit: msat
    record Head(
            String ledger,
            long sequence,
            Instant madeAt,
            LocalDate from,
            LocalDate closing,
            boolean isProvisional,
            SortedMap<String, String> nodeNames,
            SortedMap<Account, BigInteger> opening,
            SortedMap<Account, BigInteger> balances) {
        /// What is to be known of a provisional one; empty of one that is final.
        public String provisional() {
            return isProvisional
                    ? "provisional: %s is not over, or not every node was read past its end"
                            .formatted(closing)
                    : "";
        }
    }

    /// The entries of a ledger.
    interface Entries {
        void forEach(Each each) throws IOException;
    }

    /// Takes an entry.
    interface Each {
        void take(JournalEntry entry) throws IOException;
    }
}
