-- What gives a table the owner and the rights of another one.
SELECT format('ALTER TABLE %%s OWNER TO %%I', %(made)s::text, pg_get_userbyid(relowner))
FROM pg_class
WHERE oid = %(there)s::regclass AND pg_get_userbyid(relowner) <> current_user
UNION ALL
SELECT format(
    'GRANT %%s ON %%s TO %%s', granted.privilege_type, %(made)s::text,
    CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END
)
FROM pg_class
CROSS JOIN LATERAL aclexplode(relacl) AS granted
WHERE oid = %(there)s::regclass AND granted.grantee <> relowner
