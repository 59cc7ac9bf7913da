"""What verifications found wrong: counted for the metrics, and told in the log. Any drift is a defect somewhere."""

from collections.abc import Sequence
from typing import Any

import structlog
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.incremental.report import SAMPLES_MAX

ADD = load(__package__, "drift_add.sql")

log = structlog.get_logger(__name__)


async def report(connection: AsyncConnection[Any], derivation: str, keys: Sequence[Any]) -> None:
    """Count the rows of ``keys`` as drift of ``derivation``, in the transaction that corrects them."""
    if keys:
        await connection.execute(ADD, {"derivation": derivation, "found_rows": len(keys)})
        log.warning("drift_found", derivation=derivation, rows=len(keys), keys=list(keys[:SAMPLES_MAX]))
