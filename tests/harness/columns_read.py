"""Which columns a statement reads, as PostgreSQL itself records it of a view."""

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
    )
    SELECT DISTINCT relation.relname, held.attname, format_type(held.atttypid, NULL)
    FROM used
    JOIN pg_class AS relation ON relation.oid = used.relation AND relation.relkind = 'r'
    JOIN pg_attribute AS held ON held.attrelid = relation.oid AND held.attnum = used.number
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
    """Return the columns of base tables that a query reads, also through views, but not inside functions."""
    text = AsyncClientCursor(connection).mogrify(statement, values)
    await connection.execute(SQL("CREATE TEMP VIEW columns_read AS ") + SQL(text))
    found = await (await connection.execute(READ)).fetchall()
    await connection.execute("DROP VIEW columns_read")
    return [Column(*row) for row in found]
