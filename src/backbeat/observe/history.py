"""The last fifteen minutes, kept in this process for the charts: bounded, and gone when it ends."""

from collections import deque

import msgspec

KEPT_SECONDS = 900
SAMPLES_MAX = 900  # at one a second


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One instant; None where nothing was known."""

    at: float
    """Unix time in seconds."""
    lag_blocks: int | None = None
    """Blocks known and not committed."""
    transactions_per_second: float | None = None
    """Over the last ten seconds."""
    plays_per_second: float | None = None
    """Over the last ten seconds."""
    started_at: float | None = None
    """When the process of the block loop began, Unix time in seconds."""
    is_locked: bool = False
    """Whether its commit waits for a lock."""
    is_away: bool = False
    """Whether the database did not answer."""


class History:
    """A ring of samples; the oldest, and those older than fifteen minutes, give way."""

    def __init__(self, samples_max: int = SAMPLES_MAX) -> None:
        self._samples: deque[Sample] = deque(maxlen=samples_max)

    def add(self, sample: Sample) -> None:
        """Append one sample."""
        while self._samples and self._samples[0].at < sample.at - KEPT_SECONDS:
            self._samples.popleft()
        self._samples.append(sample)

    def samples(self) -> tuple[Sample, ...]:
        """Return the samples, oldest first."""
        return tuple(self._samples)

    def columns(self) -> dict[str, list[float | int | None]]:
        """Return the samples as columns of equal length, oldest first."""
        return {field: [getattr(sample, field) for sample in self._samples] for field in Sample.__struct_fields__}
