"""Texts that differ in names alone. PL/pgSQL wants names written out, otherwise it plans a statement at each call."""

from sql_files import SOURCE

TRIGGERS = SOURCE / "backbeat" / "db" / "schema" / "triggers"


def test_saves_and_reposts_are_logged_alike() -> None:
    saves, reposts = ((TRIGGERS / name).read_text(encoding="utf-8") for name in ("log_saves.sql", "log_reposts.sql"))
    assert saves.replace("save", "repost") == reposts
