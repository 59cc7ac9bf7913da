"""`backbeat challenges`: what can be earned, what a user earned and why, and what is to be paid out."""

from typing import Annotated

import typer
from rich.text import Text

from backbeat.cli.challenges_export import export
from backbeat.cli.connection import connect
from backbeat.cli.findings import difference, reasons, verdict
from backbeat.cli.groups import Group
from backbeat.cli.listing import Listing
from backbeat.cli.names import challenges as known_challenges
from backbeat.cli.names import completed
from backbeat.cli.show import show, table, toned
from backbeat.cli.verb import Json, print_json, verb
from backbeat.observe import figures
from backbeat.reads import challenges, users
from backbeat.reads.challenges import EarnedRow, Fact, Offer
from backbeat.settings_layers import Loaded

app = typer.Typer(cls=Group, help="What can be earned, and what was.", no_args_is_help=True)

User = Annotated[str, typer.Argument(help="The user's number, or handle.", show_default=False)]
Challenge = Annotated[
    str,
    typer.Argument(
        help="The challenge, as in `challenges list`.", show_default=False, autocompletion=completed(known_challenges)
    ),
]
After = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Only what was completed after this block; 0: all.")]
Limit = Annotated[int, typer.Option(min=1, max=challenges.UNDISBURSED_MAX, help="How many at most.")]

OFFER = ("Id", "Name", "Type", "Active", "AUDIO", "Steps", "First block", "Cooldown", "Complete", "Incomplete", "Began")
EARNED = ("Challenge", "Specifier", "Complete", "Steps", "AUDIO", "Completed", "Block", "Paid out")
OFFER_DROPS = ("Cooldown", "First block", "Began", "Type", "Incomplete", "Steps", "Name")
FACT = ("", "Fact", "Found", "Wanted")
PAYABLE = ("Block", "User", "Challenge", "Specifier", "AUDIO", "Completed")


@verb
async def list_challenges(loaded: Loaded, as_json: Json = False) -> None:
    """List the catalogue, with how many rows each challenge has led to."""
    async with connect(loaded, start=True) as connection:
        found = await challenges.list_offers(connection)
    if as_json:
        print_json(found)
    else:
        show(Listing(OFFER, [_offer(one) for one in found], right=OFFER[4:-1], drop=OFFER_DROPS))


@verb
async def show_user(loaded: Loaded, user: User, as_json: Json = False) -> None:
    """Show what a user has earned or is about to, newest first."""
    async with connect(loaded, start=True) as connection:
        user_id = await users.named(connection, user)
        await challenges.require_user(connection, user_id)
        found = await challenges.earned_by(connection, user_id)
    if as_json:
        print_json(found)
    else:
        show(_earned_table(found) if found else f"User {user_id} has no challenge rows.")


@verb
async def explain(loaded: Loaded, user: User, challenge: Challenge, as_json: Json = False) -> None:
    """Say why a user has or has not earned a challenge: the facts of now, the rows, and their audit."""
    async with connect(loaded, start=True) as connection:
        user_id = await users.named(connection, user)
        found = await challenges.explain(connection, user_id, challenge)
    if as_json:
        print_json(found)
        return
    show(found.verdict, "", table(FACT, [_fact(one) for one in found.facts]), "")
    show(_earned_table(found.rows) if found.rows else f"User {user_id} has no row of {challenge}.")
    show("", f"Audit: {verdict(found.audit)}.", *map(difference, found.audit.samples), *reasons(found.audit))


@verb
async def undisbursed(loaded: Loaded, after: After = 0, limit: Limit = 100, as_json: Json = False) -> None:
    """List complete rows that were not paid out, in order of their block."""
    async with connect(loaded, start=True) as connection:
        found = await challenges.undisbursed(connection, after=after, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            str(row.completed_blocknumber),
            str(row.user_id),
            row.challenge_id,
            row.specifier,
            str(row.amount),
            row.completed_at,
        )
        for row in found
    ]
    right = ("Block", "User", "AUDIO")
    listed = Listing(PAYABLE, rows, right=right, drop=("Completed",), cut=("Specifier",))
    show(listed if found else "Nothing is left to pay out.")


app.command("list")(list_challenges)
app.command("show")(show_user)
app.command("explain")(explain)
app.command("undisbursed")(undisbursed)
app.command("export")(export)


def _offer(one: Offer) -> tuple[str, ...]:
    steps = "no cap" if one.step_count == challenges.NO_CAP else _number(one.step_count)
    numbers = (one.starting_block, one.cooldown_days, one.complete, one.incomplete)
    return (
        one.id,
        one.name or figures.NOTHING,
        one.type,
        _yes(one.active),
        one.amount,
        steps,
        *map(_number, numbers),
        one.first_run or figures.NOTHING,
    )


def _earned_table(rows: list[EarnedRow]) -> Listing:
    cells = [
        (
            row.challenge_id,
            row.specifier,
            _yes(row.is_complete),
            _number(row.current_step_count),
            str(row.amount),
            row.completed_at,
            _number(row.completed_blocknumber),
            _yes(row.disbursed),
        )
        for row in rows
    ]
    return Listing(
        EARNED, cells, right=("Steps", "AUDIO", "Block"), drop=("Steps", "Completed", "Paid out"), cut=("Specifier",)
    )


def _fact(one: Fact) -> tuple[str | Text, ...]:
    return (toned("ok", "good") if one.holds else toned("no", "bad"), one.fact, one.found, one.wanted)


def _number(value: int | None) -> str:
    return figures.NOTHING if value is None else str(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
