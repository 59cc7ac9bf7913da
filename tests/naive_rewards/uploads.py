"""Challenges ``u``, track upload, and ``fp``, first playlist."""

from collections.abc import Hashable, Mapping

from naive_rewards.judging import ByKey, Ledger, Moment, grouped
from naive_rewards.written import Block, Columns, State, Terms


def counts_as_upload(state: State, track: Columns, starting_block: int) -> bool:
    """``u``: a track counts that is not deleted, listed, no stem, and written in or after the starting block.

    The block of a track is that of its last edit. Gated tracks, remixes and unavailable ones count.
    """
    is_there = not track["is_delete"] and state.is_listed(track) and track["stem_of"] is None
    return is_there and (track["blocknumber"] or 0) >= starting_block


def counts_as_playlist(playlist: Columns, starting_block: int) -> bool:
    """``fp``: one with a track in it counts, be it private or an album, that is not deleted and not too old."""
    contents = playlist["playlist_contents"]["track_ids"]
    return bool(contents) and not playlist["is_delete"] and (playlist["blocknumber"] or 0) >= starting_block


class TrackUpload(ByKey):
    """``u``: steps are the owner's tracks that count, as many as are wanted at most; by user.

    An owner without any gets no row, and one that has a row keeps it. Both numbers must be in the catalogue.
    """

    challenge_id = "u"

    def facts(self, state: State) -> Mapping[int, Hashable]:
        tracks = grouped(
            state.tracks.values(),
            lambda track: track["owner_id"],
            lambda track: (track["track_id"], counts_as_upload(state, track, 0)),
        )
        return {owner: (state.is_deactivated(owner), theirs) for owner, theirs in tracks.items()}

    def judge(self, about: int, block: Block, terms: Terms, ledger: Ledger) -> None:
        if (
            terms.step_count is None
            or block.catalogue["u"]["starting_block"] is None
            or block.state.is_deactivated(about)
        ):
            return
        owned = [track for track in block.state.tracks.values() if track["owner_id"] == about]
        count = sum(counts_as_upload(block.state, track, terms.starting_block) for track in owned)
        if count:
            steps = min(count, terms.step_count), terms.step_count
            ledger.put("u", f"{about:x}", about, Moment.of(block), terms.amount, steps)


class FirstPlaylist(ByKey):
    """``fp``: complete at once, as soon as the owner has one that counts; by user."""

    challenge_id = "fp"

    def facts(self, state: State) -> Mapping[int, Hashable]:
        lists = grouped(
            state.playlists.values(),
            lambda playlist: playlist["playlist_owner_id"],
            lambda playlist: (playlist["playlist_id"], counts_as_playlist(playlist, 0)),
        )
        return {owner: (state.is_deactivated(owner), theirs) for owner, theirs in lists.items()}

    def judge(self, about: int, block: Block, terms: Terms, ledger: Ledger) -> None:
        owned = [one for one in block.state.playlists.values() if one["playlist_owner_id"] == about]
        if any(counts_as_playlist(one, terms.starting_block) for one in owned) and not block.state.is_deactivated(
            about
        ):
            ledger.put("fp", f"{about:x}", about, Moment.of(block), terms.amount)
