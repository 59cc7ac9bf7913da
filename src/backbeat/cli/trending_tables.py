"""What trends, and what a score is made of, as tables for people."""

from collections.abc import Sequence

from rich.text import Text

from backbeat.cli.listing import Cell, Listing
from backbeat.cli.show import show, toned
from backbeat.observe import figures
from backbeat.reads.playlist_trends import PlaylistTerms, RankedPlaylist
from backbeat.reads.track_trends import Ranked, TrackTerms

TRACK_TERMS = (
    "Version", "Range", "Plays", "Reposts", "Saves", "of all time", "Base", "Days", "Decay", "Karma", "Factor", "Score",
)  # fmt: skip
TERMS_DROP = ("Days", "of all time", "Karma", "Saves", "Reposts")
PLAYLIST_TERMS = ("Range", "Reposts", "Saves", "of all time", "Base", "Days", "Decay", "Karma", "Factor", "Score")
OF_TRACKS = (
    "score = decay x base x factor; base = plays + 50 reposts + saves, and of all time reposts / 4 + saves / 100"
)
OF_PLAYLISTS = "score = decay x base x factor; base = 1 + 50 reposts + saves, and of all time reposts / 4 + saves / 100"


def ranked(found: Sequence[Ranked] | Sequence[RankedPlaylist]) -> Listing:
    """Return a list."""
    what = ("Playlist", "Name", "Owner") if isinstance(found[0], RankedPlaylist) else ("Track", "Title", "Artist")
    rows = [(*_place(one), *_what(one), f"{one.score:,.2f}") for one in found]
    headings, right = ("Rank", "Moved", "Since", *what, "Score"), ("Rank", what[0], "Score")
    return Listing(headings, rows, right=right, drop=("Since", "Moved"), cut=what[1:])


def show_track(found: Sequence[TrackTerms]) -> None:
    """Print a track's scores, taken apart."""
    rows = [(one.version, one.time_range, f"{one.plays:,}", *_terms(one)) for one in found]
    show(Listing(TRACK_TERMS, rows, right=TRACK_TERMS[2:], drop=TERMS_DROP), OF_TRACKS)
    _say_if_muted(found[0])


def show_playlist(found: Sequence[PlaylistTerms]) -> None:
    """Print the scores of a playlist or album, taken apart."""
    rows = [(one.time_range, *_terms(one)) for one in found]
    show(Listing(PLAYLIST_TERMS, rows, right=PLAYLIST_TERMS[1:], drop=TERMS_DROP), OF_PLAYLISTS)
    _say_if_muted(found[0])


def _place(one: Ranked | RankedPlaylist) -> tuple[Cell, ...]:
    return (str(one.rank), _moved(one), one.since)


def _what(one: Ranked | RankedPlaylist) -> tuple[str, ...]:
    if isinstance(one, RankedPlaylist):
        return (str(one.playlist_id), one.name or figures.NOTHING, one.owner)
    return (str(one.track_id), one.title or figures.NOTHING, one.artist)


def _moved(one: Ranked | RankedPlaylist) -> str | Text:
    if one.since is None:
        return figures.NOTHING
    if one.previous_rank is None:
        return toned("new", "good")
    if one.previous_rank > one.rank:
        return toned(f"up from {one.previous_rank}", "good")
    return toned(f"down from {one.previous_rank}", "bad")


def _terms(one: TrackTerms | PlaylistTerms) -> tuple[str, ...]:
    return (
        f"{one.reposts:,}",
        f"{one.saves:,}",
        f"{one.all_reposts:,} + {one.all_saves:,}",
        f"{one.base:,.2f}",
        str(one.days),
        f"{one.decay:g}",
        figures.NOTHING if one.karma is None else f"{one.karma:,}",
        f"{one.factor:,.4f}",
        figures.NOTHING if one.score is None else f"{one.score:,.4f}",
    )


def _say_if_muted(terms: TrackTerms | PlaylistTerms) -> None:
    followers = terms.owner_followers
    if followers is not None and followers < terms.followers_min:
        show(f"Its owner has {followers} followers. With fewer than {terms.followers_min} every score is 0.")
