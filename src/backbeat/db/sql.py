"""SQL lives in ``.sql`` files beside the Python that binds it; this module fetches it.

Call :func:`load` and :func:`compose` while a module is imported: a missing file or placeholder fails there.
"""

from functools import cache
from importlib.resources import files
from typing import LiteralString

from psycopg.sql import SQL, Composable, Composed, Identifier

Name = str | tuple[str, ...] | Composable


@cache
def load(package: str, name: str) -> LiteralString:
    """Return the text of the file ``name`` in ``package``; values in it are bound, never pasted.

    Raises FileNotFoundError when the package has no such file.
    """
    return files(package).joinpath(name).read_text(encoding="utf-8")


def compose(package: str, name: str, /, **identifiers: Name) -> Composed:
    """Return the template ``name`` with each ``{placeholder}`` filled in.

    A string becomes a quoted identifier, a tuple a qualified one (``("backbeat", "cursor")``), and a
    ``Composable`` stands as it is. Literal braces are doubled in the file. Raises KeyError for a placeholder
    without a value.
    """
    return SQL(load(package, name)).format(**{key: _composable(value) for key, value in identifiers.items()})


def rendered(package: str, name: str, /, **identifiers: Name) -> bytes:
    """Return the same as bytes: what is asked at every tick is not put together again each time."""
    return compose(package, name, **identifiers).as_bytes()


def _composable(value: Name) -> Composable:
    if isinstance(value, Composable):
        return value
    return Identifier(value) if isinstance(value, str) else Identifier(*value)
