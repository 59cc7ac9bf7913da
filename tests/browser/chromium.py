"""A headless Chromium that is told what to do over a pipe, without any library for it.

Messages are JSON with a NUL behind each, of the Chrome DevTools Protocol.
"""

import asyncio
import base64
import itertools
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from builders.waiting import eventually

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
ON_PIPES = """
import os, sys
reads, writes = os.dup({}), os.dup({})
os.dup2(reads, 3)
os.dup2(writes, 4)
os.set_inheritable(3, True)
os.set_inheritable(4, True)
os.execv(sys.argv[1], sys.argv[1:])
"""
KEYS = {"Tab": 9, "Enter": 13}
ANSWER_SECONDS_MAX = 60.0
MESSAGE_BYTES_MAX = 2**25  # a screenshot of a long page has some megabytes


def program() -> str | None:
    """Return the browser's path, None where there is none."""
    return next((found for found in map(shutil.which, PROGRAMS) if found), None)


class Tab:
    """One page of the browser."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._session: str | None = None

    async def open(self) -> None:
        """Open an empty page."""
        target = await self.do("Target.createTarget", url="about:blank")
        attached = await self.do("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        await self.do("Page.enable")

    async def do(self, method: str, **values: Any) -> dict[str, Any]:
        """Ask for one thing and return its result; events are passed over."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": values}
        if self._session:
            message["sessionId"] = self._session
        self._writer.write(msgspec.json.encode(message) + b"\0")
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            while True:
                answer = msgspec.json.decode((await self._reader.readuntil(b"\0"))[:-1])
                if answer.get("id") == number:
                    break
        assert "error" not in answer, answer
        found: dict[str, Any] = answer["result"]
        return found

    async def evaluate(self, script: str) -> Any:
        """Return what a script comes to, in the page."""
        found = await self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def look(self, width: int, *, dark: bool = False, scripts: bool = True) -> None:
        """Be so wide, dark or light, with scripts or without, from the next page on."""
        await self.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.do("Emulation.setEmulatedMedia", features=[scheme])
        await self.do("Emulation.setScriptExecutionDisabled", value=not scripts)

    async def go(self, url: str) -> None:
        """Load a page, until all of it is there."""
        await self.do(
            "Page.setBypassCSP", enabled=True
        )  # for what a test asks of the page, not for what it does itself
        await self.do("Page.navigate", url=url)
        await self.until(f"document.readyState === 'complete' && location.href === '{url}'")

    async def until(self, script: str) -> None:
        """Wait until a script comes to something true."""

        async def is_true() -> bool:
            return bool(await self.evaluate(script))

        assert await eventually(is_true), script

    async def press(self, key: str) -> None:
        """Press and release a key: Tab, Enter."""
        code = KEYS[key]
        values = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.do("Input.dispatchKeyEvent", type="keyDown", **values, **text)
        await self.do("Input.dispatchKeyEvent", type="keyUp", **values)

    async def picture(self, width: int, height: int) -> bytes:
        """Return so much of the page as a PNG, from its top left corner."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        taken = await self.do("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(taken["data"])


@asynccontextmanager
async def chromium() -> AsyncIterator[Tab]:
    """Start the browser with one empty page, and end it."""
    path = program()
    assert path is not None
    to_read, to_write = os.pipe(), os.pipe()  # of the browser: it reads on 3 and writes on 4
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            ON_PIPES.format(to_read[0], to_write[1]),
            path,
            *FLAGS,
            f"--user-data-dir={profile}",
            pass_fds=(to_read[0], to_write[1]),
            stderr=asyncio.subprocess.DEVNULL,
        )
        os.close(to_read[0])
        os.close(to_write[1])
        try:
            tab = Tab(await _reader(to_write[0]), await _writer(to_read[1]))
            await tab.open()
            yield tab
        finally:
            if browser.returncode is None:
                browser.kill()
            await browser.wait()


async def _reader(number: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=MESSAGE_BYTES_MAX)
    pipe = os.fdopen(number, "rb", 0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


async def _writer(number: int) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(number, "wb", 0)
    transport, protocol = await loop.connect_write_pipe(lambda: asyncio.streams.FlowControlMixin(loop=loop), pipe)
    return asyncio.StreamWriter(transport, protocol, None, loop)
