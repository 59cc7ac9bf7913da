"""Fields of encrypted emails and the keys to them (domain: chain and entities, 5.11)."""

from collections.abc import Callable
from typing import Any

from conformance.world import STAMPED, U1, U2, World

from backbeat.index.reject import Code
from backbeat.index.rows.access import EmailAccessRow, EncryptedEmailRow
from backbeat.index.wire.stamp import with_zone
from fields.field import KEEPS, Cell, Field, Outcome, Pair, Sets, cell, given
from fields.kinds import IS_BOOL, IS_LIST, IS_NUMBER, WHOLE, null, others, required, unsent


def user_id(known: int, read: Any, unknown: Outcome | None = None) -> tuple[Cell, ...]:
    """A user's id, without which the transaction is refused."""
    no, far = Code.METADATA_INVALID, Code.ID_OUT_OF_RANGE
    return (
        cell("value", "", known, Sets(read)),
        cell("value", "with a fraction", known + 0.5, Sets(read)),
        *(() if unknown is None else (cell("value", "of nobody", 3_999_999, unknown),)),
        unsent(no),
        null(no),
        *others(IS_NUMBER, no),
        cell("another type", "digits", str(known), no),
        cell("out of range", "-1", -1, far),
        *(cell("out of range", name, number, far) for name, number in WHOLE.items()),
    )


KEY = {"receiving_user_id": U2, "grantor_user_id": U1, "encrypted_key": "k"}
SECRET = required(Code.METADATA_INVALID)
FIRST = (
    cell("value", "true", True, Sets(True)),
    cell("value", "false", False, Sets(False)),
    unsent(Sets(False)),
    null(Sets(False)),
    *others(IS_BOOL, Sets(False)),
)


def grants(stored: Any, *, none: Outcome) -> tuple[Cell, ...]:
    """A list of keys."""
    no = Code.METADATA_INVALID
    return (
        cell("value", "", [KEY], Sets(stored)),
        cell("value", "twice", [KEY, {**KEY, "encrypted_key": "other"}], Sets(stored)),
        unsent(no),
        null(no),
        cell("empty", "", [], none),
        *others(IS_LIST, no),
        cell("another type", "a list of a string", ["x"], no),
        cell("too long", "", [KEY] * 1_001, Code.DOCUMENT_TOO_LARGE),
    )


def _keys(world: World) -> Any:
    return sorted(
        (row.receiving_user_id, row.grantor_user_id, row.encrypted_key)
        for row in world.all(EmailAccessRow)
        if row.encrypted_key != "old"
    )


def _of_key(name: str) -> Callable[[World], Any]:
    return lambda world: next(getattr(row, name) for row in world.all(EmailAccessRow) if row.encrypted_key != "old")


def _of_email(name: str) -> Callable[[World], Any]:
    return lambda world: getattr(world.all(EncryptedEmailRow)[0], name)


def inside(key: str) -> Callable[[Any], dict[str, Any]]:
    """Return what says a value in a list of one key."""
    rest = {name: value for name, value in KEY.items() if name != key}
    return lambda value: {"access_grants": [{**rest, **given(key, value)}]}


def keys(unknown: Outcome) -> tuple[Field, ...]:
    """Return the fields of a key that is handed on."""
    also = ("email_access.*",)
    at = "access_grants[]"
    return (
        Field(
            f"{at}.receiving_user_id",
            "email_access.receiving_user_id",
            user_id(U2, U2, Sets(3_999_999)),
            says=inside("receiving_user_id"),
            reads=_of_key("receiving_user_id"),
            also=also,
        ),
        Field(
            f"{at}.grantor_user_id",
            "email_access.grantor_user_id",
            user_id(U1, U1, unknown),
            says=inside("grantor_user_id"),
            reads=_of_key("grantor_user_id"),
            also=also,
        ),
        Field(
            f"{at}.encrypted_key",
            "email_access.encrypted_key",
            SECRET,
            says=inside("encrypted_key"),
            reads=_of_key("encrypted_key"),
            also=also,
        ),
        Field(
            f"{at}.is_initial",
            "email_access.is_initial",
            FIRST,
            says=inside("is_initial"),
            reads=_of_key("is_initial"),
            also=also,
        ),
    )


STORED = [(U2, U1, "k")]
EMAIL_ADD = Pair(
    "EncryptedEmail/AddEmail",
    U1,
    0,
    (
        Field(
            "email_owner_user_id",
            "encrypted_emails.email_owner_user_id",
            user_id(U1, U1, Sets(3_999_999)),
            reads=_of_email("email_owner_user_id"),
            also=("encrypted_emails.*", "email_access.*", "email_access.email_owner_user_id"),
        ),
        Field("encrypted_email", "encrypted_emails.encrypted_email", SECRET, reads=_of_email("encrypted_email")),
        Field("access_grants", "email_access", grants(STORED, none=Sets([])), reads=_keys, also=("email_access.*",)),
        *keys(Sets(3_999_999)),
    ),
    base={"email_owner_user_id": U1, "encrypted_email": "e", "access_grants": [KEY]},
    is_new=True,
)


def _has_key(world: World) -> None:
    before = with_zone(STAMPED["created_at"])
    world.put(
        EmailAccessRow(
            id=1,
            email_owner_user_id=U1,
            receiving_user_id=U1,
            grantor_user_id=U1,
            encrypted_key="old",
            created_at=before,
            updated_at=before,
        )
    )


NO_KEY = Code.NO_EMAIL_ACCESS
EMAIL_ACCESS = Pair(
    "EmailAccess/Update",
    U1,
    0,
    (
        Field(
            "email_owner_user_id",
            "email_access.email_owner_user_id",
            user_id(U1, U1, NO_KEY),
            reads=_of_key("email_owner_user_id"),
            also=("email_access.*",),
        ),
        Field("access_grants", "email_access", grants(STORED, none=Sets([])), reads=_keys, also=("email_access.*",)),
        *keys(NO_KEY),
        Field("encrypted_email", "", (cell("value", "", "e", KEEPS), unsent(), null(KEEPS), *others(set(), KEEPS))),
    ),
    base={"email_owner_user_id": U1, "access_grants": [KEY]},
    stage=_has_key,
    is_new=True,
)


PAIRS = (EMAIL_ADD, EMAIL_ACCESS)
