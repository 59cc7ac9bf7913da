"""The figures of all benchmarks, for people as a table and for programs as JSON."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from rich.console import Console
from rich.table import Table

from bench.figure import Figure

Results = Mapping[str, Sequence[Figure]]


def as_json(results: Results) -> str:
    """Return one object: what machine it was, and by benchmark the figures' summaries."""
    figures = {name: [figure.summary() for figure in each] for name, each in results.items()}
    return msgspec.json.encode({"machine": _machine(), "figures": figures}).decode()


def show(name: str, figures: Sequence[Figure], console: Console) -> None:
    """Print one benchmark's table, and what machine it was."""
    table = Table(title=name.replace("_", " "), title_justify="left", title_style="bold")
    table.add_column("figure")
    for heading in ("min", "median", "max"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    table.add_column("budget")
    for figure in figures:
        spread = (min(figure.values), figure.median, max(figure.values))
        mark = {None: "", True: "[green]kept[/] ", False: "[red]missed[/] "}[figure.is_kept]
        table.add_row(figure.name, *map(_number, spread), figure.unit, mark + figure.budget)
    console.print(table)
    console.print(", ".join(f"{key} {value}" for key, value in _machine().items()), style="dim")


def _machine() -> dict[str, str | float]:
    load = round(os.getloadavg()[0], 1)  # of everybody on the machine: more than the processors means noise
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "processors": os.cpu_count() or 0, "load": load}


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
