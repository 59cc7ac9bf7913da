"""Who may stream or download: the conditions that a payload sets (domain: chain and entities, 5.2.5 and 5.3.5)."""

from typing import Any

from backbeat.index.payload.metadata import Payload
from backbeat.index.reject import Code, Reject

GATING_KEYS = ("is_stream_gated", "is_download_gated", "stream_conditions", "download_conditions")


def is_gated(payload: Payload) -> bool:
    """Tell whether the payload asks for a gate."""
    return payload.get("is_stream_gated") is True or payload.get("is_download_gated") is True


def check_track_gates(payload: Payload) -> None:
    """Reject gates that contradict themselves; conditions without a gate are stored unread."""
    if is_gated(payload) and payload.get("stem_of") is not None:
        raise Reject(Code.GATING_INVALID, "stem_of")
    if payload.get("is_stream_gated") is True:
        check_stream_gate(payload)
        if payload.get("is_download_gated") is not True:
            raise Reject(Code.GATING_INVALID, "is_download_gated")
        if payload.get("download_conditions") != payload["stream_conditions"]:
            raise Reject(Code.GATING_INVALID, "download_conditions")
    elif payload.get("is_download_gated") is True:
        _check_conditions(payload, "download_conditions")


def check_stream_gate(payload: Payload) -> None:
    """Reject a stream gate without exactly one sound condition."""
    if payload.get("is_stream_gated") is True:
        _check_conditions(payload, "stream_conditions")


def with_split_list(conditions: Payload, owner_id: int) -> Payload:
    """Return conditions in today's form: old clients' split objects, whose payees are unreadable, go to the owner."""
    purchase = conditions.get("usdc_purchase")
    if not isinstance(purchase, dict) or not isinstance(purchase.get("splits"), dict):
        return conditions
    return {**conditions, "usdc_purchase": {**purchase, "splits": [{"user_id": owner_id, "percentage": 100.0}]}}


def _check_conditions(payload: Payload, field: str) -> None:
    conditions = payload.get(field)
    if not isinstance(conditions, dict) or len(conditions) != 1:
        raise Reject(Code.GATING_INVALID, field)
    if "usdc_purchase" in conditions and not _has_splits(conditions["usdc_purchase"]):
        raise Reject(Code.GATING_INVALID, field)


def _has_splits(purchase: Any) -> bool:
    splits = purchase.get("splits") if isinstance(purchase, dict) else None
    return isinstance(splits, list | dict) and bool(splits)
