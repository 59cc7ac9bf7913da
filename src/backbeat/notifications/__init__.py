"""The kinds of notifications that the program makes: those that the modules in this folder list, area by area."""

from importlib import import_module
from pkgutil import iter_modules

from backbeat.notifications.kind import Kind

NOTIFICATIONS: tuple[Kind, ...] = tuple(
    kind
    for module in iter_modules(__path__, f"{__name__}.")
    for kind in getattr(import_module(module.name), "KINDS", ())
)
