"""`backbeat trending`: what trends, who rose and fell, and what a score is made of."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from backbeat.cli.connection import connect
from backbeat.cli.show import show, table, toned
from backbeat.cli.verb import Json, print_json, verb
from backbeat.derived.trending import reading
from backbeat.derived.trending.reading import Ranked, Terms
from backbeat.observe import figures
from backbeat.settings import Loaded

app = typer.Typer(help="What trends, and why.", no_args_is_help=True)


class TimeRange(StrEnum):
    """The windows that tracks are scored by."""

    WEEK = "week"
    MONTH = "month"
    ALL_TIME = "allTime"


class Version(StrEnum):
    """The two formulas."""

    PNAGD = "pnagD"
    ANLGE = "AnlGe"


Range = Annotated[TimeRange, typer.Option("--range", help="The window.")]
Genre = Annotated[str, typer.Option(help="Only this genre, as tracks spell it; all without.")]
Underground = Annotated[bool, typer.Option("--underground", help="Small artists, below the twenty best.")]
Formula = Annotated[Version, typer.Option("--version", help="The formula.")]
Limit = Annotated[int, typer.Option(min=1, max=reading.LIMIT_MAX, help="How many at most.")]
Explain = Annotated[int | None, typer.Option(min=1, max=2**31 - 1, help="Take this track's scores apart instead.")]

FOLLOWERS_MIN = 3  # as the formula has it; here only to say so

RANKED = ("Rank", "Moved", "Since", "Track", "Title", "Artist", "Score")
TERMS = (
    "Version",
    "Range",
    "Plays",
    "Reposts",
    "Saves",
    "of all time",
    "Base",
    "Days",
    "Decay",
    "Karma",
    "Factor",
    "Score",
)


@verb
async def top(
    loaded: Loaded,
    time_range: Range = TimeRange.WEEK,
    genre: Genre = "",
    underground: Underground = False,
    version: Formula = Version.PNAGD,
    limit: Limit = 20,
    explain: Explain = None,
    as_json: Json = False,
) -> None:
    """List the tracks that trend, or explain one of them."""
    async with connect(loaded, start=True) as conn:
        if explain is not None:
            terms = await reading.terms(conn, explain)
            print_json(terms) if as_json else _show_terms(explain, terms)
            return
        found = await reading.top(
            conn,
            time_range=time_range,
            version=version,
            genre=genre,
            underground=underground,
            limit=limit,
        )
    if as_json:
        print_json(found)
    else:
        rows = [_ranked(one) for one in found]
        show(table(RANKED, rows, right=("Rank", "Track", "Score")) if rows else "Nothing has a score yet.")


app.command("top")(top)


@app.callback()
def trending() -> None:
    """Make `top` a verb of its own, though it is the only one."""


def _ranked(one: Ranked) -> tuple[str | Text, ...]:
    return (
        str(one.rank),
        _moved(one),
        figures.moment(one.since) if one.since else figures.NOTHING,
        str(one.track_id),
        one.title or figures.NOTHING,
        one.artist,
        f"{one.score:,.2f}",
    )


def _moved(one: Ranked) -> str | Text:
    if one.since is None:
        return figures.NOTHING
    if one.previous_rank is None:
        return toned("new", "good")
    if one.previous_rank > one.rank:
        return toned(f"up from {one.previous_rank}", "good")
    return toned(f"down from {one.previous_rank}", "bad")


def _show_terms(track_id: int, terms: list[Terms]) -> None:
    if not terms:
        show(f"Track {track_id} has no scores: it is unknown, deleted, unlisted or a stem, or nothing was scored yet.")
        return
    show(table(TERMS, [_terms(one) for one in terms], right=TERMS[2:]))
    followers = terms[0].owner_followers
    show("score = decay x base x factor; base = plays + 50 reposts + saves, and of all time reposts / 4 + saves / 100")
    if followers is not None and followers < FOLLOWERS_MIN:
        show(f"Its owner has {followers} followers. With fewer than {FOLLOWERS_MIN} every score is 0.")


def _terms(one: Terms) -> tuple[str, ...]:
    return (
        one.version,
        one.time_range,
        f"{one.plays:,}",
        f"{one.reposts:,}",
        f"{one.saves:,}",
        f"{one.all_reposts:,} + {one.all_saves:,}",
        f"{one.base:,.2f}",
        str(one.days),
        f"{one.decay:g}",
        f"{one.karma:,}",
        f"{one.factor:,.4f}",
        figures.NOTHING if one.score is None else f"{one.score:,.4f}",
    )
