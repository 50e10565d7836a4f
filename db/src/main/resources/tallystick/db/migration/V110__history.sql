-- Who asks for one mismatch wants its whole life.
CREATE INDEX change_mismatch ON register.change USING hash (mismatch_id);
