-- What gives a table the owner and the rights of another one, in order. Who is to own a table must be allowed to make one
-- in its schema, which is so while it is given away.
WITH class AS (
    SELECT pg_get_userbyid(relowner) AS owner, relowner, relacl
    FROM pg_class
    WHERE oid = %(there)s::regclass
), statements AS (
    SELECT place, format(written, owner) AS statement
    FROM class
    CROSS JOIN LATERAL (
        VALUES
        (1, format('GRANT CREATE ON SCHEMA %%I TO %%%%I', %(schema)s::text)),
        (2, format('ALTER TABLE %%s OWNER TO %%%%I', %(made)s::text)),
        (3, format('REVOKE CREATE ON SCHEMA %%I FROM %%%%I', %(schema)s::text))
    ) AS given (place, written)
    WHERE owner <> current_user
    UNION ALL
    SELECT
        4, format(
            'GRANT %%s ON %%s TO %%s', granted.privilege_type, %(made)s::text,
            CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END
        )
    FROM class
    CROSS JOIN LATERAL aclexplode(relacl) AS granted
    WHERE granted.grantee <> relowner
)
SELECT statement FROM statements ORDER BY place, statement
