from pathlib import Path

import pytest

from backbeat.chain.proto import generate


@pytest.mark.parametrize("name", generate.GENERATED)
def test_generated_stubs_are_what_core_proto_generates(name: str, tmp_path: Path) -> None:
    fresh = {path.name: path.read_text(encoding="utf-8") for path in generate.generate(tmp_path)}
    committed = Path(generate.__file__).with_name(name).read_text(encoding="utf-8")
    assert committed == fresh[name], "run `make proto`"
