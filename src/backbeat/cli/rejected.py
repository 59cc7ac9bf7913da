"""`backbeat rejected`: the transactions that were refused, why, and what became of them."""

import base64
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
import typer
from psycopg import AsyncConnection

from backbeat.cli import names
from backbeat.cli.connection import connect
from backbeat.cli.groups import Group
from backbeat.cli.listing import Cell, Listing
from backbeat.cli.rejected_replay import check_reason, replay
from backbeat.cli.show import show, table
from backbeat.cli.verb import Json, print_json, verb
from backbeat.errors import ArgumentError, Exit
from backbeat.nearest import meant
from backbeat.observe import figures
from backbeat.reads.challenges import require_user
from backbeat.reads.page import ROWS_MAX
from backbeat.reads.rejected import (
    Only,
    Position,
    Rejected,
    on_chain,
    read_bytes,
    read_kept_from,
    read_rejected,
    read_rejected_of,
)
from backbeat.settings_layers import Loaded

app = typer.Typer(cls=Group, help="Refused transactions: look at them, and replay them.", no_args_is_help=True)

HEADINGS = ("Block", "Tx", "Time", "What", "User", "Entity", "Reason", "Field", "Detail", "Became")
DROPS = ("Detail", "Became", "Entity", "Time", "Field", "User")

Reason = Annotated[
    str | None,
    typer.Option(help="Only those refused for this reason.", autocompletion=names.completed(names.reasons)),
]
User = Annotated[int | None, typer.Option(help="Only those of this user.", min=0, max=2**63 - 1)]
Entity = Annotated[
    str | None,
    typer.Option(
        help="Only those about this kind of entity, as in Track.", autocompletion=names.completed(names.entities)
    ),
]
Action = Annotated[
    str | None,
    typer.Option(help="Only those that were to do this, as in Create.", autocompletion=names.completed(names.actions)),
]
Since = Annotated[int, typer.Option(help="Only those in blocks from this height on.", min=0, max=2**63 - 1)]
Place = Annotated[
    str,
    typer.Argument(
        metavar="BLOCK.TX",
        help="Its block and its index there, as in 621.0; of a chain that was left as in old-chain:621.0.",
        show_default=False,
    ),
]
Bytes = Annotated[bool, typer.Option("--bytes", help="Print its bytes alone, as base64.")]
Limit = Annotated[int, typer.Option(min=1, max=ROWS_MAX, help="How many at most.")]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which refused transactions are wanted."""

    reason: Reason = None
    """Refused for this."""
    user: User = None
    """Of this user."""
    entity: Entity = None
    """About this kind of entity."""
    action: Action = None
    """That were to do this."""
    since: Since = 0
    """In blocks from this height on."""
    limit: Limit = 20
    """How many at most."""

    @property
    def only(self) -> Only:
        """Return what is asked of each beside its reason."""
        return Only(user_id=self.user, entity_type=self.entity, action=self.action, since=self.since)


@verb
async def list_rejected(loaded: Loaded, asked: Asked, as_json: Json = False) -> None:
    """List refused transactions, newest first."""
    reason = asked.reason
    if reason is not None:
        check_reason(reason)
    async with connect(loaded, start=False) as connection:
        found = await read_rejected(connection, reason=reason, limit=asked.limit, only=asked.only)
        if not found:
            await _require_known(connection, asked)
    if as_json:
        print_json(found)
    elif found:
        right = ("Block", "Tx", "User", "Entity")
        show(Listing(HEADINGS, [_row(row) for row in found], right=right, drop=DROPS, cut=("Detail", "What")))
    else:
        is_filtered = asked.only != Only()
        about = (f" for {reason}" if reason else "") + (" of what was asked for" if is_filtered else "")
        show(f"Nothing was rejected{about}.")


@verb
async def show_rejected(loaded: Loaded, place: Place, only_bytes: Bytes = False, as_json: Json = False) -> int:
    """Show everything about one refused transaction. Exit status 1 when nothing is kept of it."""
    at = _place(place)
    async with connect(loaded, start=False) as connection:
        found = await read_rejected_of(connection, at)
        raw = await read_bytes(connection, at)
        gone = "" if found and raw is not None else await _gone(connection, place, at, is_known=bool(found))
    text = None if raw is None else base64.b64encode(raw).decode()
    if as_json:
        print_json({"raw": text} if only_bytes else {"rejected": found, "raw": text})
    elif only_bytes and text is not None:
        show(text)
    elif found and not only_bytes:
        show(*(table(("", ""), [*_facts(row), ("bytes", text or gone)]) for row in found))
    else:
        show(gone)
    return Exit.OK if (text if only_bytes else found) else Exit.FAILURE


async def _require_known(connection: AsyncConnection[Any], asked: Asked) -> None:
    """Raise an error where what was asked for does not exist, so that an empty list says something.

    Transactions may be about kinds of which the network knows nothing; those are found before this is asked.
    """
    _check_known("kind of entity", asked.entity, names.entities())
    _check_known("action", asked.action, names.actions())
    if asked.user is not None:
        await require_user(connection, asked.user)


def _check_known(what: str, given: str | None, known: Iterable[str]) -> None:
    listed = sorted(known)
    if given is not None and given not in listed:
        raise ArgumentError(
            "filter_unknown",
            f"There is no {what} {given[:100]!r}, and nothing about one was refused.",
            cure=f"{meant(given, listed)}There are {', '.join(listed)}.",
        )


app.command("list")(list_rejected)
app.command("show")(show_rejected)
app.command("replay")(replay)


def _place(text: str) -> Position:
    try:
        return Position.parse(f"{text}.-1")
    except ValueError:
        raise typer.BadParameter(
            "Name the transaction by its block and its index there, as in 621.0; of a chain that was left as in "
            "old-chain:621.0."
        ) from None


async def _gone(connection: AsyncConnection[Any], place: str, at: Position, *, is_known: bool) -> str:
    """Say why there are no bytes of a transaction, whose refusal ``is_known`` or not."""
    oldest = await read_kept_from(connection, at)
    if oldest is None or oldest.is_behind:
        since = "" if oldest is None else f" before block {on_chain(oldest.chain_id, figures.count(oldest.height))}"
        limits = "see jobs.rejected_days and jobs.rejected_bytes_max"
        if is_known:
            return f"No bytes are kept of what was refused{since}: {limits}. It is still counted."
        kept = f"If anything was refused{since}, its bytes are kept no longer: {limits}."
        return f"No refused transaction is on record at {place}. {kept}"
    return f"Nothing was refused at {place}."


def _row(row: Rejected) -> tuple[Cell, ...]:
    place = str(row.tx_index) if row.play_index < 0 else f"{row.tx_index}.{row.play_index}"
    detail = f"1 of {row.refused_plays} refused plays" if row.refused_plays > 1 else row.detail
    user, entity = (figures.NOTHING if value is None else str(value) for value in (row.user_id, row.entity_id))
    return (
        on_chain(row.earlier_chain, row.height),
        place,
        row.block_time,
        _what(row),
        user,
        entity,
        row.reason,
        row.field,
        detail,
        _became(row),
    )


def _what(row: Rejected) -> str:
    return f"{row.entity_type}/{row.action}" if row.entity_type else row.kind


def _became(row: Rejected) -> str:
    if row.became is None:
        return figures.NOTHING
    return f"{row.became}: {row.new_reason}" if row.new_reason else row.became


def _facts(row: Rejected) -> list[tuple[str, str]]:
    numbers = [("user", row.user_id), ("entity", row.entity_id)]
    tried = [
        ("became", _became(row)),
        ("field then", row.new_field or figures.NOTHING),
        ("detail then", row.new_detail or figures.NOTHING),
        ("replayed", f"{figures.moment(row.tried_at)}, by Backbeat {row.tried_by}"),
    ]
    return [
        ("place", str(row.position)),
        ("hash", row.tx_hash),
        ("block time", figures.moment(row.block_time)),
        ("what", _what(row)),
        *((name, figures.NOTHING if value is None else str(value)) for name, value in numbers),
        ("signer", row.signer or figures.NOTHING),
        ("reason", row.reason),
        ("field", row.field or figures.NOTHING),
        ("detail", row.detail or figures.NOTHING),
        *(tried if row.became else [("became", figures.NOTHING)]),
    ]
