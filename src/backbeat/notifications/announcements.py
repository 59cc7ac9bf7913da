"""What everybody is told (domain: chain and entities, 5.12)."""

from backbeat.notifications.kind import Kind

KINDS = (
    Kind(
        type="announcement",
        cause="the verifier announces something; the first time in a block",
        recipients="everybody; `user_ids` is empty",
        group_id="announcement:blocknumber:{block}",
        specifier="",
        data=(),
        also=("*",),
        source="index/entities/notices/announcement.py",
        test="conformance/test_notices.py",
    ),
)
