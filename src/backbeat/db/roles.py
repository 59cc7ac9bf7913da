"""The roles of the embedded server: a superuser for maintenance, the owner that the program is, a reader.

The program never runs as a superuser: what it does, any server grants to the owner of a database. ``backbeat`` owns the
database and all in it; ``backbeat_reader`` may read it, and is what the lanes status and reads turn into;
``backbeat_bootstrap`` has no password, so it is reached over the socket alone, whose folder admits only the server's
account.
"""

from collections.abc import Callable

import psycopg
import structlog
from psycopg.sql import Literal

from backbeat.db.query import first, value
from backbeat.db.sql import compose, load

BOOTSTRAP = "backbeat_bootstrap"
OWNER = "backbeat"
READER = "backbeat_reader"  # on any server that has such a role, those who only read are it
MOVING = "backbeat_moving"  # a superuser for as long as it takes to rename the one of an older cluster

MAKE_MOVER = load(__package__, "roles_make_mover.sql")
RENAME_BOOTSTRAP = load(__package__, "roles_rename_bootstrap.sql")
IS_STANDBY = load(__package__, "roles_is_standby.sql")
MAKE = load(__package__, "roles_make.sql")
SET_PASSWORD = "roles_set_password.sql"  # noqa: S105 - a file's name
FIND_DATABASE = load(__package__, "roles_find_database.sql")
CREATE_DATABASE = load(__package__, "roles_create_database.sql")
CLOSE_DATABASE = load(__package__, "roles_close_database.sql")
GIVE_ALL = load(__package__, "roles_give_all.sql")

Addresses = Callable[[str, str], str]
"""The address of the cluster for a role and a database."""

log = structlog.get_logger(__name__)


async def ensure_roles(address: Addresses, password: str) -> None:
    """Bring a running cluster's roles and its database to what they are to be. May be done again after a kill.

    A cluster that an older version made has the owner for its superuser: that role is renamed, an ordinary one takes
    its name, and all that it had made is handed over. A standby has the roles of its primary and can only be read.
    """
    is_old = not await _answers(address(BOOTSTRAP, "postgres"))
    if await _is_standby(address(OWNER if is_old else BOOTSTRAP, "postgres")):
        return
    if is_old:
        await _rename(address)
    async with await _session(address(BOOTSTRAP, "postgres")) as connection:
        await connection.execute(MAKE)
        await connection.execute(compose(__package__, SET_PASSWORD, role=OWNER, password=Literal(password)))
        found = await first(connection, tuple, FIND_DATABASE)
        if found is None:
            await connection.execute(CREATE_DATABASE)
        await connection.execute(CLOSE_DATABASE)
    if found is not None and found[0] != OWNER:
        async with await _session(address(BOOTSTRAP, "backbeat")) as connection:
            await connection.execute(GIVE_ALL)
        log.info("database_handed_over", owner=OWNER, formerly=found[0])


async def _answers(url: str) -> bool:
    try:
        async with await _session(url):
            return True
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise
        return False


async def _is_standby(url: str) -> bool:
    async with await _session(url) as connection:
        return await value(connection, IS_STANDBY) is True


async def _rename(address: Addresses) -> None:
    async with await _session(address(OWNER, "postgres")) as connection:
        await connection.execute(MAKE_MOVER)
    async with await _session(address(MOVING, "postgres")) as connection:
        await connection.execute(RENAME_BOOTSTRAP)


async def _session(url: str) -> psycopg.AsyncConnection[tuple[object, ...]]:
    return await psycopg.AsyncConnection.connect(url, autocommit=True)
