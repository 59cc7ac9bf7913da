import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from backbeat import masking
from backbeat.errors import ConfigError
from backbeat.observe import logs
from backbeat.settings import ChainSettings, DatabaseSettings, JobsSettings, Settings
from backbeat.settings_layers import flat

SECRET = "hunter2"  # noqa: S105 - made up


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    masking.keep(())


TEXTS = (
    "postgresql://me:hunter2@host/db",
    "postgres://me:hunter2@host/db",
    "postgresql+asyncpg://me:hunter2@a:1,b:2/db?x=1",
    "postgresql://:hunter2@host/db",
    "postgresql://me:a@hunter2@host/db",
    "postgresql://me:a/hunter2@host/db",
    "postgresql://me:hunter2%40x@host/db",
    "postgresql://host/db?user=me&password=hunter2",
    "postgresql://host/db?pass%77ord=hunter2",
    "postgresql://host/db?sslpassword=hunter2&sslmode=require",
    "postgresql://host/db?passfile=/home/hunter2/.pgpass",
    "postgresql://host/db?oauth_client_secret=hunter2;x=1",
    "postgresql://host/db?scram_client_key=hunter2",
    "host=h password=hunter2 dbname=d",
    "host=h password = 'hunter2' dbname=d",
    "password='a b hunter2' host=h",
    r"password='it\'s hunter2' host=h",
    r"password=it\ hunter2 host=h",
    "password=a,b;hunter2) host=h",
    "password='never closed hunter2",
    "sslpassword=hunter2",
    "passfile=/hunter2",
    "PGPASSWORD=hunter2 psql",
    "BACKBEAT_WEB_TOKEN=hunter2",
    "{'password': 'hunter2', 'host': 'h'}",
    '{"password":"hunter2","host":"h"}',
    "grpcs://hunter2@node:443",
    "grpcs://me:hunter2@node:443",
    "https://node/rpc?api_key=hunter2",
    "https://node/rpc?access-token=hunter2",
    "Authorization: Bearer hunter2-hunter2",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_secret_is_masked_by_its_form(text: str) -> None:
    told = masking.mask(f"it failed: {text} (see the log)")
    assert SECRET not in told
    assert masking.MASK in told


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me@host:5432/db?sslmode=require&pool_max_conns=40",
        "host=h dbname=d user=me",
        "Send `Authorization: Bearer TOKEN` with the token of the setting web.token.",
        "Set web.token to at least 16 random characters, or web.host to 127.0.0.1.",
        "grpc://node:50051",
        "password authentication failed for user",
        "backbeat jobs history trending.tracks",
        "at https://host/a?x=1&y=me@here",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masking.mask(text) == text


@pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("postgresql://me:hunter2@host/db", "hunter2"),
        ("postgresql://me:hunt%40er2@host/db", "hunt@er2"),
        ("postgresql://me:hunter 2@host/db", "hunter 2"),
        ("postgresql://me:hunt/er2@host/db", "hunt/er2"),
        ("postgresql://me:hunt?er2@host/db", "hunt?er2"),
        ("postgresql://host:5432/db?password=hunter%202&application_name=a@b", "hunter 2"),
        ("postgresql://host/db?password=hunter2#x", "hunter2"),
        (r"host=h password='it\'s' dbname=d", "it's"),
        (r"host=h password=it\ is dbname=d", "it is"),
        ("host=h sslpassword=hunter2", "hunter2"),
        ("grpcs://key-of-mine@node:443", "key-of-mine"),
        ("https://node/?token=hunter2", "hunter2"),
    ],
)
def test_the_secret_of_an_address_is_found_and_masked_in_every_spelling(address: str, secret: str) -> None:
    assert secret in masking.secrets_in(address)
    settings = Settings(database=DatabaseSettings(url=address))
    masking.keep(logs.secrets_of(settings))
    for text in (secret, repr(secret), quote(secret, safe=""), quote_plus(secret), address):
        assert secret not in masking.mask(f"could not connect: <{text}>")


@pytest.mark.parametrize("prefix", ["", "0x"])
def test_the_key_of_the_delegate_is_masked_in_every_spelling(prefix: str) -> None:
    key = "aB" * 32
    settings = Settings(jobs=JobsSettings(delegate_private_key=f"{prefix}{key}"))
    masking.keep(logs.secrets_of(settings))
    for text in (key, f"0x{key}", key.lower(), key.upper(), repr(key)):
        assert "ab" not in masking.mask(f"could not sign with <{text}>").lower()
    assert flat(settings)["jobs.delegate_private_key"] == masking.MASK


@pytest.mark.parametrize(
    "address", ["postgresql://me@host:5432/db", "host=h dbname=d", "postgresql://h/d?user=a@b", ""]
)
def test_an_address_without_a_secret_has_none(address: str) -> None:
    assert masking.secrets_in(address) == ()


def test_every_setting_that_holds_a_secret_is_masked() -> None:
    settings = Settings(
        database=DatabaseSettings(url="host=h password=hunter2"),
        chain=ChainSettings(node_url="grpcs://hunter2@node:443"),
    )
    told = flat(settings)
    assert told["database.url"] == "***"
    assert told["chain.node_url"] == "grpcs://***@node:443"
    assert "hunter2" not in str(told)
    assert flat(settings, masked=False)["chain.node_url"] == "grpcs://hunter2@node:443"


def test_an_error_of_ours_never_holds_a_secret() -> None:
    error = ConfigError("x", "cannot use postgresql://me:hunter2@host/db", cure="not password=hunter2")
    assert "hunter2" not in f"{error} {error.args} {error.message} {error.cure}"


def test_the_password_in_the_environment_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "open sesame")
    assert masking.secrets_of_environment() == ("open sesame",)
    logs.configure(Settings().log)
    assert "sesame" not in masking.mask("it was open sesame, or open%20sesame, or open+sesame")


def test_a_hostile_text_costs_time_by_its_length() -> None:
    begun = time.process_time()
    for text in ("a-", "postgres://a:", "password", "password  ", "&a;", "?token", "basic ", "a:b@", "x://", "'\\"):
        masking.mask(text * (200_000 // len(text)))
    assert time.process_time() - begun < 30


DEFECT = """
import sys
from backbeat.cli import main, version
async def broken(loaded):
    raise RuntimeError("lost " + loaded.settings.database.url + " and sesame sesame")
version.version = version.verb(broken)
main.main()
"""


def test_a_traceback_shows_no_secret(tmp_path: Path) -> None:
    environ = os.environ | {"BACKBEAT_DATABASE_URL": "postgresql://me:hunt er2@host/db", "PGPASSWORD": "sesame sesame"}
    ended = subprocess.run(
        [sys.executable, "-c", DEFECT, "version"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 70
    assert "RuntimeError: lost" in ended.stderr
    assert "er2" not in ended.stderr
    assert "sesame" not in ended.stderr.split("RuntimeError: lost")[1]


@pytest.mark.parametrize("address", ["jdbc:postgresql:d?user=u&password=S3cret99", "user=u;password=S3cret99;host=h"])
def test_a_secret_in_an_address_that_is_none_is_one_too(address: str) -> None:
    assert "S3cret99" in masking.secrets_in(address)
