package tallystick.ledger;

import java.time.DateTimeException;
import java.time.LocalDate;

/// The typed key that both halves of an item share, in the form the books write it.
/// `payment_hash:` and `set_id:` of the same bytes lead to the same item.
public sealed interface Reference {
    /// As the books write it.
    String text();

    /// True when such a reference exists once per node, so that the node is part of the item's key.
    boolean isPerNode();

    /// True when the books may book under it.
    default boolean isBookable() {
        return true;
    }

    /// What arrives or leaves under one payment hash; fleet-wide.
    record Payment(String hash) implements Reference {
        public Payment {
            Patterns.requireHex32(hash, "payment hash");
        }

        @Override
        public String text() {
            return "payment_hash:" + hash;
        }

        @Override
        public boolean isPerNode() {
            return false;
        }
    }

    /// One settled set of an AMP invoice. The payer knows the same bytes as payment hash.
    record AmpSet(String setId) implements Reference {
        public AmpSet {
            Patterns.requireHex32(setId, "set id");
        }

        @Override
        public String text() {
            return "set_id:" + setId;
        }

        @Override
        public boolean isPerNode() {
            return false;
        }
    }

    /// A channel, by the output that funds it; txid in display order.
    record Channel(String txid, long outputIndex) implements Reference {
        public Channel {
            Patterns.requireHex32(txid, "txid");
            if (outputIndex < 0 || outputIndex > 0xffff_ffffL) {
                throw new IllegalArgumentException(
                        "output index: %d (expected: 0 to 4294967295)".formatted(outputIndex));
            }
        }

        /// From `<txid>:<index>`.
        public static Channel ofPoint(String channelPoint) {
            return parse("channel:" + channelPoint) instanceof Channel channel
                    ? channel
                    : failPoint(channelPoint);
        }

        private static Channel failPoint(String channelPoint) {
            throw new IllegalArgumentException(
                    "channel point: %s (expected: <txid>:<index>)".formatted(channelPoint));
        }

        /// `<txid>:<index>`.
        public String point() {
            return txid + ":" + outputIndex;
        }

        @Override
        public String text() {
            return "channel:" + point();
        }

        @Override
        public boolean isPerNode() {
            return true;
        }
    }

    /// A transaction of a node's wallet; txid in display order.
    record Tx(String txid) implements Reference {
        public Tx {
            Patterns.requireHex32(txid, "txid");
        }

        @Override
        public String text() {
            return "tx:" + txid;
        }

        @Override
        public boolean isPerNode() {
            return true;
        }
    }

    /// A forward, by the HTLC that came in. `htlcIn` is its index or, for a forward that was recorded before indexes
    /// were stored, `t` and the parts that tell it apart.
    record Forward(String chanIn, String htlcIn) implements Reference {
        public Forward {
            if (!Patterns.isNumber(chanIn)) {
                throw new IllegalArgumentException(
                        "channel: %s (expected: a short channel id in decimal)".formatted(chanIn));
            }
            if (!Patterns.isNumber(htlcIn)) {
                Patterns.require(Patterns.HTLC, htlcIn, "htlc", "an HTLC index in decimal");
            }
        }

        @Override
        public String text() {
            return "forward:" + chanIn + ":" + htlcIn;
        }

        @Override
        public boolean isPerNode() {
            return true;
        }
    }

    /// All forwards of one node on one day, booked in one entry. The node is part of the reference itself.
    record ForwardsOfDay(NodeId node, LocalDate day) implements Reference {
        @Override
        public String text() {
            return "forwards:" + node.pubkey() + ":" + day;
        }

        @Override
        public boolean isPerNode() {
            return false;
        }
    }

    /// An order of the business, when nothing closer is known.
    record Order(String order) implements Reference {
        public Order {
            if (order.isBlank()) {
                throw new IllegalArgumentException("order: empty (expected: a text)");
            }
        }

        @Override
        public String text() {
            return "order:" + order;
        }

        @Override
        public boolean isPerNode() {
            return false;
        }
    }

    /// One entry that names nothing closer: itself. What the books leave empty becomes this.
    ///
    /// @param source the system that it comes from
    /// @param entryId its number there; of a reversal that of the entry that it takes back, so that both are one item
    record Entry(String source, String entryId) implements Reference {
        public Entry {
            if (source.isBlank() || entryId.isBlank()) {
                throw new IllegalArgumentException(
                        "entry: %s/%s (expected: <source>/<entry_id>)".formatted(source, entryId));
            }
        }

        @Override
        public String text() {
            return "entry:" + source.replace("%", "%25").replace("/", "%2F") + "/" + entryId;
        }

        @Override
        public boolean isPerNode() {
            return false;
        }

        static Entry parse(String text) {
            int slash = text.indexOf('/');
            if (slash < 0) {
                throw new IllegalArgumentException(
                        "entry: %s (expected: <source>/<entry_id>)".formatted(text));
            }
            String source = text.substring(0, slash).replace("%2F", "/").replace("%25", "%");
            return new Entry(source, text.substring(slash + 1));
        }
    }

    /// A record of the log that was refused, by the place where it lies.
    ///
    /// @param place `<topic>-<partition>@<offset>~<8 hex digits>`; the digits tell one log from another, and are chosen so that
    ///     the reference, as a key, lies in the record's own partition
    record Refused(String place) implements Reference {
        public Refused {
            Patterns.require(
                    Patterns.PLACE, place, "place", "<topic>-<partition>@<offset>~<8 hex digits>");
        }

        @Override
        public String text() {
            return "record:" + place;
        }

        /// The record's topic, partition and offset.
        public String inLog() {
            return place.substring(0, place.indexOf('~'));
        }

        @Override
        public boolean isPerNode() {
            return false;
        }

        @Override
        public boolean isBookable() {
            return false;
        }
    }

    /// A node itself: whether it is heard of, and whether all that it said was read.
    record OfNode(NodeId node) implements Reference {
        @Override
        public String text() {
            return "node:" + node.pubkey();
        }

        @Override
        public boolean isPerNode() {
            return false;
        }

        @Override
        public boolean isBookable() {
            return false;
        }
    }

    /// Reads the books' form. Hex may be in either case; it becomes lower.
    ///
    /// @throws IllegalArgumentException when it is none of the known forms; the message says what was expected
    static Reference parse(String text) {
        String stripped = text.strip();
        int kindEnd = stripped.indexOf(':');
        if (kindEnd < 0 || kindEnd == stripped.length() - 1 || !Patterns.isOneLine(stripped)) {
            throw Patterns.unknown(text);
        }
        String rest = stripped.substring(kindEnd + 1);
        try {
            return switch (stripped.substring(0, kindEnd)) {
                case "payment_hash" -> new Payment(Patterns.lower(rest));
                case "set_id" -> new AmpSet(Patterns.lower(rest));
                case "tx" -> new Tx(Patterns.lower(rest));
                case "order" -> new Order(rest);
                case "entry" -> Entry.parse(rest);
                case "record" -> new Refused(rest);
                case "node" -> new OfNode(NodeId.parse(rest));
                case "channel" -> {
                    int colon = Patterns.lastColon(rest);
                    yield new Channel(
                            Patterns.lower(rest.substring(0, colon)),
                            Long.parseLong(rest.substring(colon + 1)));
                }
                case "forward" -> {
                    int colon = Patterns.lastColon(rest);
                    yield new Forward(rest.substring(0, colon), rest.substring(colon + 1));
                }
                case "forwards" -> {
                    int colon = Patterns.lastColon(rest);
                    yield new ForwardsOfDay(
                            NodeId.parse(rest.substring(0, colon)),
                            LocalDate.parse(rest.substring(colon + 1)));
                }
                default -> throw Patterns.unknown(text);
            };
        } catch (DateTimeException | NumberFormatException e) {
            throw new IllegalArgumentException(
                    "reference: %s (expected: %s)".formatted(text, Patterns.FORMS), e);
        }
    }
}
