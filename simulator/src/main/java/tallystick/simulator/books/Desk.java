package tallystick.simulator.books;

import tallystick.proto.v1.BookEntry;

/// Where a bookkeeper's entries go, and who hears of what went wrong with them.
public interface Desk {
    void book(BookEntry entry);

    /// @param inWords one line for people
    void say(String inWords);
}
