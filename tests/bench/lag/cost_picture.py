"""Cost against freshness: each way a line from the age of rewards to the age of lists, as high as what it costs."""

import math
from collections.abc import Iterator, Sequence

from bench.lag.cost import Costed

TITLE = "Processor time against how old rewards and lists may be"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 420, 64, 180, 40, 48
OURS, THEIRS, GREY, RULE = "#0f766e", "#a16207", "#5c646e", "#e3e3de"
AGES = {0.5: "", 1.0: "1 s", 5.0: "5 s", 30.0: "30 s", 60.0: "1 min", 600.0: "10 min", 3_600.0: "1 h"}
STEP_PERCENT = 25
LINE = 15  # between two names that would cover each other


def draw_costs(costs: Sequence[Costed]) -> str:
    """Return the picture as SVG; the first cost is that of the block loop by itself."""
    alone, *ways = costs
    top = STEP_PERCENT * math.ceil(100 * max(one.processors for one in costs) / STEP_PERCENT + 0.1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-size="12">',
        f'<title>{TITLE}</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        (
            f'<text x="{LEFT}" y="22" fill="{GREY}">% of a core, ours and the server\'s; '
            "open circle: rewards, full circle: lists of trending</text>"
        ),
        *_grid(top),
        (
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(alone, top):.1f}" y2="{_y(alone, top):.1f}" '
            f'stroke="{GREY}" stroke-dasharray="4 4"/>'
        ),
        f'<text x="{WIDTH - RIGHT + 8}" y="{_y(alone, top) + 4:.1f}" fill="{GREY}">{alone.name}</text>',
    ]
    name_at = 0.0
    for one in sorted(ways, key=lambda way: -way.processors):
        name_at = max(name_at + LINE, _y(one, top) + 4)
        parts += _way(one, _y(one, top), name_at)
    return "\n".join([*parts, "</svg>", ""])


def _x(age_seconds: float) -> float:
    first, last = min(AGES), max(AGES)
    share = math.log(max(age_seconds, first) / first) / math.log(last / first)
    return LEFT + (WIDTH - LEFT - RIGHT) * share


def _y(one: Costed, top_percent: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * 100 * one.processors / top_percent


def _grid(top_percent: int) -> Iterator[str]:
    floor = HEIGHT - BOTTOM
    for percent in range(0, top_percent + 1, STEP_PERCENT):
        level = floor - (floor - TOP) * percent / top_percent
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{level:.1f}" y2="{level:.1f}" stroke="{RULE}"/>'
        yield f'<text x="{LEFT - 8}" y="{level + 4:.1f}" text-anchor="end" fill="{GREY}">{percent} %</text>'
    for age, name in AGES.items():
        yield f'<text x="{_x(age):.1f}" y="{floor + 20}" text-anchor="middle" fill="{GREY}">{name}</text>'


def _way(one: Costed, level: float, name_at: float) -> Iterator[str]:
    colour = OURS if one.is_ours else THEIRS
    begins, ends = _x(one.ages.rewards), _x(one.ages.lists)
    yield (
        f'<line x1="{begins:.1f}" x2="{ends:.1f}" y1="{level:.1f}" y2="{level:.1f}" '
        f'stroke="{colour}" stroke-width="1.6"/>'
    )
    yield f'<circle cx="{ends:.1f}" cy="{level:.1f}" r="4" fill="{colour}"/>'
    yield f'<circle cx="{begins:.1f}" cy="{level:.1f}" r="4" fill="#ffffff" stroke="{colour}" stroke-width="1.6"/>'
    yield f'<text x="{WIDTH - RIGHT + 8}" y="{name_at:.1f}" fill="{colour}">{one.name}</text>'
