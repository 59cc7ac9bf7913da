"""What forbids that a database is adopted: each with its code, a sentence and what to do about it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from backbeat.adopt.survey import VERSION_COLUMNS, Repeat, Survey
from backbeat.adopt.wanted import Table, Wanted
from backbeat.errors import AdoptionError
from backbeat.index.rows import ROW_TYPES
from backbeat.observe import figures

VERSION_MIN = 150_000
NAMED_MAX = 5  # a sentence that names more is not read
NOT_THE_NETWORKS = (
    "A database that an indexer made by itself, without the network's schema, cannot be adopted: index from the chain "
    "into a new database."
)
WIDENED: Mapping[tuple[str, str], str] = {("indexing_checkpoints", "last_checkpoint"): "integer"}
"""Columns that a step of the adoption gives another type, and the type that they have before."""
DROPPED_KEYS: Mapping[tuple[str, frozenset[str]], str] = {
    ("developer_apps", frozenset({"address"})): "",
    ("subscriptions", frozenset({"subscriber_id", "user_id"})): "is_current",
}
"""Unique keys that would refuse rows of ours, by table and columns, with the rows that each is of: they are dropped."""


def refusals(found: Survey, wanted: Wanted, chain_ids: Sequence[str]) -> Iterator[AdoptionError]:
    """Yield all there is; ``chain_ids`` are the chains that the settings list."""
    yield from _of_the_database(found)
    if not found.columns:
        return
    yield from _of_the_server(found)
    yield from _of_the_chain(found, chain_ids)
    for table in wanted.tables.values():
        if table.name in found.columns:
            yield from _of_columns(found, table)
            yield from _of_keys(found, table)
            yield from _of_names(found, table)
            yield from _of_replaced(found, table)
    yield from map(_repeated, _by_key(found.repeats))


def together(refused: Sequence[AdoptionError]) -> AdoptionError:
    """Return one error that names all there is, so that nobody learns of them one run after the other."""
    first, *others = refused
    if not others:
        return first
    more = "; ".join(f"[{each.code}] {each.message}" for each in others)
    return AdoptionError(
        first.code,
        f"{first.message} Also refused because of {figures.plural(len(others), 'other thing')}: {more}",
        cure=f"{first.cure} `backbeat adopt --dry-run` lists each with its own cure.",
    )


def _of_the_database(found: Survey) -> Iterator[AdoptionError]:
    if found.ours.migrations:
        yield AdoptionError(
            "adopted_already",
            f"The database {found.server.database} is Backbeat's already.",
            cure="Nothing is to be adopted: `backbeat status` shows it, `backbeat migrate` brings it to this version.",
        )
    elif not {"users", "blocks", "core_indexed_blocks"} <= found.columns.keys():
        yield AdoptionError(
            "nothing_to_adopt",
            f"The database {found.server.database} is not that of a discovery indexer: it lacks users, blocks or "
            "core_indexed_blocks.",
            cure="Name the right database with --database. An empty one is made ready by `backbeat migrate`.",
        )


def _of_the_server(found: Survey) -> Iterator[AdoptionError]:
    server = found.server
    if server.version_number < VERSION_MIN:
        yield AdoptionError(
            "server_too_old_to_adopt",
            f"The server is PostgreSQL {server.version_number // 10_000}.",
            cure="Move the database to PostgreSQL 15 or newer first.",
        )
    if server.is_standby:
        yield AdoptionError(
            "server_is_a_standby",
            "The server follows another one and can only be read.",
            cure="Name the primary with --database.",
        )
    if server.not_owned or not server.may_create:
        what = f"owns neither {_named(server.not_owned)}" if server.not_owned else "may not create schemas and tables"
        yield AdoptionError(
            "role_lacks_rights",
            f"The role {server.role} {what}.",
            cure="Connect as the role that owns the network's tables, or make ours a member of it (GRANT owner TO "
            "role), with CREATE on the database and on the schema public.",
        )


def _of_the_chain(found: Survey, chain_ids: Sequence[str]) -> Iterator[AdoptionError]:
    chains = {chain.chain_id: chain for chain in found.chains}
    if "core_indexed_blocks" not in found.columns:
        return
    if not chains:
        yield AdoptionError(
            "bookkeeping_empty",
            "core_indexed_blocks is empty, so nobody knows up to which block the database is written.",
            cure="Run the indexer that wrote it until it has indexed a block.",
        )
        return
    chosen = chosen_chain(found, chain_ids)
    if chosen is None:
        yield AdoptionError(
            "chain_not_chosen",
            f"core_indexed_blocks has blocks of {_named(list(chains))}, and the settings list "
            f"{_named(list(chain_ids)) or 'no chain'}.",
            cure="List the network's chains, the one that goes on last, in chain.chain_ids.",
        )
    elif chains[chosen].missing:
        yield AdoptionError(
            "bookkeeping_has_gaps",
            f"core_indexed_blocks lacks {figures.plural(chains[chosen].missing, 'height')} of {chosen!r} below "
            f"{chains[chosen].height}.",
            cure="Have the indexer that wrote it index them, or add their rows if the blocks were indexed.",
        )
    elif not chains[chosen].is_whole:
        yield AdoptionError(
            "last_block_incomplete",
            f"Block {chains[chosen].height} of {chosen!r} is noted in core_indexed_blocks and not written to blocks.",
            cure="Start the indexer that wrote it, and let it end with a block that is whole.",
        )


def chosen_chain(found: Survey, chain_ids: Sequence[str]) -> str | None:
    """Return the chain to go on with: the last of those listed that has blocks, or the only one; None: unclear."""
    there = {chain.chain_id for chain in found.chains}
    if chain_ids:
        return next((chain_id for chain_id in reversed(chain_ids) if chain_id in there), None)
    return next(iter(there)) if len(there) == 1 else None


def key_columns_lacking(found: Survey, table: Table) -> list[str]:
    """Return the columns that a table lacks of those by which its rows are told apart."""
    needed = {*table.primary_key} | {column.name for column in table.columns if column.name in VERSION_COLUMNS}
    return sorted(needed - found.columns[table.name].keys())


def _of_columns(found: Survey, table: Table) -> Iterator[AdoptionError]:
    there = found.columns[table.name]
    if lacking := key_columns_lacking(found, table):
        yield AdoptionError(
            "key_columns_missing",
            f"{table.name} lacks {_named(lacking)}, by which its rows are told apart.",
            cure=NOT_THE_NETWORKS,
        )
    for column in table.columns:
        now = there.get(column.name)
        is_widened = now is not None and WIDENED.get((table.name, column.name)) == now.type
        if now is not None and not is_widened and _type(now.type) != _type(column.type):
            yield AdoptionError(
                "column_type_differs",
                f"{table.name}.{column.name} is of type {now.type}, where Backbeat writes {column.type}.",
                cure=f"{NOT_THE_NETWORKS} Otherwise give the column that type.",
            )
    if table.name in {row.table for row in ROW_TYPES}:
        written = {column.name for column in table.columns}
        for name in sorted(there.keys() - written):
            if there[name].needs_value:
                yield AdoptionError(
                    "column_needs_value",
                    f"{table.name}.{name} must have a value, and Backbeat does not know the column.",
                    cure=f"Give it a default (ALTER TABLE {table.name} ALTER {name} SET DEFAULT ...), or allow NULL.",
                )


def _of_keys(found: Survey, table: Table) -> Iterator[AdoptionError]:
    for index in found.indexes.get(table.name, ()):
        definition = index.definition
        if definition is None or not definition.is_unique or not index.is_valid:
            continue
        columns = frozenset(column or "" for column in index.columns)
        if index.is_primary and columns != set(table.primary_key):
            yield AdoptionError(
                "primary_key_differs",
                f"The primary key of {table.name} is ({', '.join(map(str, index.columns))}), where the network's "
                f"schema has ({', '.join(table.primary_key)}).",
                cure=NOT_THE_NETWORKS,
            )
        elif not index.is_primary and not _is_known(table, columns, definition.predicate):
            yield AdoptionError(
                "unique_key_unknown",
                f"The unique index {index.name} on {table.name} may refuse rows that Backbeat writes.",
                cure="Drop it, if nothing needs it, and ask again.",
            )


def _is_known(table: Table, columns: frozenset[str], predicate: str) -> bool:
    """Tell whether a unique key refuses nothing that a key of ours would not, or is dropped."""
    if DROPPED_KEYS.get((table.name, columns)) == predicate:
        return True
    keys = [set(table.primary_key), *map(set, table.unique_keys)]
    keys += [set(index.definition.keys.split(",")) for index in table.indexes if index.definition.is_unique]
    return any(key <= columns for key in keys)


def _of_names(found: Survey, table: Table) -> Iterator[AdoptionError]:
    names = {index.name: index for index in found.indexes.get(table.name, ())}
    for index in table.indexes:
        there = names.get(index.name)
        if there is not None and there.is_valid and there.definition != index.definition:
            yield AdoptionError(
                "index_name_taken",
                f"An index on {table.name} is missing, and the name for it, {index.name}, is that of another.",
                cure=f"Rename what has that name (ALTER INDEX {index.name} RENAME TO ...), and ask again.",
            )


def _of_replaced(found: Survey, table: Table) -> Iterator[AdoptionError]:
    """Yield what a table that another one is put in place of would take with it."""
    there, columns = found.columns[table.name], [column.name for column in table.columns]
    if not table.is_rewritten or there.keys() >= set(columns):
        return
    bound = [*found.bound.get(table.name, ()), *(f"column {name}" for name in there if name not in columns)]
    if bound:
        yield depended_on(table.name, _named(bound))


def depended_on(table: str, what: str) -> AdoptionError:
    """Return the error for a table that cannot be replaced because of something else."""
    return AdoptionError(
        "scores_depended_on",
        f"{table} cannot be replaced, because other things are made of it or belong to it: {what}",
        cure="Drop them, ask again, and make them again afterwards.",
    )


def _by_key(repeats: Sequence[Repeat]) -> Iterator[Sequence[Repeat]]:
    """Yield what stands twice key by key, as a survey found it."""
    for _, values in groupby(repeats, key=lambda each: (each.table, each.columns)):
        yield list(values)


def _repeated(repeats: Sequence[Repeat]) -> AdoptionError:
    """Return what says of one key which of its values stand twice: a few by name, all by number."""
    first = repeats[0]
    columns, is_one = ", ".join(first.columns), first.keys == 1
    if first.txhashes:
        named = _of(first.keys, [f"({each.key}) of the transactions {_named(each.txhashes)}" for each in repeats])
        return AdoptionError(
            "current_rows_repeated",
            f"{figures.plural(first.keys, 'key')} of {first.table} {'has' if is_one else 'have'} more than one current "
            f"row, by ({columns}): {named}.",
            cure="`backbeat adopt --repair-duplicates` leaves the newest of each current and supersedes the others.",
        )
    return AdoptionError(
        "rows_repeated",
        f"{figures.plural(first.keys, 'value')} of ({columns}) {'stands' if is_one else 'stand'} in more than one row "
        f"of {first.table}: {_of(first.keys, [f'({each.key})' for each in repeats])}.",
        cure="Delete those that are wrong: which, only you can know.",
    )


def _of(count: int, named: Sequence[str]) -> str:
    """Return a few of what was found by name, and how many more there are."""
    shown = named[:NAMED_MAX]
    return "; ".join(shown) + (f"; and {count - len(shown)} more" if count > len(shown) else "")


def _type(name: str) -> str:
    """Return a type without a length; text and varchar hold the same."""
    return re.sub(r"\(\d+\)", "", name).replace("text", "character varying")


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    return ", ".join(names[:NAMED_MAX]) + more
