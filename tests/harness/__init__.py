"""The shared harness of derived state: made-up chains, random histories, deaths and rivals."""

from harness.chain_writer import Block, CatalogEdit, ChainWriter, Play, Track, User, wipe
from harness.check import World, check_deaths, check_history, check_two_workers, settle
from harness.histories import histories

__all__ = [
    "Block",
    "CatalogEdit",
    "ChainWriter",
    "Play",
    "Track",
    "User",
    "World",
    "check_deaths",
    "check_history",
    "check_two_workers",
    "histories",
    "settle",
    "wipe",
]
