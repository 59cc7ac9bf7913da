"""One page that shows all pictures, scene by scene."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from shots.camera import Shot
from shots.scenes import SCENES

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>What people see</title><style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 24px; }
.row { display: flex; gap: 16px; overflow-x: auto; align-items: start; }
figure { margin: 0; flex: none; } img { width: 420px; border: 1px solid #bbb; } .bad { color: #b42318; }
</style><h1>What people see</h1>"""


def as_html(shots: Sequence[Shot]) -> str:
    """Return the page."""
    return HEAD + "".join(_sections(shots))


def as_markdown(shots: Sequence[Shot]) -> str:
    """Return the same as a list."""
    said = {scene.name: scene.says for scene in SCENES}
    lines = ["# What people see", ""]
    for scene, of_scene in groupby(shots, key=lambda shot: shot.scene):
        lines += [f"## {scene}", "", said[scene], ""]
        lines += [
            f"* [{shot.file}]({shot.file}): `{shot.of}`, {shot.how}{f', **{shot.remarks}**' if shot.remarks else ''}"
            for shot in of_scene
        ]
        lines.append("")
    return "\n".join(lines)


def _sections(shots: Sequence[Shot]) -> Iterator[str]:
    said = {scene.name: scene.says for scene in SCENES}
    for scene, of_scene in groupby(shots, key=lambda shot: shot.scene):
        yield f"<h2>{escape(scene)}</h2><p>{escape(said[scene])}</p>"
        for of, group in groupby(of_scene, key=lambda shot: shot.of):
            yield f'<h3>{escape(of)}</h3><div class="row">{"".join(map(_figure, group))}</div>'


def _figure(shot: Shot) -> str:
    remarks = f' <b class="bad">{escape(shot.remarks)}</b>' if shot.remarks else ""
    told = f"<figcaption>{escape(shot.how)}{remarks}</figcaption>"
    return f'<figure>{told}<a href="{escape(shot.file)}"><img src="{escape(shot.file)}" alt=""></a></figure>'
