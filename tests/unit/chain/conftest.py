from types import ModuleType

import pytest

from backbeat.chain.native import NativeReader, reader_of
from builders.reading import Reads, build, what_is_missing


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The reader of blocks in C, compiled."""
    if missing := what_is_missing():
        pytest.skip(missing)
    return build(tmp_path_factory.mktemp("native"))


@pytest.fixture(scope="session")
def native_reader(native: ModuleType) -> NativeReader:
    reader = reader_of(native)
    assert reader is not None
    return reader


@pytest.fixture(scope="session", params=["python", "native"])
def reads(request: pytest.FixtureRequest) -> Reads:
    """Each reader of blocks in turn."""
    return Reads(request.getfixturevalue("native_reader") if request.param == "native" else None)
