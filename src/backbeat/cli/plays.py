"""`backbeat plays`: plays that are gone, and whether what counted them can be computed again."""

import typer

from backbeat.cli.connection import connect
from backbeat.cli.groups import Group
from backbeat.cli.show import check_lines, show, table
from backbeat.cli.verb import DryRun, Json, print_json, verb
from backbeat.derived.plays import gone
from backbeat.incremental.transaction import Session
from backbeat.observe import figures, health
from backbeat.observe.pruned import read_pruned
from backbeat.settings_layers import Loaded

app = typer.Typer(
    cls=Group,
    help="Plays that are gone: how many, and whether what counted them can be computed again.",
    no_args_is_help=True,
)


@verb
async def show_plays(loaded: Loaded, as_json: Json = False) -> None:
    """Show how many plays were pruned, by whom, and whether all are summed up."""
    async with connect(loaded, start=True) as connection:
        pruned = await read_pruned(connection)
    if as_json:
        print_json(pruned)
        return
    rows = [
        ("pruned", figures.count(pruned.plays)),
        ("by another program", figures.count(pruned.foreign_plays)),
        ("last by another program", figures.moment(pruned.foreign_at)),
        ("up to", figures.moment(pruned.until)),
    ]
    show(table(("plays", ""), rows), check_lines(health.check_plays(pruned)))


@verb
async def accept(loaded: Loaded, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Go by what hours and listening histories say of plays that nobody summed up, so that both can be rebuilt."""
    async with connect(loaded, start=True) as connection:
        if dry_run:
            found = await gone.find_lost(connection)
            told = f"Would sum up what {figures.plural(found.lost_hours, 'hour')} and listening histories say."
            if as_json:
                print_json({"dry_run": True, "hours": found.lost_hours})
            else:
                show(told if found.are_lost else "No plays are gone that nobody summed up: nothing to do.")
            return
        accepted = await gone.accept(Session(connection))
    if as_json:
        print_json({"dry_run": False, "hours": accepted.hours, "listens": accepted.listens})
    else:
        hours, listens = figures.plural(accepted.hours, "hour"), figures.count(accepted.listens)
        show(f"Summed up what {hours} and {listens} entries of listening histories say of plays that are gone.")


app.command("show")(show_plays)
app.command("accept")(accept)
