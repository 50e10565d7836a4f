-- Records of transactions say whether the node had said otherwise before. All other fields are as V090 has them, so only this one is put in.
DO $$
DECLARE
    known   text := pg_get_functiondef('audit.message_fields(text)'::regprocedure);
    changed text := replace(known, '"12": ["is_gone", "bool"]}', '"12": ["is_gone", "bool"], "13": ["stood_otherwise", "bool"]}');
BEGIN
    IF changed = known THEN
        RAISE EXCEPTION 'audit.message_fields: no field is_gone (expected: as V090 made it)';
    END IF;
    EXECUTE changed;
END $$;
