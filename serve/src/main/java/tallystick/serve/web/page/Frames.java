package tallystick.serve.web.page;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;
import tallystick.db.query.HeadReader;
import tallystick.serve.web.http.Visit;

/// Makes what stands around pages. Any thread.
public final class Frames {
    private final String ledger;
    private final ZoneId zone;
    private final Assets assets;
    private final HeadReader reader = new HeadReader();

    /// @param ledger its name
    /// @param zone in which business days begin and end
    public Frames(String ledger, ZoneId zone, Assets assets) {
        this.ledger = ledger;
        this.zone = zone;
        this.assets = assets;
    }

    /// Of a page that is read in the same transaction.
    public Frame read(Connection connection, Visit visit, Tab tab, String title)
            throws SQLException {
        return new Frame(
                visit,
                title,
                Optional.of(tab),
                ledger,
                zone.getId(),
                Optional.of(reader.head(connection)),
                reader.nodes(connection),
                assets);
    }

    /// Of a page that says nothing of the ledger.
    public Frame bare(Visit visit, String title) {
        return new Frame(
                visit,
                title,
                Optional.empty(),
                ledger,
                zone.getId(),
                Optional.empty(),
                Map.of(),
                assets);
    }
}
