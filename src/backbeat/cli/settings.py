"""`backbeat settings`: every value and where it came from."""

import msgspec

from backbeat.app import check
from backbeat.cli.listing import Listing
from backbeat.cli.show import show
from backbeat.cli.verb import Json, print_json, verb
from backbeat.settings_layers import Loaded, flat


@verb
async def settings(loaded: Loaded, as_json: Json = False) -> None:
    """Show every setting with its value and origin; secrets are masked."""
    check(loaded.settings)
    values = flat(loaded.settings)
    origins = {name: loaded.origins.get(name, "default") for name in values}
    if as_json:
        print_json({name: {"value": value, "origin": origins[name]} for name, value in values.items()})
        return
    rows = [(name, _written(value), origins[name]) for name, value in values.items()]
    show(Listing(("Setting", "Value", "From"), rows, cut=("Value", "From")))


def _written(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
