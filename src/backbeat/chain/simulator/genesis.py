"""When the made-up chain began, kept in a file so that a restart continues it: ``simulator.json``.

The time of block n is the genesis time plus n block intervals, so the chain also grows while the program is down. If
that would make more than :data:`CATCH_UP_BLOCKS_MAX` blocks, the genesis moves forward instead.
"""

from pathlib import Path
from typing import Final

import msgspec

from backbeat.errors import ConfigError
from backbeat.settings import SimulatorSettings

CATCH_UP_BLOCKS_MAX: Final = 20_000  # five and a half hours of one-second blocks, about 20 s of indexing
STORY: Final = 4  # to be raised when the same settings would tell another story
_MICROSECONDS: Final = 1_000_000


class Genesis(msgspec.Struct, frozen=True):
    """What the chain is made from. Chains that differ in any field but ``genesis_us`` are different chains."""

    story: int
    """The version of the story that the program tells."""
    seed: int
    """``simulator.seed``."""
    txs_per_second: float
    """``simulator.txs_per_second``."""
    block_seconds: float
    """``simulator.block_seconds``."""
    network: str
    """The name of the network whose parameters signatures have."""
    genesis_us: int
    """The time of block 0 in microseconds since 1970."""

    @property
    def block_us(self) -> int:
        """The interval between two blocks in microseconds."""
        return round(self.block_seconds * _MICROSECONDS)

    def head(self, now_us: int) -> int:
        """Return the height of the newest block at ``now_us``."""
        return max(0, (now_us - self.genesis_us) // self.block_us)

    def time_us(self, height: int) -> int:
        """Return the time of a block in microseconds since 1970."""
        return self.genesis_us + height * self.block_us

    def anchored(self, after: int, now_us: int, ahead_max: int) -> "Genesis":
        """Return the same chain with its head between ``after`` and ``ahead_max`` blocks further."""
        head = self.head(now_us)
        shift = head - min(max(head, after), after + ahead_max)
        return msgspec.structs.replace(self, genesis_us=self.genesis_us + shift * self.block_us)


def begin(settings: SimulatorSettings, network: str, now_us: int) -> Genesis:
    """Return a chain whose backlog ends at ``now_us``, in whole milliseconds."""
    now_us -= now_us % 1000
    begun = Genesis(STORY, settings.seed, settings.txs_per_second, settings.block_seconds, network, now_us)
    return msgspec.structs.replace(begun, genesis_us=now_us - settings.backlog_blocks * begun.block_us)


def load(path: Path, wanted: Genesis) -> Genesis | None:
    """Return the chain kept at ``path``, None without one.

    Raises ConfigError if the file cannot be read or holds a chain that differs from ``wanted`` in more than its time.
    """
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Genesis)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(
            "simulator_file_unreadable",
            f"Cannot read {path}: {error}",
            cure="Remove it, or choose another data directory.",
        ) from error
    if msgspec.structs.replace(kept, genesis_us=wanted.genesis_us) != wanted:
        differing = [name for name in Genesis.__struct_fields__[:-1] if getattr(kept, name) != getattr(wanted, name)]
        raise ConfigError(
            "simulator_changed",
            f"The chain in {path} was begun with other settings: "
            + ", ".join(f"{name} {getattr(kept, name)}, now {getattr(wanted, name)}" for name in differing),
            cure="Go back to the earlier settings, or begin in another data directory and database.",
        )
    return kept


def save(path: Path, genesis: Genesis) -> None:
    """Write the file whole or not at all; raises ConfigError if the directory cannot be written."""
    draft = path.with_suffix(".json.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(genesis), indent=2) + b"\n")
        draft.replace(path)
    except OSError as error:
        raise ConfigError(
            "simulator_file_not_writable", f"Cannot write {path}: {error}", cure="Check the data directory."
        ) from error
