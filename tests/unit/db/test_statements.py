import pytest

from backbeat.db.statements import split


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("", []),
        (" ;; -- nothing\n ; /* at all */ ", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';'; SELECT 'it''s;'", ["SELECT ';'", "SELECT 'it''s;'"]),
        (r"SELECT E'\';'; SELECT 2", [r"SELECT E'\';'", "SELECT 2"]),
        (r"SELECT '\'; SELECT 2", [r"SELECT '\'", "SELECT 2"]),
        ('SELECT 1 AS "a;b"; SELECT 2', ['SELECT 1 AS "a;b"', "SELECT 2"]),
        ("SELECT $$a;b$$; SELECT $x$ $$;$$ $x$", ["SELECT $$a;b$$", "SELECT $x$ $$;$$ $x$"]),
        ("SELECT a$1 FROM t; SELECT $1;", ["SELECT a$1 FROM t", "SELECT $1"]),
        ("SELECT 1 -- no; end\n; SELECT 2", ["SELECT 1 -- no; end", "SELECT 2"]),
        ("SELECT /* a /* nested; */ one; */ 1; SELECT 2", ["SELECT /* a /* nested; */ one; */ 1", "SELECT 2"]),
    ],
)
def test_a_script_is_cut_where_postgresql_would(script: str, statements: list[str]) -> None:
    assert list(split(script)) == statements
