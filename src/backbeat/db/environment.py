"""What libpq would read of the environment, and ought not to."""

import os

SESSION = ("PGOPTIONS", "PGDATESTYLE", "PGTZ", "PGGEQO", "PGCLIENTENCODING", "PGAPPNAME")
"""How sessions begin: that is ours to say. """

ADDRESS = (
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE",
    "PGSYSCONFDIR", "PGSSLMODE", "PGSSLNEGOTIATION", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "PGSSLCRL",
    "PGSSLCERTMODE", "PGGSSENCMODE", "PGREQUIRESSL", "PGREQUIREAUTH", "PGREQUIREPEER", "PGCHANNELBINDING",
    "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION",
)  # fmt: skip
"""Which server it is and how it is reached: for one of another's making these fill what its address leaves open."""


def forget(*, embedded: bool) -> None:
    """Take out of this process's environment what would change our sessions; of an ``embedded`` server all of it.

    The values that libpq sends of PGDATESTYLE, PGTZ and PGGEQO cannot be overruled by an address.
    """
    for name in (*SESSION, *(ADDRESS if embedded else ())):
        os.environ.pop(name, None)
