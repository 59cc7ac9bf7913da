"""What the verification that goes round all derived tables has found."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.observe.tree import AuditStatus

AUDITS = load(__package__, "audits.sql")


async def read_audits(connection: AsyncConnection[Any]) -> tuple[AuditStatus, ...]:
    """Return it by audit; nothing before the first range."""
    return tuple(await every(connection, AuditStatus, AUDITS))
