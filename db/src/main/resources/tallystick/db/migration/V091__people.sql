-- Who decides about mismatches has a login of their own in this role; it gives no access to any table. What they decide is
-- written by the program, in their name.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tallystick_person') THEN
        BEGIN
            CREATE ROLE tallystick_person NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- Another database of this cluster made it at the same moment.
        END;
    END IF;
END
$$;
