"""Variables of the environment that libpq reads and that must not change our sessions."""

import os

SESSION = ("PGOPTIONS", "PGDATESTYLE", "PGTZ", "PGGEQO", "PGCLIENTENCODING", "PGAPPNAME")
"""How sessions begin; ours begin as `pinned` says."""

ADDRESS = (
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE",
    "PGSYSCONFDIR", "PGSSLMODE", "PGSSLNEGOTIATION", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "PGSSLCRL",
    "PGSSLCERTMODE", "PGGSSENCMODE", "PGREQUIRESSL", "PGREQUIREAUTH", "PGREQUIREPEER", "PGCHANNELBINDING",
    "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION",
)  # fmt: skip
"""Which server it is and how it is reached: these fill what the address of a server of your own leaves open."""


def forget(*, embedded: bool) -> None:
    """Take out of this process's environment what would change our sessions; for an ``embedded`` server addresses too.

    The values that libpq sends of PGDATESTYLE, PGTZ and PGGEQO cannot be overruled by an address.
    """
    for name in (*SESSION, *(ADDRESS if embedded else ())):
        os.environ.pop(name, None)
