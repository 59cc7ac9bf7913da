"""The refused plays of a transaction whose other plays were applied.

Which plays were refused is known by their places: each that is listed, and those behind the number that was taken of
one transaction.
"""

import msgspec

from backbeat.chain.model import Kind, Play
from backbeat.codes import Outcome
from backbeat.index.applied import Applied, NumberedBlock, Rejection
from backbeat.index.reject import Code
from backbeat.index.rejected.picking import Refused
from backbeat.index.rejected.result import Tried


class Pieces(msgspec.Struct):
    """What the refused plays of a transaction come to: ``applied`` has those to write, and what is refused of them."""

    applied: Applied
    tried: list[Tried] = []


def pieces(refused: Refused, numbered: NumberedBlock) -> Pieces:
    """Take the plays that this version can keep of those that were refused."""
    made = Pieces(Applied())
    for at, reason in zip(refused.play_indexes, refused.reasons, strict=True):
        plays = _taken(numbered, at, is_rest=reason == Code.TOO_MANY_PLAYS)
        if not plays:
            made.tried.append(Tried(refused, at, Outcome.REJECTED, reason, _field(reason)))
            continue
        made.tried.append(Tried(refused, at, Outcome.APPLIED))
        _add(made.applied, refused, numbered, at, plays)
    return made


def _field(reason: str) -> str:
    return "plays" if reason == Code.TOO_MANY_PLAYS else "track_id"


def _taken(numbered: NumberedBlock, at: int, *, is_rest: bool) -> tuple[Play, ...]:
    """Return the play at a place, or the rest from there, as far as they are taken now."""
    [transaction] = numbered.block.transactions
    if transaction.kind is not Kind.PLAYS:
        return ()
    if is_rest:
        return tuple(transaction.plays)[at:]
    return tuple(play for play in tuple(transaction.plays)[at : at + 1] if play.track_id is not None)


def _add(applied: Applied, refused: Refused, numbered: NumberedBlock, at: int, plays: tuple[Play, ...]) -> None:
    """Keep plays that stand at ``at``; those of them that are refused are listed where they stand."""
    [transaction] = numbered.block.transactions
    beyond = transaction.plays_beyond if at + len(plays) == len(transaction.plays) else 0
    to_refuse = beyond > 0 or any(play.track_id is None for play in plays)
    piece = msgspec.structs.replace(transaction, plays=plays, plays_beyond=beyond, has_plays_to_refuse=to_refuse)
    own = Applied()
    own.add_plays(numbered.block, [(refused.tx_index, piece)])
    applied.plays += own.plays
    applied.rejections += [_shifted(each, at) for each in own.rejections]


def _shifted(rejection: Rejection, by: int) -> Rejection:
    at = rejection.play_index + by
    detail = rejection.detail
    if rejection.code is Code.TOO_MANY_PLAYS:
        detail = f"{rejection.transaction.plays_beyond} plays behind the first {at}"
    return msgspec.structs.replace(rejection, play_index=at, detail=detail)
