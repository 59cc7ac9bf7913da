"""Seconds behind over time: a panel for each way, one under the other, all on one scale."""

import math
from collections.abc import Iterator, Sequence

from bench.lag.table import Outcome, number
from bench.lag.watch import worst_of_each_second

TITLE = "Seconds that the block loop is behind while jobs run"
WIDTH, PANEL, LEFT, RIGHT, TOP, BOTTOM = 860, 140, 56, 16, 28, 26
COLOURS = ("#b42318", "#a16207", "#6d28d9", "#0f766e")
GREY, RULE, SHADE = "#5c646e", "#e3e3de", "#f3f3ef"
MARK_SECONDS = 30


def draw(outcomes: Sequence[Outcome]) -> str:
    """Return the picture as SVG; of each second the worst look is drawn."""
    curves = [[*worst_of_each_second(one.lead), *worst_of_each_second(one.busy)] for one in outcomes]
    lead = len(worst_of_each_second(outcomes[0].lead))
    top_seconds = _rounded_up(max(1.0, *(max(curve) for curve in curves)))
    height = PANEL * len(outcomes) + BOTTOM
    scale = (WIDTH - LEFT - RIGHT) / max(len(curve) for curve in curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-size="12">',
        f'<title>{TITLE}</title><rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for place, (one, curve) in enumerate(zip(outcomes, curves, strict=True)):
        parts += _panel(one, curve, lead, scale, top_seconds, PANEL * place, COLOURS[place % len(COLOURS)])
    for second in range(0, max(len(curve) for curve in curves) + 1, MARK_SECONDS):
        parts.append(
            f'<text x="{LEFT + second * scale:.1f}" y="{height - 8}" text-anchor="middle" fill="{GREY}">'
            f"{second} s</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def _rounded_up(seconds: float) -> float:
    step: float = 10.0 ** (math.ceil(math.log10(seconds)) - 1)
    return step * math.ceil(seconds / step)


def _panel(
    one: Outcome, curve: Sequence[float], lead: int, scale: float, top_seconds: float, top: float, colour: str
) -> Iterator[str]:
    roof, floor = top + TOP, top + PANEL - 8
    x = [LEFT + (second + 1) * scale for second in range(len(curve))]
    y = [floor - (floor - roof) * seconds / top_seconds for seconds in curve]
    begins = LEFT + lead * scale
    yield f'<text x="{LEFT}" y="{top + 18}" fill="{colour}">{one.way}: at most {number(one.seconds.most)} s</text>'
    yield f'<rect x="{begins:.1f}" y="{roof}" width="{x[-1] - begins:.1f}" height="{floor - roof}" fill="{SHADE}"/>'
    for share in (0.0, 0.5, 1.0):
        level = floor - (floor - roof) * share
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{level:.1f}" y2="{level:.1f}" stroke="{RULE}"/>'
        label = f"{number(top_seconds * share)} s"
        yield f'<text x="{LEFT - 8}" y="{level + 4:.1f}" text-anchor="end" fill="{GREY}">{label}</text>'
    points = " ".join(f"{left:.1f},{up:.1f}" for left, up in zip(x, y, strict=True))
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
