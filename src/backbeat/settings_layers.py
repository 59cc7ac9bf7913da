"""Where settings come from. Later layers win: defaults, TOML file, environment, flags.

Environment names are ``BACKBEAT_<SECTION>_<FIELD>`` (``BACKBEAT_DATABASE_URL``, ``BACKBEAT_WEB_PORT``); top-level
fields drop the section (``BACKBEAT_DATA_DIR``). :func:`load` remembers where each value came from.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.inspect import StrType, Type

from backbeat import settings_values
from backbeat.errors import ConfigError
from backbeat.masking import MASK, mask
from backbeat.nearest import meant
from backbeat.settings import Settings

PREFIX = "BACKBEAT_"
# read by the tests, which start us with their own environment; see CONTRIBUTING.md
_OF_THE_TESTS = (
    "BACKBEAT_TEST_",
    "BACKBEAT_CHAOS_",
    "BACKBEAT_SHARED_DIR",
    "BACKBEAT_CHALLENGE_SEEDS",
    "BACKBEAT_PLAYLIST_SEEDS",
    "BACKBEAT_TRENDING_HISTORIES",
)
# what Kubernetes puts into every pod beside a service whose name begins like ours
_SERVICE_LINK = re.compile(r"BACKBEAT_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)")
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")  # as the value of NAME_PORT


class Loaded(msgspec.Struct, frozen=True):
    """Settings and, by dotted name, the layer that each value came from ("default" is not listed)."""

    settings: Settings
    origins: dict[str, str]


SECRET_FIELDS = frozenset({"web.token", "database.url", "jobs.delegate_private_key"})


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Loaded:
    """Merge the layers. ``flags`` maps dotted names to values; None values are ignored.

    Raises ConfigError naming the setting, its origin and what is allowed.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    layers = (
        (_from_file(file), f"file {file}"),
        (_from_environ(os.environ if environ is None else environ), "environment"),
        ({k: v for k, v in (flags or {}).items() if v is not None}, "flag"),
    )
    for layer, origin in layers:
        values.update(layer)
        origins.update(dict.fromkeys(layer, origin))
    values = {name: _checked(name, value, origins[name]) for name, value in values.items()}
    return Loaded(msgspec.convert(_nest(values), Settings, strict=False), origins)


def with_flags(loaded: Loaded, flags: Mapping[str, Any]) -> Loaded:
    """Return ``loaded`` with more flags on top, by dotted name; None values are ignored. Raises ConfigError."""
    given = {name: _checked(name, value, "flag") for name, value in flags.items() if value is not None}
    values = flat(loaded.settings, masked=False) | given
    origins = loaded.origins | dict.fromkeys(given, "flag")
    return Loaded(msgspec.convert(_nest(values), Settings, strict=False), origins)


def flat(settings: Settings, *, masked: bool = True) -> dict[str, Any]:
    """Return every setting by dotted name; secrets are masked unless ``masked`` is False."""
    out: dict[str, Any] = {}
    for name, value in msgspec.to_builtins(settings).items():
        if isinstance(value, dict):
            out.update({f"{name}.{key}": inner for key, inner in value.items()})
        else:
            out[name] = value
    if masked:
        out = {
            name: MASK if name in SECRET_FIELDS and value else _without_secrets(value) for name, value in out.items()
        }
    return out


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {name: _without_secrets(each) for name, each in value.items()}
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


def known_names() -> tuple[str, ...]:
    """Return the dotted name of every setting."""
    return tuple(flat(Settings()))


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            "settings_file_unreadable",
            f"Cannot read the settings file {file}: {error}",
            cure="Check its path and syntax.",
        ) from error
    out: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            out.update({f"{name}.{key}": inner for key, inner in value.items()})
        else:
            out[name] = value
    return out


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {f"{PREFIX}{name.replace('.', '_').upper()}": name for name in known_names()}
    ours = [key for key, value in environ.items() if key.upper().startswith(PREFIX) and not _is_foreign(key, value)]
    for key in ours:
        if key not in names:
            raise _unknown(f"{key} in the environment", key.upper(), names)
    return {names[key]: _parsed(names[key], environ[key]) for key in ours}


def _is_foreign(key: str, value: str) -> bool:
    """Say whether a name is the test suite's own, or Kubernetes' for a service that is called like us."""
    is_address = key.endswith("_PORT") and bool(_SERVICE_ADDRESS.match(value))
    return key.startswith(_OF_THE_TESTS) or bool(_SERVICE_LINK.fullmatch(key)) or is_address


def _parsed(name: str, value: str) -> Any:
    try:
        return settings_values.parsed(_kinds()[name], value)
    except ValueError as error:
        raise _refused(name, "environment", str(error)) from error


def _unknown(told: str, name: str, known: Iterable[str]) -> ConfigError:
    return ConfigError(
        "setting_unknown",
        f"There is no setting {told}.",
        cure=f"{meant(name, known)}`backbeat settings` lists what there is.",
    )


def is_text(value: str) -> bool:
    """Say whether a value is text: the environment and the command line pass on any bytes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _checked(name: str, value: Any, origin: str) -> Any:
    """Return a value as its field takes it. Raises ConfigError that says what is allowed, and what was given."""
    if isinstance(value, str) and not is_text(value):
        raise ConfigError(
            "setting_invalid",
            f"Setting {name} (from {origin}) is not UTF-8.",
            cure="Write it as UTF-8, or leave it out.",
        )
    if name not in known_names():
        raise _unknown(f"{name} (from {origin})", name, known_names())
    kind = _kinds()[name]
    value = settings_values.understood(kind, value)
    try:
        msgspec.convert(_nest({name: value}), Settings, strict=False)
        is_good = settings_values.is_finite(value) or isinstance(kind, StrType)
    except (msgspec.ValidationError, ValueError):
        is_good = False
    if not is_good:
        raise _refused(name, origin, settings_values.why_not(value, secret=name in SECRET_FIELDS))
    return value


def _refused(name: str, origin: str, why: str) -> ConfigError:
    return ConfigError(
        "setting_invalid",
        f"Setting {name} (from {origin}) cannot be used: {why}.",
        cure=f"It takes {settings_values.allowed(_kinds()[name])}. `backbeat settings` shows what is set, and where.",
    )


@cache
def _kinds() -> Mapping[str, Type]:
    return settings_values.kinds(Settings)


def _nest(values: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in values.items():
        section, _, field = name.rpartition(".")
        if section:
            tree.setdefault(section, {})[field] = value
        else:
            tree[field] = value
    return tree
