"""Another instance's state, as its API tells it. Nothing that it says is believed to be bounded, whole or well made."""

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from backbeat.digest.answers import PREFIXES_MAX, STEP_DIGITS, Asked, Buckets, Digest, FoundRows
from backbeat.digest.content import CONTENT
from backbeat.errors import DigestAnswerError, DigestError
from backbeat.outgoing.answer import Answer, said
from backbeat.outgoing.client import Client

BYTES_MAX: Final = 16 * 2**20  # 200 rows of 75 columns, each with 120 characters of four bytes, are 9 MB

R = TypeVar("R")


class Remote:
    """The API at ``address``, asked with the operator's ``token``.

    Raises OutgoingError where it cannot be reached or answers too much or too slowly, DigestError where it refuses, and
    DigestAnswerError for what no state can be.
    """

    def __init__(self, client: Client, address: str, token: str, asked: Asked) -> None:
        self._client = client
        self._address = address.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._may_be_past = {name for name, each in CONTENT.items() if asked.at is not None and each.growing is None}
        self._query = {"key": asked.key, "exact": "1" if asked.exact else "0"}
        if asked.at is not None:
            self._query["at"] = str(asked.at)

    async def digest(self, names: Collection[str] = ()) -> Digest:
        """Return the sums of all tables, or of the named ones."""
        found = await self._ask("/digest", Digest, {"tables": ",".join(names)} if names else {})
        told = [table.table for table in found.tables]
        _require(len({*told}) == len(told), "it names a table twice")
        _require({*found.past} <= self._may_be_past - {*told}, "it leaves tables out that it has")
        return found

    async def buckets(self, table: str, prefixes: Sequence[str]) -> Buckets:
        """Return the parts of those parts of a table."""
        found = await self._ask("/digest/parts", Buckets, _parts(table, prefixes))
        told = [bucket.prefix for bucket in found.buckets]
        digits = len(prefixes[0]) + STEP_DIGITS
        _require(len({*told}) == len(told), "it names a part twice")
        _require(all(len(each) == digits and each[:-STEP_DIGITS] in prefixes for each in told), "it tells other parts")
        return found

    async def rows(self, table: str, prefixes: Sequence[str]) -> FoundRows:
        """Return the first rows of those parts of a table."""
        found = await self._ask("/digest/rows", FoundRows, _parts(table, prefixes))
        width = len(found.columns)
        _require({*found.names} <= {*found.columns}, "it knows rows by columns that they lack")
        _require(all(len(row.texts) == len(row.hashes) == width for row in found.rows), "its rows are of other columns")
        _require(all(row.place.startswith(tuple(prefixes)) for row in found.rows), "it tells rows of other parts")
        return found

    async def _ask(self, path: str, kind: type[R], query: Mapping[str, str]) -> R:
        answer = await self._client.get(f"{self._address}{path}", query={**self._query, **query}, headers=self._headers)
        if answer.status != HTTPStatus.OK:
            raise _refused(answer)
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _invalid(f"{said(str(error))}") from error


def _parts(table: str, prefixes: Sequence[str]) -> Mapping[str, str]:
    assert len(prefixes) <= PREFIXES_MAX  # noqa: S101 - who asks has bounded them
    return {"table": table, "prefixes": ",".join(prefixes)}


def _refused(answer: Answer) -> DigestError:
    """Return what is raised for an answer that is none: most of them are for want of a token."""
    wants_token = answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}
    return DigestError(
        "digest_refused",
        f"{answer.source} answers {answer.status}: {said(answer.body.decode(errors='replace'))}",
        cure="Name the file that holds its operator's token with --token-file; it needs the setting web.token."
        if wants_token
        else "See its log, and ask again.",
    )


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - what holds is the whole of it
    if not holds:
        raise _invalid(otherwise)


def _invalid(why: str) -> DigestAnswerError:
    return DigestAnswerError(
        "digest_answer_invalid",
        f"The other instance answers what no state can be: {why}.",
        cure="Check that the address is that of a Backbeat of this version.",
    )
