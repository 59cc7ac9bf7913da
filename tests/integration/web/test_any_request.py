"""Whatever is asked of an endpoint, the answer is one that was meant: never a defect, and 400 names the parameter."""

import itertools
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from psycopg import AsyncConnection

from backbeat.api.endpoint import Endpoint
from backbeat.api.routes import RESOURCES
from builders.indexed import seed, seed_rejected

TOKEN = "a-long-operator-token"  # noqa: S105 - made up, as in conftest
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
ENDPOINTS: list[Endpoint[Any]] = [endpoint for resource in RESOURCES for endpoint in resource.ENDPOINTS]
TEXTS = (
    "", "0", "1", "-1", "+1", "1.5", "1e3", " 1", "1 ", "0x10", "1_0", "\u0663",
    "\u00b9", "nan", "true", "null", "[]", "{}",
    "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "9" * 40, "a" * 500,
    "1.0.-1", "1.0.2147483647", "9223372036854775807.2147483647.2147483647", "1.0.-2",
    "\u0661.\u0660.\u0660", "1.0", "..", "1.0.0.0",
    "listen_streak_reminder", "naïve", "\U0001f3b5", "'; SELECT 1 --", "%s", "%(limit)s", "../../etc/passwd",
)  # fmt: skip
BROKEN = ("%", "%zz", "%00", "%0a", "%ff", "%c3%28", "%ed%a0%80", "%f5%80%80%80", "%C0%80")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW")
MEANT = {200, 202, 204, 400, 401, 404, 405, 409, 413, 414, 503}  # 503: not healthy


def queries(endpoint: Endpoint[Any]) -> list[tuple[str, str | None]]:
    """Return paths with queries, and the parameter that the answer has to name, if it is a matter of course."""
    names = [name for name in endpoint.parameters.__struct_fields__ if f"{{{name}}}" not in endpoint.path]
    written = [quote(text, safe="") for text in TEXTS] + list(BROKEN)
    path = endpoint.path.format(name="listen_streak_reminder", position="1.0.-1")
    found: list[tuple[str, str | None]] = [(path, None), (f"{path}?", None), (f"{path}?&&=&;", None)]
    for name, text in itertools.product([*names, "unknown"], written):
        found.append((f"{path}?{name}={text}", None))
    found += [(f"{path}?{name}=1&{name}=1", name) for name in names]
    found += [(f"{path}?{name}", None) for name in names]
    if "{" in endpoint.path:
        head, _, tail = endpoint.path.partition("{")
        found += [(f"{head}{text}{tail.partition('}')[2]}", None) for text in written]
    return found


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.path)
async def test_no_request_meets_a_defect(
    client: httpx.AsyncClient, connection: AsyncConnection[Any], endpoint: Endpoint[Any]
) -> None:
    await seed(connection)
    await seed_rejected(connection, 3)
    for path, name in queries(endpoint):
        answer = await client.request("POST" if endpoint.acts else "GET", path, headers=AUTHORIZED)
        assert answer.status_code in MEANT, (path, answer.status_code, answer.text[:200])
        if name is not None:
            assert (answer.status_code, answer.json()["message"]) == (400, f"The parameter {name} is given twice.")
        elif answer.status_code == 400:
            assert answer.json()["code"] == "parameter_invalid"
    path = endpoint.path.format(name="listen_streak_reminder", position="1.0.-1")
    for method in METHODS:
        answer = await client.request(method, path, content=b"\x00" * 100, headers={"Range": "bytes=9-1"})
        meant = {"POST"} if endpoint.acts else {"GET", "HEAD"}
        assert (answer.status_code == 405) == (method not in meant), (method, answer.status_code)
        assert answer.status_code in MEANT
