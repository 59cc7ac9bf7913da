"""What tells acts, by area. Importing this package imports every module in it, and so registers every teller."""

from importlib import import_module
from pkgutil import iter_modules

from backbeat.index.acts.act import Act, acts_of

__all__ = ["Act", "acts_of"]

for module in iter_modules(__path__, f"{__name__}."):
    import_module(module.name)
