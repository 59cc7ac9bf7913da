"""Tells artists that they trend: the week's five best tracks, underground tracks and playlists (domain: 2.7).

Once for each hour of the chain's time, and dated with it, so that every node tells the same. The rows are not a
function of the base tables, because what was told before counts: there is nothing to rebuild or audit. A tick within
an hour that is done reads two rows.
"""

from backbeat.db.sql import load
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

HOUR = load(__package__, "notifications_hour.sql")
MARK = load(__package__, "notifications_mark.sql")
SEND = load(__package__, "notifications_send.sql")

RANKS_MAX = 5


class TrendingNotifications:
    """The job; its position is the hour that was told of last."""

    name = "trending.notifications"
    feeds = ()  # it goes by the hour

    async def incremental(self, session: Session) -> RunReport:
        """Notify of the hour if it is a new one."""
        connection = session.connection
        due = await (await connection.execute(HOUR, {"name": self.name})).fetchone()
        if due is None:
            return RunReport(name=self.name)
        values = {"name": self.name, "hour": due[0], "ranks_max": RANKS_MAX}
        async with fenced(session):
            if await (await connection.execute(MARK, values)).fetchone() is None:
                return RunReport(name=self.name)
            told = (await connection.execute(SEND, values)).rowcount
        return RunReport(name=self.name, keys=told, rows_read=told, inserted=told)


TRENDING_NOTIFICATIONS = TrendingNotifications()
