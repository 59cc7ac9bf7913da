"""A clock that stands where a test puts it."""

from datetime import UTC, datetime


class HeldClock:
    """It is ``at``, naive UTC, until a test says otherwise."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at.replace(tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)
