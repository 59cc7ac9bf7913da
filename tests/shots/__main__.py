"""``python -m shots --into FOLDER``: every scene in terminals of two sizes and on pages of three widths, and an index.

Needs tmux, psql and Chromium. ``--only`` takes some scenes alone.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from browser.chromium import chromium, program
from clusters import cluster_folder

from shots.camera import BRIEF, LOOKS, Camera, Look
from shots.index_page import as_html, as_markdown
from shots.scenes import SCENES, Scene
from shots.stage import UP, Instance, Stage, stage
from shots.terminal import SIZES, terminal


def main() -> int:
    """Take what is asked for; return 1 where a program is missing."""
    options = _options()
    missing = [name for name in ("tmux", "psql") if shutil.which(name) is None]
    if program() is None:
        missing.append("chromium")
    if missing:
        sys.stderr.write(f"This machine lacks {', '.join(missing)}.\n")
        return 1
    chosen = [scene for scene in SCENES if scene.name in (options.only or [each.name for each in SCENES])]
    options.into.mkdir(parents=True, exist_ok=True)
    with cluster_folder() as folder, stage(folder, SIZES[0]) as shared:
        asyncio.run(_take(chosen, shared, options.into.resolve(), BRIEF if options.brief else LOOKS))
    return 0


async def _take(scenes: list[Scene], shared: Stage, into: Path, looks: Sequence[Look]) -> None:
    async with chromium() as tab:
        camera = Camera(tab, into)
        for scene in scenes:
            for size in SIZES:
                sys.stderr.write(f"{scene.name} {size}\n")
                with scene.state(shared, size) as instance:
                    await camera.terminal(scene.name, UP, instance.terminal)
                    if size is SIZES[0]:
                        await _pages(camera, scene, instance, looks)
                    await _verbs(camera, scene, instance)
    (into / "index.html").write_text(as_html(camera.shots))
    (into / "index.md").write_text(as_markdown(camera.shots))


async def _pages(camera: Camera, scene: Scene, instance: Instance, looks: Sequence[Look]) -> None:
    for path in scene.paths:
        for look in looks:
            await camera.page(scene.name, instance.url, path, look)


async def _verbs(camera: Camera, scene: Scene, instance: Instance) -> None:
    for verb in scene.verbs:
        with terminal(instance.terminal.size, instance.environ) as window:
            window.type(verb)
            if verb.endswith("--watch"):
                window.until("●")
            else:
                window.until_prompt()
            await camera.terminal(scene.name, verb, window)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shots", description=__doc__)
    parser.add_argument("--into", type=Path, required=True, help="a folder for the pictures")
    parser.add_argument("--only", nargs="*", choices=[scene.name for scene in SCENES], help="these scenes alone")
    parser.add_argument("--brief", action="store_true", help="each page in three looks instead of nine")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
