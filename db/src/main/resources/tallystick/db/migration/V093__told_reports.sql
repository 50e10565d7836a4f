-- The order in which reports were issued, in which they are told: after the ledger's newest batch then, and after one another.
ALTER TABLE report.issued
    ADD COLUMN told_sequence bigint,
    ADD COLUMN told_ordinal  integer;
UPDATE report.issued AS one
   SET told_sequence = ordered.sequence, told_ordinal = ordered.number - 1
  FROM (SELECT ledger, business_day, edition, sequence,
               row_number() OVER (PARTITION BY sequence ORDER BY ledger, business_day, edition) AS number
          FROM report.issued) AS ordered
 WHERE (one.ledger, one.business_day, one.edition) = (ordered.ledger, ordered.business_day, ordered.edition);
ALTER TABLE report.issued
    ALTER COLUMN told_sequence SET NOT NULL,
    ALTER COLUMN told_ordinal SET NOT NULL,
    ADD CONSTRAINT issued_told UNIQUE (told_sequence, told_ordinal);

ALTER TABLE register.relay_place DROP CONSTRAINT relay_place_kind_check;
ALTER TABLE register.relay_place ADD CONSTRAINT relay_place_kind_check CHECK (kind IN ('changes', 'quarantine', 'reports'));
