"""The soak as curves: one panel over the other, minutes to the right."""

from collections.abc import Mapping, Sequence

from bench.soak.sample import Sample

WIDTH, PANEL, LEFT, RIGHT = 860, 150, 64, 140
COLOURS = ("#0f766e", "#b42318", "#5c646e", "#1d4ed8", "#a16207")

Series = Mapping[str, Sequence[float]]


def draw(samples: Sequence[Sample]) -> str:
    """Return the picture as SVG."""
    minutes = [sample.seconds / 60 for sample in samples]
    panels: dict[str, Series] = {
        "Memory, MB": {name: [s.resident_mb[name] for s in samples] for name in samples[0].resident_mb},
        "Blocks behind": {"blocks": [float(s.lag_blocks or 0) for s in samples]},
        "Dead rows": {"all tables": [float(sum(table.dead for table in s.tables)) for s in samples]},
        "Change log, rows": {"rows": [float(s.log_rows) for s in samples]},
        "Age of what waits for consumers, s": {"oldest": [s.consumer_seconds for s in samples]},
    }
    height = PANEL * len(panels) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-size="12">',
        f'<title>A soak of {minutes[-1]:.0f} minutes</title><rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for place, (title, series) in enumerate(panels.items()):
        parts += _panel(title, series, minutes, place * PANEL)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = LEFT + (WIDTH - LEFT - RIGHT) * share
        label = f"{minutes[-1] * share:.0f} min"
        parts.append(f'<text x="{x:.0f}" y="{height - 8}" text-anchor="middle" fill="#5c646e">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(title: str, series: Series, minutes: Sequence[float], top: float) -> list[str]:
    most = max(max(values) for values in series.values()) or 1.0
    floor, roof = top + PANEL - 12, top + 28

    def y(value: float) -> float:
        return floor - (floor - roof) * value / most

    parts = [f'<text x="{LEFT}" y="{top + 18}">{title}</text>']
    for value in (0.0, most / 2, most):
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#e3e3de"/>'
        )
        label = f"{value:,.0f}" if most >= 10 else f"{value:.1f}"
        parts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#5c646e">{label}</text>')
    for number, (name, values) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        scale = (WIDTH - LEFT - RIGHT) / (minutes[-1] or 1.0)
        points = " ".join(f"{LEFT + at * scale:.1f},{y(value):.1f}" for at, value in zip(minutes, values, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.4"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{roof + 4 + number * 16}" fill="{colour}">{name}</text>')
    return parts
