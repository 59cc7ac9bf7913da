"""Takes pictures of pages and of terminals, and keeps what was taken."""

import re
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple

from browser.chromium import Tab
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from shots.terminal import Terminal

HEIGHT_MAX: Final = 6_000  # of a picture, in pixels
FRAME: Final = """<!doctype html><meta charset="utf-8"><style>
html {{ background: {background}; }}
body {{ margin: 12px; width: max-content; color: {foreground}; }}
pre {{ margin: 0; font: 15px/19px "DejaVu Sans Mono", monospace; }}
</style><body><pre>{code}</pre></body>"""


class Look(NamedTuple):
    """How a reader looks at a page."""

    width: int
    dark: bool = False
    scripts: bool = True

    def __str__(self) -> str:
        return f"{self.width}-{'dark' if self.dark else 'light'}{'' if self.scripts else '-without-scripts'}"


LOOKS = tuple(
    Look(width, dark, scripts)
    for width in (1300, 768, 390)
    for dark, scripts in ((False, True), (True, True), (False, False))
)
BRIEF = (Look(1300), Look(768, dark=True), Look(390, scripts=False))


class Shot(NamedTuple):
    """A picture that was taken, and what it is of."""

    scene: str
    of: str
    how: str
    file: str
    remarks: str = ""


class Camera:
    """Takes pictures in one browser; ``shots`` has all that it took into its folder."""

    def __init__(self, tab: Tab, into: Path) -> None:
        self._tab = tab
        self._into = into
        self.shots: list[Shot] = []

    async def page(self, scene: str, url: str, path: str, look: Look) -> None:
        """Take a page as wide, and say how many pixels it overflows, if it does."""
        await self._tab.look(look.width, dark=look.dark, scripts=look.scripts)
        await self._tab.go(url + path)
        beyond = await self._tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        remarks = f"{beyond} pixels wider than the screen" if beyond > 0 else ""
        of = "-".join(re.findall(r"\w+", path)) or "first-page"
        name = f"{scene}-{of}-{look}.png"
        await self._keep(Shot(scene, f"/{path}", str(look), name, remarks))

    async def terminal(self, scene: str, of: str, terminal: Terminal) -> None:
        """Take what stands on a terminal, and keep its transcript beside the picture."""
        name = f"{scene}-{'-'.join(of.replace('/', ' ').split())}-{terminal.size}"
        coloured, transcript = terminal.colours(), terminal.transcript()
        (self._into / f"{name}.txt").write_text(transcript)
        frame = self._into / f"{name}.html"
        frame.write_text(_framed(coloured, terminal.size.columns))
        await self._tab.look(terminal.size.columns * 9 + 30, scripts=True)
        await self._tab.go(frame.as_uri())
        await self._keep(Shot(scene, of, str(terminal.size), f"{name}.png"))
        frame.unlink()

    async def _keep(self, shot: Shot) -> None:
        height = await self._tab.evaluate("document.documentElement.scrollHeight")
        width = await self._tab.evaluate("innerWidth")
        (self._into / shot.file).write_bytes(await self._tab.picture(width, min(height, HEIGHT_MAX)))
        self.shots.append(shot)


def _framed(coloured: str, columns: int) -> str:
    """Return a page that shows a terminal's text in its colours."""
    console = Console(record=True, width=columns, file=StringIO(), force_terminal=True, color_system="truecolor")
    for line in coloured.rstrip("\n").split("\n"):
        console.print(Text.from_ansi(line), soft_wrap=True)
    return console.export_html(theme=DIMMED_MONOKAI, inline_styles=True, code_format=FRAME)
