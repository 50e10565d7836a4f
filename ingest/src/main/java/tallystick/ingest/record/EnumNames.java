package tallystick.ingest.record;

/// Names of lnd's enum values, also of those that are newer than this program.
final class EnumNames {
    private EnumNames() {}

    /// The name or, for a value that is not known here, its number.
    static String of(Enum<?> value, int number) {
        return value.name().equals("UNRECOGNIZED") ? Integer.toString(number) : value.name();
    }
}
