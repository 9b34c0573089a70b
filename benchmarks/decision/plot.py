"""A line plot as SVG, for pages of results."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 320, 70, 48, 28, 24
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Okabe and Ito, 2008."""


@dataclass(frozen=True)
class Line:
    """Points joined in their order; one of them may be marked."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    marked: int = -1


def plot_svg(lines: Sequence[Line], *, x_title: str, y_title: str) -> str:
    """The lines over common axes; the marked points are ringed.

    Args:
        lines: at most four, all points finite.
        x_title: below the horizontal axis.
        y_title: above the vertical axis.
    """
    xs, ys = _Scale.of([x for line in lines for x in line.x]), _Scale.of([y for line in lines for y in line.y])
    parts = [*_axes(xs, ys), _words(LEFT, 14, y_title, "start"), _words((LEFT + WIDTH) / 2, HEIGHT - 8, x_title)]
    for number, line in enumerate(lines):
        places = [(_across(xs, x), _down(ys, y)) for x, y in zip(line.x, line.y, strict=True)]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        colour = COLOURS[number]
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        if line.marked >= 0:
            x, y = places[line.marked]
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(_words(WIDTH - 8, TOP + 16 * number, line.name, "end", colour))
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{ground}{"".join(parts)}</svg>\n'


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "_Scale":
        low, high = min(values), max(values)
        room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        return cls(low - room, high + room)

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[float]:
        return [self.low + (self.high - self.low) * step / 5 for step in range(6)]


def _across(scale: _Scale, x: float) -> float:
    return LEFT + scale.share(x) * (WIDTH - LEFT - RIGHT)


def _down(scale: _Scale, y: float) -> float:
    return HEIGHT - BOTTOM - scale.share(y) * (HEIGHT - BOTTOM - TOP)


def _axes(xs: _Scale, ys: _Scale) -> list[str]:
    floor, wall = HEIGHT - BOTTOM, LEFT
    lines = [f'<path d="M{wall} {TOP}V{floor}H{WIDTH - RIGHT}" fill="none" stroke="#757d8a"/>']
    lines += [_words(_across(xs, x), floor + 18, f"{x:.3g}") for x in xs.ticks]
    lines += [_words(wall - 8, _down(ys, y) + 4, f"{y:.3g}", "end") for y in ys.ticks]
    return lines


def _words(x: float, y: float, words: str, anchor: str = "middle", colour: str = "#3c424d") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'
