"""Apps and grants that a genesis migration carries over (domain: chain and entities, 8.4)."""

from collections.abc import Iterator

from backbeat.index.entities.access.developer_app import IMAGE_URL
from backbeat.index.entities.access.developer_app import wants as wants_of_app
from backbeat.index.entities.access.grant import GRANTEE, wants
from backbeat.index.entities.access.redirect_uris import sent_redirect_uris, set_redirect_uris
from backbeat.index.payload.bounds import bounded_text
from backbeat.index.payload.metadata import Payload, boolean, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.access import DeveloperAppRow, GrantRow
from backbeat.index.state import State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.migration import carried_flag
from backbeat.index.wire.routing import migrates
from backbeat.index.wire.signer import authorize, is_active_app
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction


@migrates("DeveloperApp", "Create", wants=wants_of_app)
def create_app(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Register an app as it was: nobody signs for it again, and there may be as many as there were."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    authorize(tx, state)
    address = bounded_text(text(payload, "address").lower(), "address")
    if not address:
        raise Reject(Code.APP_SIGNATURE_INVALID, "address")
    if state.get(DeveloperAppRow, address) is not None:
        raise Reject(Code.ALREADY_EXISTS, "address")
    if not text(payload, "name"):
        raise Reject(Code.NAME_MISSING, "name")
    yield DeveloperAppRow(
        address=address,
        user_id=tx.user_id,
        name=bounded_text(text(payload, "name"), "name"),
        description=bounded_text(text(payload, "description"), "description") or None,
        image_url=_image_url(payload),
        is_personal_access=boolean(payload, "is_personal_access") is True,
        is_delete=carried_flag(payload, "is_delete"),
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **stamp(tx),
    )
    yield from set_redirect_uris(tx, address, sent_redirect_uris(payload) or [], state)


@migrates("Grant", "Create", wants=wants)
def create_grant(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Grant as it was, revoked or declined too, whether or not the grantee is still there."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    grantee = bounded_text(text(payload, GRANTEE).lower(), GRANTEE)
    if not grantee:
        raise Reject(Code.GRANTEE_MISSING, GRANTEE)
    authorize(tx, state)
    if state.get(GrantRow, grantee, tx.user_id) is not None:
        raise Reject(Code.DUPLICATE, GRANTEE)
    carried = boolean(payload, "is_approved")
    yield GrantRow(
        grantee_address=grantee,
        user_id=tx.user_id,
        is_approved=(True if is_active_app(state, grantee) else None) if carried is None else carried,
        is_revoked=carried_flag(payload, "is_revoked"),
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **stamp(tx),
    )


def _image_url(payload: Payload) -> str | None:
    url = bounded_text(text(payload, "image_url"), "image_url")
    return url if IMAGE_URL.fullmatch(url) else None
