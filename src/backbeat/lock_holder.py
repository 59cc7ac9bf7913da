"""Who keeps a session of ours from a lock: what every part says of it."""

from datetime import datetime

import msgspec


class LockHolder(msgspec.Struct, frozen=True, kw_only=True):
    """A session that holds a lock which one of ours waits for."""

    pid: int
    """Its process on the server; 0: a prepared transaction, which has none."""
    application: str = ""
    """What it calls itself."""
    user: str = ""
    """Its role."""
    state: str = ""
    """As in pg_stat_activity; empty where our role may not see it."""
    state_seconds: float | None = None
    """For how long it has been in that state."""
    since: datetime | None = None
    """When its transaction began."""
    relation: str = ""
    """The table whose lock, or a row of which, is waited for; empty where it is another thing."""
    others: int = 0
    """How many more are in the way."""
    our_role: str = ""
    """Our role, as SQL writes it; empty where that is not known."""

    def __str__(self) -> str:
        """Return who it is, what it does and since when, at which table, and how many more there are."""
        at = f", at {self.relation}" if self.relation else ""
        others = f", and {self.others} more" if self.others else ""
        return f"{self._who}{at}{others}"

    @property
    def _who(self) -> str:
        if not self.pid:
            return "a prepared transaction"
        doing = self.state
        if doing and self.state_seconds is not None:
            doing += f" for {self.state_seconds:.0f} s"
        since = f"in a transaction since {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        name = self.application or self.user or "without a name"
        return f"process {self.pid} ({', '.join(part for part in (name, doing, since) if part)})"

    @property
    def cure(self) -> str:
        """What ends it."""
        if not self.pid:
            return "See pg_prepared_xacts, and commit it or roll it back."
        statement = f"`SELECT pg_terminate_backend({self.pid})`"
        ends = f"Have it commit, or end it, as that session's role or a superuser: {statement}."
        if self.state or not self.our_role:
            return ends
        return f"{ends} To see what it does: `GRANT pg_read_all_stats TO {self.our_role}`."
