WITH ours AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('ledger', 'register', 'report', 'audit', 'web')
), relation AS (
    SELECT pg_class.oid, ours.nspname, relname, relkind FROM pg_class JOIN ours ON ours.oid = relnamespace
     WHERE relkind IN ('r', 'v', 'S', 'i')
), line AS (
    SELECT nspname || '.' || relname AS place, 1 AS rank, 0 AS position,
           CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'index' END
               || ' ' || nspname || '.' || relname
               || CASE WHEN relkind = 'i' THEN ': ' || pg_get_indexdef(relation.oid) ELSE '' END AS text
      FROM relation
    UNION ALL
    SELECT nspname || '.' || relname, 2, attnum,
           '  column ' || attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
      FROM pg_attribute JOIN relation ON relation.oid = attrelid
     WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'v')
    UNION ALL
    SELECT nspname || '.' || relname, 3, 0, '  constraint ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
      FROM pg_constraint JOIN relation ON relation.oid = conrelid
     WHERE contype <> 'n'
    UNION ALL
    SELECT table_schema || '.' || table_name, 4, 0, '  grant ' || privilege_type || ' to ' || grantee
      FROM information_schema.role_table_grants
     WHERE table_schema IN (SELECT nspname FROM ours) AND grantee LIKE 'tallystick%'
)
SELECT text FROM line ORDER BY place COLLATE "C", rank, position, text COLLATE "C"
