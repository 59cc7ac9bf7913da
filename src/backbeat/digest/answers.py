"""What an instance says of its state: of all tables, of parts of one, of rows. The API sends what another reads."""

from decimal import Decimal
from typing import Annotated, Final

import msgspec
from msgspec import Meta

MODULUS: Final = 2**128
PLACE_DIGITS: Final = 64  # of the hash of a key
STEP_DIGITS: Final = 2  # so a part is divided by 256
DIGITS_MAX: Final = 12  # two keys of 10^9 rows share as many at one in 300,000; beyond, rows are listed
PREFIXES_MAX: Final = 32  # parts that one question follows; their 8,192 parts are 1 MB of JSON
ROWS_MAX: Final = 200  # listed by one answer, of 100 columns some 4 MB at most
CHARACTERS_MAX: Final = 120  # of a value that is shown

Count = Annotated[int, Meta(ge=0, le=2**62)]
Sum = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Prefix = Annotated[str, Meta(pattern=r"^[0-9a-f]*\Z", max_length=DIGITS_MAX)]
Name = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]*\Z", max_length=100)]  # it is printed
Shown = Annotated[str, Meta(max_length=CHARACTERS_MAX)]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How a state is to be told."""

    key: str = ""
    """What every hash begins with: two digests compare where it is the same."""
    exact: bool = False
    """Whether columns that tell when we looked count as well, as between a database and its copy."""
    at: int | None = None
    """The height as of which; None: as it is now."""


class TableDigest(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one table, as one sum that does not depend on their order."""

    table: Name
    """Its name."""
    kind: Name
    """Who writes it: base, derived, others."""
    rows: Count
    """How many rows."""
    digest: Sum
    """The sum, modulo 2^128, of a hash of each row."""
    columns: Annotated[tuple[Name, ...], Meta(max_length=500)]
    """The columns that count, in order."""


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """A state, seen by one snapshot."""

    chain_id: Name
    """The chain that is followed."""
    height: Count
    """The height of that snapshot, or the one that was asked for."""
    block_hash: Name
    """The hash of the block there; empty where another height was asked for."""
    exact: bool
    """Whether all columns count."""
    digest: Sum
    """The sum over all tables, each with its name."""
    tables: Annotated[tuple[TableDigest, ...], Meta(max_length=1_000)]
    """Each table, in order."""
    past: Annotated[tuple[Name, ...], Meta(max_length=1_000)] = ()
    """Tables left out, because their rows of that height have been written over."""


class Bucket(msgspec.Struct, frozen=True):
    """The rows whose key has a hash that begins so."""

    prefix: Prefix
    rows: Count
    digest: Sum


class Buckets(msgspec.Struct, frozen=True):
    """Parts of a table, at one height; those without rows are left out."""

    height: Count
    buckets: Annotated[tuple[Bucket, ...], Meta(max_length=PREFIXES_MAX * 16**STEP_DIGITS)]


class FoundRow(msgspec.Struct, frozen=True):
    """A row, as hashes and the beginning of each value, in the order of the table's columns."""

    place: Hash
    """The hash of its key."""
    hash: Hash
    """Its own."""
    texts: Annotated[tuple[Shown | None, ...], Meta(max_length=500)]
    """The values, cut short; None: NULL."""
    hashes: Annotated[tuple[Hash | None, ...], Meta(max_length=500)]
    """The hashes of the whole values."""


class FoundRows(msgspec.Struct, frozen=True):
    """Rows of a table, at one height, in order of their keys' hashes."""

    height: Count
    columns: Annotated[tuple[Name, ...], Meta(max_length=500)]
    """The columns that the rows' values are of."""
    names: Annotated[tuple[Name, ...], Meta(max_length=500)]
    """Those that a row is known by."""
    rows: Annotated[tuple[FoundRow, ...], Meta(max_length=ROWS_MAX)]
    """At most 200."""


def summed(high: Decimal, low: Decimal) -> str:
    """Return two sums of 64-bit words, the upper ones and the lower ones, as one number modulo 2^128."""
    return f"{((int(high) << 64) + int(low)) % MODULUS:032x}"
