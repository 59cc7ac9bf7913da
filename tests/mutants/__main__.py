"""``make mutants``: small changes to the program, each of which should make a test of its area fail.

Each area gives a sample that the seed decides. Exits with 1 when more than one in twenty survive.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mutants.areas import NAMES, Area, area_of
from mutants.judged import as_entry, equivalents
from mutants.mutant import ROOT, Mutant, mutate, shuffled, source_files
from mutants.nearest import test_files
from mutants.python_mutants import compiles, python_mutants
from mutants.sql_mutants import parses, sql_mutants
from mutants.trial import Outcome, Trial, laboratory

COUNT = 5  # of each area; with eight areas about as long as the suite takes
KILLED_MIN = 0.95


class Candidate(NamedTuple):
    """A mutant and the area whose tests it meets."""

    mutant: Mutant
    area: Area


def main() -> int:
    """Try what is asked for; return 1 if too many survive."""
    options = _options()
    chosen = [candidate for name in options.area for candidate in _sample(name, options)[options.skip :]]
    if options.list:
        sys.stdout.writelines(f"{mutant}\n  - {mutant.before}\n  + {mutant.after}\n" for mutant, _ in chosen)
        return 0
    trials = []
    for _, area in chosen:
        test_files(area.tests)  # as they are now, and as they are copied
    with laboratory(options.reached) as at:
        for number, candidate in enumerate(chosen, 1):
            trial = at.attempt(candidate.mutant, candidate.area, thorough=options.thorough)
            trials.append((candidate.area.name, trial))
            _say(f"{number}/{len(chosen)} {trial.outcome} {trial.seconds:.0f} s {trial.mutant}   {trial.killer[:110]}")
        unsound = at.unsound
    _say("".join(f"\nfails without a change, so it was not asked: {test}" for test in unsound))
    return _report(trials)


def _sample(name: str, options: argparse.Namespace) -> list[Candidate]:
    judged = equivalents()
    found: list[Candidate] = []
    for mutant in shuffled(_mutants(name, tuple(options.paths)), options.seed):
        if len(found) == options.count and not (options.all or options.only):
            break
        if options.only and mutant.name not in options.only:
            continue
        if mutant.identity not in judged and _is_born(mutant):
            area = area_of(mutant.path)
            assert area is not None
            found.append(Candidate(mutant, area))
    return found


def _mutants(name: str, prefixes: tuple[str, ...]) -> Iterator[Mutant]:
    for path in source_files():
        area = area_of(path)
        if area is not None and area.name == name and path.startswith(prefixes or ("",)):
            make = python_mutants if path.endswith(".py") else sql_mutants
            yield from make(path, (ROOT / path).read_bytes())


def _is_born(mutant: Mutant) -> bool:
    source = mutate(mutant.original, mutant)
    return compiles(source) if mutant.path.endswith(".py") else parses(mutant.path, source)


def _report(trials: list[tuple[str, Trial]]) -> int:
    survivors = [trial.mutant for _, trial in trials if trial.outcome is Outcome.SURVIVED]
    for mutant in survivors:
        _say(f"\nsurvived: {mutant}\n{mutant.diff}\n{as_entry(mutant)}")
    counts = Counter((name, trial.outcome) for name, trial in trials)
    _say(f"\n{'area':<14}{'tried':>7}{'killed':>8}{'hung':>7}{'survived':>10}")
    for name in dict.fromkeys(name for name, _ in trials):
        killed, hung, survived = (counts[name, each] for each in (Outcome.KILLED, Outcome.HUNG, Outcome.SURVIVED))
        _say(f"{name:<14}{killed + hung + survived:>7}{killed:>8}{hung:>7}{survived:>10}")
    tried = sum(trial.outcome is not Outcome.STILLBORN for _, trial in trials)
    return int(tried - len(survivors) < KILLED_MIN * tried)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("paths", nargs="*", help="only of files whose paths begin so")
    parser.add_argument("--area", nargs="+", choices=NAMES, default=NAMES, help="only of these areas")
    parser.add_argument("--count", type=int, default=COUNT, help=f"how many of each area (default {COUNT})")
    parser.add_argument("--skip", type=int, default=0, help="so many of each area were tried before")
    parser.add_argument("--all", action="store_true", help="every one; many hours")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="these again, by the names that an earlier run printed"
    )
    parser.add_argument("--reached", type=Path, help="a file that keeps for the next run what the tests reach")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument(
        "--thorough", action="store_true", help="survivors meet the slow tests too, at their usual depth"
    )
    parser.add_argument("--list", action="store_true", help="show them, try none")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
