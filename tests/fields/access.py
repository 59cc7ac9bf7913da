"""Fields of apps and grants (domain: chain and entities, 5.7 and 5.8)."""

from collections.abc import Callable
from typing import Any

from conformance.world import STAMPED, U1, U2, U3, W2, W3, W4, W5, World

from backbeat.index.reject import Code
from backbeat.index.rows.access import DeveloperAppRow, GrantRow, RedirectUriRow
from backbeat.index.wire.stamp import with_zone
from builders.proofs import app_signature
from fields.field import CLEARS, KEEPS, Cell, Field, Outcome, Pair, Sets, cell
from fields.kinds import (
    IS_LIST,
    IS_NUMBER,
    IS_OBJECT,
    IS_TEXT,
    WHOLE,
    flag,
    null,
    others,
    required,
    text,
    unsent,
)

PICTURE = "https://cdn.example/app.png"
CALLBACKS = ["https://app.example/a", "https://app.example/b"]
PROOF = app_signature(5)
UNCERTAIN = Code.APP_SIGNATURE_INVALID


def name() -> tuple[Cell, ...]:
    """1 to 50 characters."""
    return required(Code.NAME_MISSING, most=50, beyond=Code.NAME_TOO_LONG)


def description() -> tuple[Cell, ...]:
    """160 characters at most; told again as a whole, so what is not sent is nothing."""
    none = CLEARS
    return text(null_is=none, empty_is=none, other_is=none, missing_is=none, most=160, beyond=Code.DESCRIPTION_TOO_LONG)


def picture() -> tuple[Cell, ...]:
    """A link; what does not look like one is nothing."""
    long = f"https://cdn.example/{'x' * 1_980}"
    return (
        cell("value", "", PICTURE, Sets(PICTURE)),
        cell("value", "without a scheme", "cdn.example", Sets("cdn.example")),
        cell("value", "with a port", "http://cdn.example:8080/a?b=c", Sets("http://cdn.example:8080/a?b=c")),
        cell("value", "no link", "a picture", CLEARS),
        cell("value", "of another scheme", "ftp://cdn.example/a", CLEARS),
        cell("value", "as long as may be", long, Sets(long)),
        unsent(CLEARS),
        null(CLEARS),
        cell("empty", "", "", CLEARS),
        *others(IS_TEXT, CLEARS),
        cell("too long", "", f"{long}x", Code.IMAGE_URL_TOO_LONG),
        cell("NUL, surrogates", "", f"{PICTURE}\0\ud800", Sets(PICTURE)),
        cell("emoji", "", f"{PICTURE}😀", Sets(f"{PICTURE}😀")),
    )


def callbacks(*, is_new: bool) -> tuple[Cell, ...]:
    """Links; a list with anything else in it counts as not sent, and null removes all."""
    many = [f"https://app.example/{number:02}" for number in range(51)]
    none: Outcome = Sets([])
    return (
        cell("value", "", CALLBACKS, Sets(CALLBACKS)),
        cell("value", "twice", [*CALLBACKS, *CALLBACKS], Sets(CALLBACKS)),
        cell("value", "51", many, Sets(many[:50])),
        cell("value", "as long as may be", ["x" * 2_000], Sets(["x" * 2_000])),
        unsent(),
        null(none),
        cell("empty", "", [], none),
        *others(IS_LIST, KEEPS),
        cell("another type", "a list of a number", ["x", 5], KEEPS),
        cell("too long", "an item", [*CALLBACKS, "x" * 2_001], KEEPS),
        cell("NUL, surrogates", "", ["a\0b\ud800"], Sets(["ab"])),
        cell("emoji", "", ["😀"], Sets(["😀"])),
        *(() if is_new else (cell("value", "one as before", [CALLBACKS[0]], Sets([CALLBACKS[0]])),)),
    )


def proof() -> tuple[Cell, ...]:
    """A text, at most six hours old, and the signature of the app's own wallet under it."""
    soon, late = app_signature(5, 1_767_323_045 + 21_600), app_signature(5, 1_767_323_045 - 21_601)
    bad: Outcome = UNCERTAIN
    return (
        cell("value", "", PROOF, Sets(W5)),
        cell("value", "in six hours", soon, Sets(W5)),
        cell("value", "six hours and a second old", late, bad),
        cell("value", "of a user's wallet", app_signature(2), Code.WALLET_IN_USE),
        unsent(bad),
        null(bad),
        *others(IS_OBJECT, bad),
        cell("empty", "", {}, bad),
        *(cell("value", f"without {key}", {**PROOF, key: value}, bad) for key in PROOF for value in (None, "", 5)),
        cell("too long", "", {**PROOF, "message": f"{PROOF['message']}{'0' * 300}"}, bad),
        cell("NUL, surrogates", "", {**PROOF, "message": f"{PROOF['message']}\0\ud800"}, Sets(W5)),
        cell("emoji", "", {**PROOF, "message": f"{PROOF['message']}😀"}, bad),
    )


def said_address() -> tuple[Cell, ...]:
    """The address again: if it is sent it has to be the one that signed."""
    return (
        cell("value", "", W5.upper().replace("0X", "0x"), KEEPS),
        cell("value", "another", W4, UNCERTAIN),
        unsent(),
        null(KEEPS),
        cell("empty", "", "", KEEPS),
        *others(IS_TEXT, KEEPS),
        cell("NUL, surrogates", "", f"{W5}\0\ud800", KEEPS),
        cell("emoji", "", f"{W5}😀", UNCERTAIN),
    )


def address(of: str, unknown: Code, missing: Code, known: Outcome) -> tuple[Cell, ...]:
    """An address, in letters of any case, without which nothing is done."""
    return (
        cell("value", "", of, known),
        cell("value", "in capitals", of.upper().replace("0X", "0x"), known),
        cell("value", "unknown", W4, unknown),
        unsent(missing),
        null(missing),
        cell("empty", "", "", missing),
        *others(IS_TEXT, missing),
        cell("too long", "", f"0x{'a' * 5_000}", unknown),
        cell("NUL, surrogates", "", f"{of}\0\ud800", known),
        cell("emoji", "", f"{of}😀", unknown),
    )


def _uris(world: World) -> list[str]:
    return sorted(row.redirect_uri for row in world.all(RedirectUriRow))


def _uri(world: World) -> None:
    for uri in (CALLBACKS[0], "https://old.example"):
        world.put(RedirectUriRow(client_id=W5, redirect_uri=uri, created_at=with_zone(STAMPED["created_at"])))


def _app(world: World) -> None:
    world.put(DeveloperAppRow(address=W5, user_id=U1, name="App", **STAMPED))


def column(key: str, cells: tuple[Cell, ...], **more: Any) -> Field:
    """Return a field that fills the app's column of its name."""
    return Field(key, f"developer_apps.{key}", cells, **more)


APP_CREATE = Pair(
    "DeveloperApp/Create",
    U1,
    0,
    (
        Field("app_signature", "developer_apps.address", proof()),
        column("name", name()),
        column("description", description()),
        column("image_url", picture()),
        column("is_personal_access", flag(), default=False),
        Field("address", "", said_address()),
        Field(
            "redirect_uris",
            "oauth_redirect_uris.redirect_uri",
            callbacks(is_new=True),
            reads=_uris,
            default=[],
            also=("oauth_redirect_uris.*",),
        ),
    ),
    base={"name": "App", "app_signature": PROOF},
    rows={DeveloperAppRow: (W5,)},
    is_new=True,
)
OLD_URIS = sorted([CALLBACKS[0], "https://old.example"])
APP_UPDATE = Pair(
    "DeveloperApp/Update",
    U1,
    0,
    (
        Field("address", "developer_apps.name", address(W5, Code.NOT_FOUND, Code.NOT_FOUND, Sets("New")), held="App"),
        column("name", name(), held="App"),
        column("description", description(), held="old"),
        column("image_url", picture(), held="https://old.example/a"),
        column("is_personal_access", tuple(c._replace(outcome=KEEPS) for c in flag()), held=True),
        Field(
            "redirect_uris",
            "oauth_redirect_uris.redirect_uri",
            callbacks(is_new=False),
            reads=_uris,
            held=OLD_URIS,
            holds=_uri,
            also=("oauth_redirect_uris.*",),
        ),
    ),
    base={"address": W5, "name": "New"},
    rows={DeveloperAppRow: (W5,)},
    stage=_app,
)
APP_DELETE = Pair(
    "DeveloperApp/Delete",
    U1,
    0,
    (
        Field(
            "address", "developer_apps.is_delete", address(W5, Code.NOT_FOUND, Code.NOT_FOUND, Sets(True)), held=False
        ),
    ),
    base={"address": W5},
    rows={DeveloperAppRow: (W5,)},
    stage=_app,
)


def granted(**columns: Any) -> Callable[[World], None]:
    """Return what puts a grant to another user."""
    return lambda world: world.put(GrantRow(grantee_address=W2, user_id=U1, **{**STAMPED, **columns}))


GRANT_CREATE = Pair(
    "Grant/Create",
    U1,
    0,
    (
        Field(
            "grantee_address",
            "grants.is_approved",
            (*address(W2, Code.GRANTEE_INVALID, Code.GRANTEE_MISSING, Sets(None)),),
            also=("grants.*",),
        ),
        Field(
            "grantee_address, of an app",
            "grants.is_approved",
            (
                cell("value", "", W5, Sets(True)),
                cell("value", "in capitals", W5.upper().replace("0X", "0x"), Sets(True)),
            ),
            also=("grants.*",),
            holds=_app,
            reads=lambda world: world.the(GrantRow, W5, U1).is_approved,
        ),
    ),
    base={"grantee_address": W2},
    rows={GrantRow: (W2, U1)},
    is_new=True,
)
GRANT_DELETE = Pair(
    "Grant/Delete",
    U1,
    0,
    (
        Field(
            "grantee_address",
            "grants.is_revoked",
            address(W2, Code.NO_ACTIVE_RECORD, Code.GRANTEE_MISSING, Sets(True)),
            held=False,
        ),
    ),
    base={"grantee_address": W2},
    rows={GrantRow: (W2, U1)},
    stage=granted(),
)


def grantor(answer: Outcome) -> tuple[Cell, ...]:
    """Who asked."""
    no, unknown = Code.GRANTOR_MISSING, Code.NOT_FOUND
    return (
        cell("value", "", U1, answer),
        cell("value", "with a fraction", U1 + 0.5, answer),
        cell("value", "who did not ask", U3, unknown),
        unsent(no),
        null(no),
        *others(IS_NUMBER, no),
        cell("another type", "digits", str(U1), no),
        cell("out of range", "-1", -1, unknown),
        *(cell("out of range", name, number, unknown) for name, number in WHOLE.items()),
    )


def own_address() -> tuple[Cell, ...]:
    """The grantee's own wallet: if it is sent it has to be that."""
    return (
        cell("value", "", W2.upper().replace("0X", "0x"), KEEPS),
        cell("value", "another", W3, Code.GRANTEE_INVALID),
        unsent(),
        null(KEEPS),
        cell("empty", "", "", KEEPS),
        *others(IS_TEXT, KEEPS),
        cell("NUL, surrogates", "", f"{W2}\0", KEEPS),
        cell("emoji", "", f"{W2}😀", Code.GRANTEE_INVALID),
    )


def answered(action: str, column: str, answer: Outcome, was: Any) -> Pair:
    """Return the pair that answers a request."""
    return Pair(
        f"Grant/{action}",
        U2,
        0,
        (
            Field("grantor_user_id", f"grants.{column}", grantor(answer), held=was),
            Field("grantee_address", "", own_address()),
        ),
        base={"grantor_user_id": U1},
        rows={GrantRow: (W2, U1)},
        stage=granted(),
    )


PAIRS = (
    *(APP_CREATE, APP_UPDATE, APP_DELETE, GRANT_CREATE, GRANT_DELETE),
    answered("Approve", "is_approved", Sets(True), None),
    answered("Reject", "is_revoked", Sets(True), False),
)
