"""Entity handlers: pure functions from a transaction and what is known to changed rows.

Each folder here is an area. Importing this package imports every module in it, and so registers every handler: a new
one needs no entry in any list.
"""

from importlib import import_module
from pkgutil import walk_packages

from backbeat.index.wire.routing import MIGRATIONS, ROUTES, find_migration, find_route

__all__ = ["MIGRATIONS", "ROUTES", "find_migration", "find_route"]

for module in walk_packages(__path__, f"{__name__}."):
    import_module(module.name)
