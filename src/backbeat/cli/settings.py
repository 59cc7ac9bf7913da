"""`backbeat settings`: every value and where it came from."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer

from backbeat.app import check
from backbeat.cli import names
from backbeat.cli.listing import Listing
from backbeat.cli.show import show
from backbeat.cli.verb import Json, print_json, verb
from backbeat.errors import ConfigError
from backbeat.nearest import meant
from backbeat.settings_layers import Loaded, flat

Wanted = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help="Only these, as in web.port, or all of a section, as in web.",
        show_default=False,
        autocompletion=names.completed(names.settings),
    ),
]


@verb
async def settings(loaded: Loaded, wanted: Wanted = None, as_json: Json = False) -> None:
    """Show every setting with its value and origin; secrets are masked."""
    check(loaded.settings)
    values = _chosen(flat(loaded.settings), wanted or ())
    origins = {name: loaded.origins.get(name, "default") for name in values}
    if as_json:
        print_json({name: {"value": value, "origin": origins[name]} for name, value in values.items()})
        return
    rows = [(name, _written(value), origins[name]) for name, value in values.items()]
    show(Listing(("Setting", "Value", "From"), rows, cut=("Value", "From")))


def _chosen(values: dict[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """Return the settings of these names or sections, all for none. Raises ConfigError for a name that none has."""
    for name in wanted:
        if not any(_is_of(each, name) for each in values):
            raise ConfigError(
                "setting_unknown",
                f"There is no setting {name[:100]!r}.",
                cure=f"{meant(name, names.settings())}`backbeat settings` lists what there is.",
            )
    return {name: value for name, value in values.items() if not wanted or any(_is_of(name, each) for each in wanted)}


def _is_of(name: str, wanted: str) -> bool:
    return name == wanted or name.startswith(f"{wanted}.")


def _written(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
