-- Evidence of months that are over may go to files. Its digests stay in ledger.row_change, as batches sealed them.

CREATE TABLE ledger.archived_month (
    month          date        PRIMARY KEY CHECK (extract(day FROM month) = 1),
    first_sequence bigint      NOT NULL,
    last_sequence  bigint      NOT NULL CHECK (last_sequence >= first_sequence - 1),
    chunks         bigint      NOT NULL CHECK (chunks >= 0),
    chunks_digest  bytea       NOT NULL CHECK (octet_length(chunks_digest) = 32),
    file           text        NOT NULL CHECK (file <> ''),
    file_digest    bytea       NOT NULL CHECK (octet_length(file_digest) = 32),
    archived_at    timestamptz NOT NULL,
    archived_by    text        NOT NULL CHECK (archived_by <> '')
);
COMMENT ON TABLE ledger.archived_month IS 'Evidence of the batches from first_sequence to last_sequence lies in a file. Months are of batches, in UTC';
COMMENT ON COLUMN ledger.archived_month.chunks_digest IS 'SHA-256 over the digests of the rows of ledger.evidence_chunk that went, in the order of these digests';
COMMENT ON COLUMN ledger.archived_month.file_digest IS 'SHA-256 of the file';
SELECT ledger.seal_table('ledger.archived_month', true);
GRANT SELECT ON ledger.archived_month TO tallystick_writer, tallystick_server;

-- What people wrote stays, so that it can still be erased; and then has to say of which item it is.
ALTER TABLE ledger.evidence_text ADD COLUMN item_keys bytea[];
ALTER TABLE ledger.evidence_text ALTER COLUMN item_keys SET STATISTICS 0;
COMMENT ON COLUMN ledger.evidence_text.item_keys IS 'Of evidence that was archived: whose each text is; else NULL, as the chunk says it';

-- The only way in which evidence leaves the ledger: all of a month, for whoever holds a file with just that.
CREATE FUNCTION ledger.archive_month(the_month date, by_whom text, the_file text, the_file_digest bytea, the_chunks_digest bytea)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    first_one bigint;
    last_one  bigint;
    found     bytea;
    gone      bigint;
    written   text := current_setting('tallystick.writes', true);
BEGIN
    LOCK TABLE ledger.archived_month IN EXCLUSIVE MODE;
    first_one := COALESCE((SELECT max(last_sequence) FROM ledger.archived_month), 0) + 1;
    last_one := (SELECT min(sequence) - 1 FROM ledger.batch WHERE decided_at >= (the_month + interval '1 month') AT TIME ZONE 'UTC');
    IF last_one IS NULL THEN
        RAISE EXCEPTION 'month: % is not over in this ledger (expected: one with a batch behind it)', the_month;
    END IF;
    SELECT sha256(COALESCE(string_agg(digest, '' ORDER BY digest), '')) INTO found
      FROM (SELECT sha256(record_send(chunk)) AS digest
              FROM ledger.evidence_chunk AS chunk
              JOIN ledger.batch USING (batch_id)
             WHERE sequence BETWEEN first_one AND last_one) AS every_one;
    IF found IS DISTINCT FROM the_chunks_digest THEN
        RAISE EXCEPTION 'evidence of %: digest % (expected: %, that of the file)', the_month, encode(found, 'hex'), encode(the_chunks_digest, 'hex');
    END IF;
    PERFORM set_config('tallystick.writes', 'on', true);
    UPDATE ledger.evidence_text AS text
       SET item_keys = ARRAY(SELECT chunk.item_keys[text.numbers[n]] FROM generate_subscripts(text.numbers, 1) AS n ORDER BY n)
      FROM ledger.evidence_chunk AS chunk
      JOIN ledger.batch USING (batch_id)
     WHERE sequence BETWEEN first_one AND last_one AND text.batch_id = chunk.batch_id AND text.first_ordinal = chunk.first_ordinal;
    DELETE FROM ledger.evidence_chunk AS chunk USING ledger.batch
     WHERE batch.batch_id = chunk.batch_id AND sequence BETWEEN first_one AND last_one;
    GET DIAGNOSTICS gone = ROW_COUNT;
    INSERT INTO ledger.archived_month (month, first_sequence, last_sequence, chunks, chunks_digest, file, file_digest, archived_at, archived_by)
    VALUES (the_month, first_one, last_one, gone, the_chunks_digest, the_file, the_file_digest, now(), by_whom);
    PERFORM set_config('tallystick.writes', COALESCE(written, ''), true);
    RETURN gone;
END
$$;
COMMENT ON FUNCTION ledger.archive_month IS 'Takes the evidence of a month out of the ledger, and notes in which file it is';
REVOKE EXECUTE ON FUNCTION ledger.archive_month FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.archive_month TO tallystick_archivist;
GRANT SELECT ON ledger.evidence_chunk, ledger.batch, ledger.archived_month TO tallystick_archivist;
REVOKE SELECT ON ledger.evidence FROM tallystick_archivist; -- It shows what people wrote, which no archivist needs.

-- A superuser may take the role without being a member.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        GRANT tallystick_archivist TO CURRENT_USER;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'role tallystick_archivist: made by another, so grant it to % by hand', current_user;
END
$$;

CREATE VIEW audit.archived_evidence AS
SELECT month, first_sequence, last_sequence, chunks, encode(chunks_digest, 'hex') AS chunks_digest, file,
       encode(file_digest, 'hex') AS file_digest, archived_at, archived_by
  FROM ledger.archived_month;
COMMENT ON VIEW audit.archived_evidence IS 'Months whose evidence lies in files: audit.evidence shows none of these batches any more';
GRANT SELECT ON audit.archived_evidence TO tallystick_auditor, tallystick_server;
