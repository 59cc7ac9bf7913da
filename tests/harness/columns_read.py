"""Which columns a statement reads, as PostgreSQL itself records it of a view.

Of a condition that takes a row, such as ``backbeat.is_public_track(t)``, PostgreSQL records the call alone. Its text
says which columns of the row it reads, and which of our views.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.sql import SQL, Composed

READ = """
    WITH RECURSIVE used AS (
        SELECT depends.refobjid AS relation, depends.refobjsubid AS number
        FROM pg_rewrite AS rule
        JOIN pg_depend AS depends ON depends.classid = 'pg_rewrite'::regclass AND depends.objid = rule.oid
        WHERE rule.ev_class = 'columns_read'::regclass AND depends.refclassid = 'pg_class'::regclass
        UNION
        SELECT depends.refobjid, depends.refobjsubid
        FROM used
        JOIN pg_rewrite AS rule ON rule.ev_class = used.relation
        JOIN pg_depend AS depends ON depends.classid = 'pg_rewrite'::regclass AND depends.objid = rule.oid
        WHERE depends.refclassid = 'pg_class'::regclass
    ), called AS (
        SELECT depends.refobjid AS function
        FROM pg_rewrite AS rule
        JOIN pg_depend AS depends ON depends.classid = 'pg_rewrite'::regclass AND depends.objid = rule.oid
        WHERE
            depends.refclassid = 'pg_proc'::regclass
            AND (rule.ev_class = 'columns_read'::regclass OR rule.ev_class IN (SELECT used.relation FROM used))
        UNION
        SELECT inner_one.oid
        FROM called
        JOIN pg_proc AS outer_one ON outer_one.oid = called.function
        JOIN pg_proc AS inner_one
            ON inner_one.pronamespace = 'backbeat'::regnamespace
            AND outer_one.prosrc ~ format('\\ybackbeat\\.%s\\(', inner_one.proname)
    ), within AS (
        SELECT selected.oid AS relation, 0 AS number
        FROM called
        JOIN pg_proc AS function ON function.oid = called.function
        JOIN pg_class AS selected
            ON selected.relnamespace = 'backbeat'::regnamespace AND selected.relkind = 'v'
            AND function.prosrc ~ format('\\ybackbeat\\.%s\\y', selected.relname)
        UNION
        SELECT depends.refobjid, depends.refobjsubid
        FROM within
        JOIN pg_rewrite AS rule ON rule.ev_class = within.relation
        JOIN pg_depend AS depends ON depends.classid = 'pg_rewrite'::regclass AND depends.objid = rule.oid
        WHERE depends.refclassid = 'pg_class'::regclass
    ), held AS (
        SELECT held.attrelid, held.attname, held.atttypid, held.attgenerated
        FROM (SELECT * FROM used UNION SELECT * FROM within) AS used
        JOIN pg_attribute AS held ON held.attrelid = used.relation AND held.attnum = used.number
        UNION
        SELECT held.attrelid, held.attname, held.atttypid, held.attgenerated
        FROM called
        JOIN pg_proc AS function ON function.oid = called.function
        CROSS JOIN LATERAL unnest(function.proargtypes::oid[], function.proargnames) AS argument (type, name)
        JOIN pg_class AS relation ON relation.reltype = argument.type
        JOIN pg_attribute AS held
            ON held.attrelid = relation.oid AND held.attnum > 0
            AND function.prosrc ~ format('\\y%s\\.%s\\y', argument.name, held.attname)
    )
    SELECT DISTINCT relation.relname, held.attname, format_type(held.atttypid, NULL)
    FROM held
    JOIN pg_class AS relation ON relation.oid = held.attrelid AND relation.relkind = 'r'
    WHERE held.attgenerated = ''
    ORDER BY 1, 2
"""


class Column(NamedTuple):
    """A column of a base table."""

    table: str
    name: str
    type: str


async def columns_read(
    connection: AsyncConnection[Any], statement: Composed, values: Mapping[str, Any]
) -> list[Column]:
    """Return the columns of base tables that a query reads, also through views.

    Of what functions select, views alone are told of.
    """
    text = AsyncClientCursor(connection).mogrify(statement, values)
    await connection.execute(SQL("CREATE TEMP VIEW columns_read AS ") + SQL(text))
    found = await (await connection.execute(READ)).fetchall()
    await connection.execute("DROP VIEW columns_read")
    return [Column(*row) for row in found]
