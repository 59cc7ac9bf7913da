"""`backbeat trending`: what trends, who rose and fell, and what a score is made of."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer
from psycopg import AsyncConnection

from backbeat.cli import names, trending_indexes, trending_tables
from backbeat.cli.connection import connect
from backbeat.cli.groups import Group
from backbeat.cli.show import show
from backbeat.cli.verb import Json, print_json, verb
from backbeat.errors import TrendingError
from backbeat.reads import playlist_trends, track_trends
from backbeat.reads.playlist_trends import PlaylistTerms, RankedPlaylist
from backbeat.reads.track_trends import Ranked, TrackTerms
from backbeat.settings_layers import Loaded

app = typer.Typer(cls=Group, help="What trends, and why.", no_args_is_help=True)


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
Genre = Annotated[
    str | None,
    typer.Option(
        help="Only tracks of this genre, as they spell it.",
        show_default="all",
        autocompletion=names.completed(names.genres),
    ),
]
Underground = Annotated[bool, typer.Option("--underground", help="Small artists, below the twenty best tracks.")]
Playlists = Annotated[bool, typer.Option("--playlists", help="Playlists in the place of tracks.")]
Albums = Annotated[bool, typer.Option("--albums", help="Albums in the place of tracks.")]
Formula = Annotated[Version | None, typer.Option("--version", help="The tracks' formula.", show_default="pnagD")]
Limit = Annotated[
    int | None, typer.Option(min=1, max=track_trends.LIMIT_MAX, help="How many at most.", show_default=str(LIMIT))
]
Explain = Annotated[int | None, typer.Option(min=1, max=2**31 - 1, help="Take the scores of this one apart instead.")]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the scores."""

    time_range: Range = None
    """The window; None: the week, or all of them where one entry is taken apart."""
    genre: Genre = None
    """Of tracks: only this genre."""
    underground: Underground = False
    """Of tracks: those of small artists."""
    playlists: Playlists = False
    """Playlists in the place of tracks."""
    albums: Albums = False
    """Albums in the place of tracks."""
    version: Formula = None
    """Of tracks: the formula; None: pnagD, or both where one entry is taken apart."""
    limit: Limit = None
    """How many at most."""
    explain: Explain = None
    """The entry whose scores are taken apart."""

    @property
    def what(self) -> str:
        """What is ranked."""
        return "albums" if self.albums else "playlists" if self.playlists else "tracks"

    @property
    def given(self) -> list[str]:
        """The options that not every question admits."""
        given = {
            "--genre": self.genre is not None,
            "--underground": self.underground,
            "--version": self.version is not None,
            "--limit": self.limit is not None,
        }
        return [option for option in given if given[option]]


@verb
async def top(loaded: Loaded, asked: Asked, as_json: Json = False) -> None:
    """List the tracks, playlists or albums that trend, or explain one of them."""
    _check(asked)
    async with connect(loaded, start=True) as connection:
        if asked.explain is not None:
            refreshed = loaded.settings.jobs.trending_mode == "refresh"
            await _explain(connection, asked, asked.explain, refreshed=refreshed, as_json=as_json)
            return
        found = await _ranked(connection, asked)
        if not found and asked.genre:
            await track_trends.require_genre(connection, asked.genre)
    if as_json:
        print_json(found)
    else:
        show(trending_tables.ranked(found) if found else "Nothing has a score yet.")


async def _ranked(connection: AsyncConnection[Any], asked: Asked) -> Sequence[Ranked] | Sequence[RankedPlaylist]:
    time_range, limit = asked.time_range or TimeRange.WEEK, asked.limit or LIMIT
    if asked.what != "tracks":
        return await playlist_trends.top(connection, time_range=time_range, albums=asked.albums, limit=limit)
    return await track_trends.top(
        connection,
        time_range=time_range,
        version=asked.version or Version.PNAGD,
        genre=asked.genre or "",
        underground=asked.underground,
        limit=limit,
    )


async def _explain(
    connection: AsyncConnection[Any], asked: Asked, number: int, *, refreshed: bool, as_json: bool
) -> None:
    if asked.what == "tracks":
        terms = await track_trends.terms(connection, number, refreshed=refreshed)
        _explain_track(number, terms, asked.time_range, asked.version, as_json=as_json)
    else:
        parts = await playlist_trends.terms(connection, number)
        _explain_playlist(number, parts, asked.time_range, as_json=as_json)


app.command("top")(top)
app.add_typer(trending_indexes.app, name="indexes")


def _explain_track(
    track_id: int, found: Sequence[TrackTerms], time_range: TimeRange | None, version: Version | None, *, as_json: bool
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


def _check(asked: Asked) -> None:
    """Refuse what has no answer."""
    what, time_range = asked.what, asked.time_range
    if asked.playlists and asked.albums:
        raise _senseless("Playlists and albums are two lists.", cure="Give one of --playlists and --albums.")
    if time_range is RANGE_OF_OTHERS[what]:
        ranges = ", ".join(one for one in TimeRange if one is not time_range)
        raise _senseless(f"There are no scores of {what} by {time_range}.", cure=f"Ask for one of {ranges}.")
    if asked.genre is not None and not asked.genre.strip():
        raise TrendingError(
            "genre_unknown", "No genre is called nothing.", cure="Name one, as in --genre Electronic, or leave it out."
        )
    for option in asked.given:
        if what != "tracks" and option != "--limit":
            raise _senseless(f"{option} says something of tracks alone.", cure=f"Leave it out for {what}.")
        if asked.explain is not None and option != "--version":
            raise _senseless(
                f"{option} says something of a list, and --explain takes one entry apart.",
                cure="Leave one of them out.",
            )


def _senseless(message: str, *, cure: str) -> TrendingError:
    return TrendingError("trending_options_clash", message, cure=cure)
