"""`backbeat trending`: what trends, who rose and fell, and what a score is made of."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from backbeat.cli import trending_indexes, trending_tables
from backbeat.cli.connection import connect
from backbeat.cli.show import show
from backbeat.cli.verb import Json, print_json, verb
from backbeat.errors import TrendingError
from backbeat.reads import playlist_trends, track_trends
from backbeat.reads.playlist_trends import PlaylistTerms, RankedPlaylist
from backbeat.reads.track_trends import Ranked, Terms
from backbeat.settings import Loaded

app = typer.Typer(help="What trends, and why.", no_args_is_help=True)


class TimeRange(StrEnum):
    """The windows that scores are for: allTime for tracks alone, year for playlists and albums."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ALL_TIME = "allTime"


class Version(StrEnum):
    """The two formulas."""

    PNAGD = "pnagD"
    ANLGE = "AnlGe"


LIMIT = 20
RANGE_OF_OTHERS = {"tracks": TimeRange.YEAR, "playlists": TimeRange.ALL_TIME, "albums": TimeRange.ALL_TIME}

Range = Annotated[
    TimeRange | None,
    typer.Option("--range", help="The window; allTime of tracks, year of playlists and albums.", show_default="week"),
]
Genre = Annotated[str | None, typer.Option(help="Only tracks of this genre, as they spell it.", show_default="all")]
Underground = Annotated[bool, typer.Option("--underground", help="Small artists, below the twenty best tracks.")]
Playlists = Annotated[bool, typer.Option("--playlists", help="Playlists in the place of tracks.")]
Albums = Annotated[bool, typer.Option("--albums", help="Albums in the place of tracks.")]
Formula = Annotated[Version | None, typer.Option("--version", help="The tracks' formula.", show_default="pnagD")]
Limit = Annotated[
    int | None, typer.Option(min=1, max=track_trends.LIMIT_MAX, help="How many at most.", show_default=str(LIMIT))
]
Explain = Annotated[int | None, typer.Option(min=1, max=2**31 - 1, help="Take the scores of this one apart instead.")]


@verb
async def top(
    loaded: Loaded,
    time_range: Range = None,
    genre: Genre = None,
    underground: Underground = False,
    playlists: Playlists = False,
    albums: Albums = False,
    version: Formula = None,
    limit: Limit = None,
    explain: Explain = None,
    as_json: Json = False,
) -> None:
    """List the tracks, playlists or albums that trend, or explain one of them."""
    if playlists and albums:
        raise _senseless("Playlists and albums are two lists.", cure="Give one of --playlists and --albums.")
    what = "albums" if albums else "playlists" if playlists else "tracks"
    given = {
        "--genre": genre is not None,
        "--underground": underground,
        "--version": version is not None,
        "--limit": limit is not None,
    }
    _check(what, time_range, [option for option in given if given[option]], explains=explain is not None)
    async with connect(loaded, start=True) as conn:
        if explain is not None:
            if what == "tracks":
                refreshed = loaded.settings.jobs.trending_mode == "refresh"
                terms = await track_trends.terms(conn, explain, refreshed=refreshed)
                _explain_track(explain, terms, time_range, version, as_json=as_json)
            else:
                _explain_playlist(explain, await playlist_trends.terms(conn, explain), time_range, as_json=as_json)
            return
        found: Sequence[Ranked] | Sequence[RankedPlaylist]
        if what == "tracks":
            found = await track_trends.top(
                conn,
                time_range=time_range or TimeRange.WEEK,
                version=version or Version.PNAGD,
                genre=genre or "",
                underground=underground,
                limit=limit or LIMIT,
            )
        else:
            found = await playlist_trends.top(
                conn, time_range=time_range or TimeRange.WEEK, albums=albums, limit=limit or LIMIT
            )
    if as_json:
        print_json(found)
    else:
        show(trending_tables.ranked(found) if found else "Nothing has a score yet.")


app.command("top")(top)
app.add_typer(trending_indexes.app, name="indexes")


def _explain_track(
    track_id: int, found: Sequence[Terms], time_range: TimeRange | None, version: Version | None, *, as_json: bool
) -> None:
    terms = [one for one in found if time_range in {None, one.time_range} and version in {None, one.version}]
    if as_json:
        print_json(terms)
    elif terms:
        trending_tables.show_track(terms)
    else:
        show(
            f"Track {track_id} has no scores: it is unknown, deleted, unlisted or a stem, or nothing was scored yet;"
            " nor has it one of all time before it was played."
        )


def _explain_playlist(
    playlist_id: int, found: Sequence[PlaylistTerms], time_range: TimeRange | None, *, as_json: bool
) -> None:
    terms = [one for one in found if time_range in {None, one.time_range}]
    if as_json:
        print_json(terms)
    elif terms:
        trending_tables.show_playlist(terms)
    else:
        show(
            f"Playlist {playlist_id} has no scores: it is unknown, deleted, private, of fewer than three tracks or its"
            " owner is unknown, or nothing was scored yet."
        )


def _check(what: str, time_range: TimeRange | None, given: Collection[str], *, explains: bool) -> None:
    """Refuse what has no answer."""
    if time_range is RANGE_OF_OTHERS[what]:
        ranges = ", ".join(one for one in TimeRange if one is not time_range)
        raise _senseless(f"There are no scores of {what} by {time_range}.", cure=f"Ask for one of {ranges}.")
    for option in given:
        if what != "tracks" and option != "--limit":
            raise _senseless(f"{option} says something of tracks alone.", cure=f"Leave it out for {what}.")
        if explains and option != "--version":
            raise _senseless(
                f"{option} says something of a list, and --explain takes one entry apart.",
                cure="Leave one of them out.",
            )


def _senseless(message: str, *, cure: str) -> TrendingError:
    return TrendingError("trending_options_clash", message, cure=cure)
