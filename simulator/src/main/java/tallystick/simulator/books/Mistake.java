package tallystick.simulator.books;

/// What goes wrong with a booking. All of it is put right a while later.
enum Mistake {
    /// Booked within the minute, but later than the rules allow.
    LATE,
    /// Booked only when somebody asks for it.
    FORGOTTEN,
    /// Reversed and booked anew.
    WRONG_AMOUNT,
    /// In satoshis where millisatoshis are meant; reversed and booked anew.
    WRONG_UNIT,
    /// The second one is reversed.
    TWICE,
    /// The fee of a payment is booked later than the payment.
    FEE_FORGOTTEN
}
