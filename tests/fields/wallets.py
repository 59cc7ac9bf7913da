"""Fields of further wallets and collectibles (domain: chain and entities, 5.9)."""

from collections.abc import Callable
from typing import Any

from conformance.test_wallets import BY_USER, BY_WALLET, ETH, SOL, SOLANA
from conformance.world import STAMP, STAMPED, U1, U2, W4, W5, World

from backbeat.index.reject import Code
from backbeat.index.row import Row
from backbeat.index.rows.users import UserRow
from backbeat.index.rows.wallets import AssociatedWalletRow, CollectiblesRow, DashboardWalletRow
from backbeat.index.wire.stamp import with_zone
from builders.proofs import signed_text
from fields.field import ABSENT, KEEPS, Cell, Field, Outcome, Pair, Sets, cell
from fields.kinds import IS_OBJECT, IS_TEXT, null, others, unsent

UNPROVED = Code.WALLET_SIGNATURE_INVALID
OTHER_CHAIN = {"eth": "sol", "sol": "eth"}


def wallet(sent: dict[str, Any], stored: str) -> tuple[Cell, ...]:
    """The wallet; a Solana address in the letters in which it is sent."""
    of, no = sent["wallet_address"], Code.WALLET_MISSING
    shifted: Outcome = Sets(stored) if sent is ETH else UNPROVED
    return (
        cell("value", "", of, Sets(stored)),
        cell("value", "in small letters", of.lower(), shifted),
        cell("value", "another", W5, UNPROVED),
        unsent(no),
        null(no),
        cell("empty", "", "", no),
        *others(IS_TEXT, no),
        cell("too long", "", of * 200, UNPROVED),
        cell("NUL, surrogates", "", f"{of}\0\ud800", Sets(stored)),
        cell("emoji", "", f"{of}😀", UNPROVED),
    )


def chain(sent: dict[str, Any]) -> tuple[Cell, ...]:
    """``eth`` or ``sol``."""
    no = Code.CHAIN_INVALID
    return (
        cell("value", "", sent["chain"], Sets(sent["chain"])),
        cell("value", "the other", OTHER_CHAIN[sent["chain"]], UNPROVED),
        cell("value", "another word", "btc", no),
        cell("value", "in capitals", sent["chain"].upper(), no),
        unsent(no),
        null(no),
        cell("empty", "", "", no),
        *others(IS_TEXT, no),
        cell("NUL, surrogates", "", f"{sent['chain']}\0", Sets(sent["chain"])),
        cell("emoji", "", f"{sent['chain']}😀", no),
    )


def signature(sent: dict[str, Any], stored: str) -> tuple[Cell, ...]:
    """The wallet's signature under the user's id."""
    of = sent["signature"]
    return (
        cell("value", "", of, Sets(stored)),
        cell("value", "of another", of.replace("7", "8"), UNPROVED),
        unsent(UNPROVED),
        null(UNPROVED),
        cell("empty", "", "", UNPROVED),
        *others(IS_TEXT, UNPROVED),
        cell("too long", "", f"{of}00", UNPROVED),
        cell("NUL, surrogates", "", f"{of}\0\ud800", Sets(stored)),
        cell("emoji", "", f"{of}😀", UNPROVED),
    )


def _wallet(name: str) -> Callable[[World], Any]:
    return lambda world: getattr(world.all(AssociatedWalletRow)[0], name)


def added(sent: dict[str, Any], stored: str, remark: str) -> tuple[Field, ...]:
    """Return the fields of a wallet of one chain."""
    return tuple(
        Field(f"{key}{remark}", f"associated_wallets.{name}", cells, beside=sent, reads=_wallet(name))
        for key, name, cells in (
            ("wallet_address", "wallet", wallet(sent, stored)),
            ("chain", "chain", chain(sent)),
            ("signature", "wallet", signature(sent, stored)),
        )
    )


IN_GO = {"wallet": W4, "chain": "eth", "wallet_signature": signed_text(4, f"AudiusUserID:{U1}")}


def other_proof() -> tuple[Cell, ...]:
    """A text and its signature, where the other keys are not sent; the text is the one that all clients sign."""
    proof = signed_text(4, f"AudiusUserID:{U1}")
    return (
        cell("value", "", proof, Sets(W4)),
        cell("value", "of another text", signed_text(4, f"AudiusUserID:{U2}"), UNPROVED),
        unsent(UNPROVED),
        null(UNPROVED),
        cell("empty", "", {}, UNPROVED),
        *others(IS_OBJECT, UNPROVED),
    )


def other_wallet() -> tuple[Cell, ...]:
    """The wallet under its other name."""
    no = Code.WALLET_MISSING
    return (
        cell("value", "", W4, Sets(W4)),
        unsent(no),
        null(no),
        cell("empty", "", "", no),
        *others(IS_TEXT, no),
    )


WALLET_CREATE = Pair(
    "AssociatedWallet/Create",
    U1,
    0,
    (
        *added(ETH, W4, ""),
        *added(SOL, SOLANA, ", of Solana"),
        Field(
            "wallet, in place of wallet_address",
            "associated_wallets.wallet",
            other_wallet(),
            beside=IN_GO,
            reads=_wallet("wallet"),
        ),
        Field(
            "wallet_signature, in place of signature",
            "associated_wallets.wallet",
            other_proof(),
            beside=IN_GO,
            reads=_wallet("wallet"),
        ),
    ),
    is_new=True,
)


def _held(world: World) -> None:
    times = {"created_at": STAMPED["created_at"], "updated_at": STAMPED["created_at"]}
    row = AssociatedWalletRow(id=1, user_id=U1, wallet=W4, chain="eth", blockhash="bb", blocknumber=9, **times)
    world.put(row)


def dropped() -> tuple[Cell, ...]:
    """One of the user's wallets."""
    no, unknown = Code.WALLET_MISSING, Code.NOT_FOUND
    return (
        cell("value", "", W4, Sets(True)),
        cell("value", "in capitals", W4.upper().replace("0X", "0x"), Sets(True)),
        cell("value", "unknown", W5, unknown),
        unsent(no),
        null(no),
        cell("empty", "", "", no),
        *others(IS_TEXT, no),
        cell("NUL, surrogates", "", f"{W4}\0", Sets(True)),
        cell("emoji", "", f"{W4}😀", unknown),
    )


def dropped_chain() -> tuple[Cell, ...]:
    """Its chain; any, if it is not said."""
    gone: Outcome = Sets(True)
    return (
        cell("value", "", "eth", gone),
        cell("value", "the other", "sol", Code.NOT_FOUND),
        cell("value", "another word", "btc", Code.CHAIN_INVALID),
        unsent(gone),
        null(gone),
        cell("empty", "", "", gone),
        *others(IS_TEXT, gone),
        cell("emoji", "", "eth😀", Code.CHAIN_INVALID),
    )


WALLET_DELETE = Pair(
    "AssociatedWallet/Delete",
    U1,
    0,
    (
        Field("wallet_address", "associated_wallets.is_delete", dropped(), held=False),
        Field("chain", "associated_wallets.is_delete", dropped_chain(), held=False),
    ),
    base={"wallet_address": W4, "chain": "eth"},
    rows={AssociatedWalletRow: (1,)},
    stage=_held,
)


def dashboard(known: Outcome, unknown: Outcome) -> tuple[Cell, ...]:
    """The dashboard's wallet, in letters of any case."""
    no = Code.WALLET_MISSING
    return (
        cell("value", "", W4, known),
        cell("value", "in capitals", W4.upper().replace("0X", "0x"), known),
        cell("value", "another", W5, unknown),
        unsent(no),
        null(no),
        cell("empty", "", "", no),
        *others(IS_TEXT, no),
        cell("too long", "", W4 * 200, unknown),
        cell("NUL, surrogates", "", f"{W4}\0", known),
        cell("emoji", "", f"{W4}😀", unknown),
    )


def needed(proof: dict[str, str]) -> tuple[Cell, ...]:
    """A text that the one who did not sign the transaction signed."""
    return (
        cell("value", "", proof, Sets(U1)),
        cell("value", "of another text", signed_text(4, "Hello"), UNPROVED),
        unsent(UNPROVED),
        null(UNPROVED),
        cell("empty", "", {}, UNPROVED),
        *others(IS_OBJECT, UNPROVED),
    )


def spare(proof: dict[str, str]) -> tuple[Cell, ...]:
    """A text of the one who signed the transaction: not needed, and if it is sent it has to be right."""
    return (
        cell("value", "", proof, KEEPS),
        cell("value", "of another text", signed_text(1, "Hello"), UNPROVED),
        unsent(),
        null(KEEPS),
        cell("empty", "", {}, UNPROVED),
        *others(IS_OBJECT, UNPROVED),
    )


ASSIGNED = "dashboard_wallet_users.user_id"
DASHBOARD_ROW: dict[type[Row], tuple[Any, ...]] = {DashboardWalletRow: (W4,)}
DASHBOARD_CREATE = Pair(
    "DashboardWalletUser/Create",
    U1,
    0,
    (
        Field("wallet", ASSIGNED, dashboard(Sets(U1), UNPROVED)),
        Field("wallet_signature", ASSIGNED, needed(BY_WALLET["wallet_signature"])),
        Field("user_signature", "", spare(BY_USER["user_signature"])),
    ),
    base=BY_WALLET,
    rows=DASHBOARD_ROW,
    is_new=True,
)
DASHBOARD_CREATE_BY_WALLET = Pair(
    "DashboardWalletUser/Create, signed by the dashboard wallet",
    U1,
    0,
    (
        Field("user_signature", ASSIGNED, needed(BY_USER["user_signature"])),
        Field("wallet_signature", "", spare(BY_WALLET["wallet_signature"])),
    ),
    base=BY_USER,
    rows=DASHBOARD_ROW,
    by=W4,
    is_new=True,
)


def _assigned(world: World) -> None:
    world.put(DashboardWalletRow(wallet=W4, user_id=U1, **STAMPED))


DASHBOARD_DELETE = Pair(
    "DashboardWalletUser/Delete",
    U1,
    0,
    (
        Field(
            "wallet",
            "dashboard_wallet_users.is_delete",
            dashboard(Sets(True), Code.NOT_FOUND),
            held=False,
        ),
    ),
    base={"wallet": W4},
    rows=DASHBOARD_ROW,
    stage=_assigned,
)


def shown() -> tuple[Cell, ...]:
    """An object; an empty one shows nothing."""
    no = Code.METADATA_INVALID
    sample = {"order": ["x"]}
    return (
        cell("value", "", sample, Sets(sample)),
        unsent(no),
        null(no),
        cell("empty", "", {}, Sets({})),
        *others(IS_OBJECT, no),
        cell("too long", "", {"order": ["x" * 250_000]}, Code.DOCUMENT_TOO_LARGE),
        cell("NUL, surrogates", "", {"a\0": "b\ud800"}, Sets({"a": "b"})),
        cell("emoji", "", {"😀": "😀"}, Sets({"😀": "😀"})),
    )


def shows() -> tuple[Cell, ...]:
    """Whether there is anything in it."""
    return (cell("value", "", {"order": ["x"]}, Sets(True)), cell("empty", "", {}, Sets(False)))


def collectibles(action: str, *, is_new: bool) -> Pair:
    """Return a pair that arranges a user's collectibles."""
    also = ("users.has_collectibles", "users.updated_at", *(f"users.{name}" for name in STAMP))
    return Pair(
        f"Collectibles/{action}",
        U1,
        0,
        (
            Field("collectibles", "collectibles.data", shown(), also=also, held=ABSENT if is_new else {"o": 1}),
            Field(
                "collectibles, any of them",
                "users.has_collectibles",
                shows(),
                held=True,
                also=(*also, "collectibles.data"),
            ),
        ),
        base={"collectibles": {"order": ["z"]}},
        rows={CollectiblesRow: (U1,), UserRow: (U1,)},
        stage=None if is_new else _shown,
        is_new=is_new,
    )


def _shown(world: World) -> None:
    before = with_zone(STAMPED["created_at"])
    world.put(
        CollectiblesRow(user_id=U1, data={"o": 1}, blockhash="bb", blocknumber=9, created_at=before, updated_at=before)
    )


PAIRS = (
    *(WALLET_CREATE, WALLET_DELETE, DASHBOARD_CREATE, DASHBOARD_CREATE_BY_WALLET, DASHBOARD_DELETE),
    collectibles("Create", is_new=True),
    collectibles("Update", is_new=False),
)
