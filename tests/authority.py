"""Who may sign what: kinds of signers, rules of authority, and what each makes of each (domain: 4.4 and 4.7)."""

from typing import Any, NamedTuple

from worst.act import OTHER

from backbeat.index.reject import Code
from builders.chain import WALLETS
from builders.proofs import app_signature

MANAGER, SECOND = 3_200_007, 3_200_008
MANAGER_KEY, SECOND_KEY, APP_KEY = 7, 8, 6
USER, MANAGES, SECONDS, APP, VERIFIER = "user", "manager", "second", "app", "verifier"
"""Whose wallet signs."""

Step = tuple[str, str, dict[str, Any]]  # who says which pair with which payload

ADDRESS_OF = {
    MANAGES: WALLETS[MANAGER_KEY].address,
    SECONDS: WALLETS[SECOND_KEY].address,
    APP: WALLETS[APP_KEY].address,
}
ASKS: Step = (USER, "Grant/Create", {"grantee_address": ADDRESS_OF[MANAGES]})
REVOKES: Step = (USER, "Grant/Delete", {"grantee_address": ADDRESS_OF[MANAGES]})
AGREES: Step = (MANAGES, "Grant/Approve", {"grantor_user_id": USER})
DECLINES: Step = (MANAGES, "Grant/Reject", {"grantor_user_id": USER})
HANDS_ON: list[Step] = [
    (MANAGES, "Grant/Create", {"grantee_address": ADDRESS_OF[SECONDS]}),
    (SECONDS, "Grant/Approve", {"grantor_user_id": MANAGES}),
]
REGISTERS: Step = ("other", "DeveloperApp/Create", {"name": "App", "app_signature": app_signature(APP_KEY)})
DELETES: Step = ("other", "DeveloperApp/Delete", {"address": ADDRESS_OF[APP]})
LETS_APP: Step = (USER, "Grant/Create", {"grantee_address": ADDRESS_OF[APP]})
STOPS_APP: Step = (USER, "Grant/Delete", {"grantee_address": ADDRESS_OF[APP]})
OFF = {"is_deactivated": True}


class Rule(NamedTuple):
    """What decides about a signer."""

    name: str
    pairs: tuple[str, ...]
    """The wire pairs; the first rule is for all that no other names."""
    signs: str
    """Who may sign, in words."""


ACCOUNT = Rule(
    "account", (), "the user, an app that the user let act, an approved manager; `Grant/Delete`: the grantee too"
)
NEWCOMER = Rule(
    "newcomer",
    ("User/Create",),
    "the signer, whose wallet becomes the user's: no other user has had it, and no app has it",
)
VERIFIES = Rule("verifier", ("User/Verify", "Notification/Create"), "the verifier of the network")
WALLET = Rule(
    "wallet",
    ("DashboardWalletUser/Create", "DashboardWalletUser/Delete"),
    "the user, or the wallet that is assigned; grants do not help",
)
RULES = (ACCOUNT, NEWCOMER, VERIFIES, WALLET)


class Kind(NamedTuple):
    """A kind of signer: how it came about, whose wallet it is, and what the rules make of it; None: it may sign."""

    steps: list[Step]
    wallet: str
    outcomes: tuple[Code | None, ...]
    """By rule, in the order of ``RULES``."""


UNAUTHORIZED, MISMATCH, IN_USE = Code.SIGNER_UNAUTHORIZED, Code.VERIFIER_MISMATCH, Code.WALLET_IN_USE
KINDS = {
    "owner": Kind([], USER, (None, None, MISMATCH, None)),
    "deactivated owner": Kind([(USER, "User/Update", OFF)], USER, (None, None, MISMATCH, None)),
    "other user": Kind([], MANAGES, (UNAUTHORIZED, IN_USE, MISMATCH, UNAUTHORIZED)),
    "approved manager": Kind([ASKS, AGREES], MANAGES, (None, IN_USE, MISMATCH, UNAUTHORIZED)),
    "unapproved manager": Kind([ASKS], MANAGES, (Code.GRANT_NOT_APPROVED, IN_USE, MISMATCH, UNAUTHORIZED)),
    "manager who declined": Kind([ASKS, DECLINES], MANAGES, (Code.GRANT_REVOKED, IN_USE, MISMATCH, UNAUTHORIZED)),
    "revoked manager": Kind([ASKS, AGREES, REVOKES], MANAGES, (Code.GRANT_REVOKED, IN_USE, MISMATCH, UNAUTHORIZED)),
    "manager asked again": Kind(
        [ASKS, AGREES, REVOKES, ASKS], MANAGES, (Code.GRANT_NOT_APPROVED, IN_USE, MISMATCH, UNAUTHORIZED)
    ),
    "deactivated manager": Kind(
        [ASKS, AGREES, (MANAGES, "User/Update", OFF)],
        MANAGES,
        (Code.GRANTEE_INVALID, IN_USE, MISMATCH, UNAUTHORIZED),
    ),
    "manager of a manager": Kind([ASKS, AGREES, *HANDS_ON], SECONDS, (UNAUTHORIZED, IN_USE, MISMATCH, UNAUTHORIZED)),
    "app": Kind([REGISTERS, LETS_APP], APP, (None, Code.WALLET_IS_APP, MISMATCH, UNAUTHORIZED)),
    "app without grant": Kind([REGISTERS], APP, (UNAUTHORIZED, Code.WALLET_IS_APP, MISMATCH, UNAUTHORIZED)),
    "revoked app": Kind(
        [REGISTERS, LETS_APP, STOPS_APP], APP, (Code.GRANT_REVOKED, Code.WALLET_IS_APP, MISMATCH, UNAUTHORIZED)
    ),
    "deleted app": Kind([REGISTERS, LETS_APP, DELETES], APP, (Code.GRANTEE_INVALID, None, MISMATCH, UNAUTHORIZED)),
    "app registered again": Kind(
        [REGISTERS, LETS_APP, DELETES, REGISTERS], APP, (None, Code.WALLET_IS_APP, MISMATCH, UNAUTHORIZED)
    ),
    "app of a manager": Kind(
        [ASKS, AGREES, REGISTERS, (MANAGES, "Grant/Create", {"grantee_address": ADDRESS_OF[APP]})],
        APP,
        (UNAUTHORIZED, Code.WALLET_IS_APP, MISMATCH, UNAUTHORIZED),
    ),
    "verifier": Kind([], VERIFIER, (UNAUTHORIZED, None, None, UNAUTHORIZED)),
}

SIGNER_CODES = {code for kind in KINDS.values() for code in kind.outcomes if code}
"""Why a signer is refused."""

ID_OF = {MANAGES: MANAGER, SECONDS: SECOND, "other": OTHER}


def rule_of(pair: str) -> Rule:
    """Return the rule that decides about a wire pair's signer."""
    return next((rule for rule in RULES if pair in rule.pairs), ACCOUNT)


def expected(kind: str, pair: str) -> Code | None:
    """Return why such a signer is refused, None if it may sign."""
    return KINDS[kind].outcomes[RULES.index(rule_of(pair))]
