"""`backbeat version`."""

import platform

import backbeat
from backbeat.cli.verb import Json, print_json, verb
from backbeat.settings_layers import Loaded


@verb
async def version(_loaded: Loaded, as_json: Json = False) -> None:
    """Show the version of Backbeat and of Python."""
    if as_json:
        print_json({"backbeat": backbeat.__version__, "python": platform.python_version()})
    else:
        print(f"backbeat {backbeat.__version__}, Python {platform.python_version()}")
