"""A sheet of SVG with material-like paint: what every drawing of a product is made with."""

import colorsys
from dataclasses import dataclass, field

import numpy as np

WIDTH, HEIGHT = 480, 600


def mixed(one: str, other: str, share: float) -> str:
    """Colour between two: 0 gives ``one``, 1 gives ``other``."""
    channels = (round(int(one[i : i + 2], 16) * (1 - share) + int(other[i : i + 2], 16) * share) for i in (1, 3, 5))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def lightness(colour: str) -> float:
    """Lightness of a colour, 0 black to 1 white."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return colorsys.rgb_to_hls(red, green, blue)[1]


# Stops of the gradient across a shape: place, colour it is mixed with, and how much.
_BODIES = {
    "metal": (
        (0, "#000000", 0.22),
        (0.2, "#ffffff", 0.5),
        (0.42, "#ffffff", 0.04),
        (0.8, "#000000", 0.3),
        (1, "#ffffff", 0.1),
    ),
    "gloss": ((0, "#000000", 0.1), (0.24, "#ffffff", 0.38), (0.5, "#ffffff", 0), (1, "#000000", 0.3)),
    "ceramic": ((0, "#000000", 0.08), (0.28, "#ffffff", 0.26), (0.55, "#ffffff", 0), (1, "#2a1d14", 0.3)),
    "clay": ((0, "#000000", 0.06), (0.3, "#ffffff", 0.16), (1, "#2a1d14", 0.3)),
    "glass": ((0, "#ffffff", 0.05), (0.25, "#ffffff", 0.6), (0.6, "#ffffff", 0.15), (1, "#23302f", 0.22)),
    "sheen": (
        (0, "#000000", 0.16),
        (0.3, "#ffffff", 0.24),
        (0.5, "#ffffff", 0),
        (0.72, "#ffffff", 0.1),
        (1, "#000000", 0.26),
    ),
}
_SOFT = ((0, "#ffffff", 0.1), (0.45, "#ffffff", 0), (1, "#2a1d14", 0.22))

# Texture of a family: size of the tile and the lines in it.
_TEXTURES = {
    "wood": (96, 22, "M0 5q24 4 48 0t48 0M0 12q30-5 60 1t36-1M0 18q20 3 52-1t44 1"),
    "cloth": (5, 5, "M0 2.5h5M2.5 0v5"),
    "knit": (10, 9, "M0 1l5 6 5-6"),
    "ribbed": (8, 8, "M2 0v8"),
    "weave": (14, 14, "M0 4h7M7 11h7M4 7v7M11 0v7"),
    "paper": (40, 40, "M3 9h5M22 28h4"),
}


@dataclass
class Canvas:
    """Collects the elements of one picture.

    Fills are the names ``main`` (the product's material, textured), ``plain`` (the same without texture), ``dark``,
    ``deep``, ``light``, ``pale`` (shades of its colour), ``trim`` (legs, handles, buckles), or a literal colour.
    """

    colour: str
    family: str
    trim: str
    form: str
    rng: np.random.Generator
    words: str = ""
    parts: list[str] = field(default_factory=list)

    def vary(self, low: int, high: int) -> int:
        """A whole number between, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def shade(self, amount: float) -> str:
        """The product's colour, lighter above 0 and darker below."""
        return mixed(self.colour, "#ffffff", amount) if amount > 0 else mixed(self.colour, "#21160f", -amount)

    def fill(self, name: str) -> str:
        """The value of a ``fill`` attribute."""
        named = {
            "main": "url(#m)",
            "plain": "url(#m)",
            "trim": "url(#t)",
            "dark": self.shade(-0.25),
            "deep": self.shade(-0.5),
            "light": self.shade(0.25),
            "pale": self.shade(0.6),
        }
        return named.get(name, name)

    def path(self, d: str, fill: str = "main", opacity: float = 1) -> None:
        """A filled shape; ``main`` gets the material's texture on top."""
        faint = "" if opacity == 1 else f' opacity="{opacity}"'
        clear = ' fill-opacity=".62"' if self.family == "glass" and fill in {"main", "plain"} else ""
        self.parts.append(f'<path d="{d}" fill="{self.fill(fill)}"{clear}{faint}/>')
        if fill == "main" and self.family in _TEXTURES:
            self.parts.append(f'<path d="{d}" fill="url(#p)"/>')

    def rect(self, x: int, y: int, w: int, h: int, r: int = 0, fill: str = "main", opacity: float = 1) -> None:
        """A rectangle with round corners."""
        r = min(r, w // 2, h // 2)
        corner = f"a{r} {r} 0 0 1 "
        self.path(
            f"M{x + r} {y}h{w - 2 * r}{corner}{r} {r}v{h - 2 * r}{corner}-{r} {r}"
            f"h-{w - 2 * r}{corner}-{r} -{r}v-{h - 2 * r}{corner}{r} -{r}z"
            if r
            else f"M{x} {y}h{w}v{h}h-{w}z",
            fill,
            opacity,
        )

    def oval(self, cx: int, cy: int, rx: int, ry: int, fill: str = "main", opacity: float = 1) -> None:
        """An ellipse."""
        self.path(f"M{cx - rx} {cy}a{rx} {ry} 0 1 1 {2 * rx} 0a{rx} {ry} 0 1 1-{2 * rx} 0z", fill, opacity)

    def line(self, d: str, colour: str = "dark", width: float = 3, opacity: float = 1) -> None:
        """A stroke with round ends, in one colour: a gradient has no extent on a straight line."""
        faint = "" if opacity == 1 else f' opacity="{opacity}"'
        plain = {"main": self.colour, "plain": self.colour, "trim": self.trim}.get(colour) or self.fill(colour)
        self.parts.append(
            f'<path d="{d}" fill="none" stroke="{plain}" stroke-width="{width}" '
            f'stroke-linecap="round" stroke-linejoin="round"{faint}/>'
        )

    def fold(self, d: str, width: float = 3) -> None:
        """A crease, seam or shadow line within a shape."""
        self.line(d, "#1d120b", width, 0.16)

    def glint(self, d: str, width: float = 6) -> None:
        """A streak of reflected light."""
        self.line(d, "#ffffff", width, 0.5)

    def shadow(self, cx: int, cy: int, rx: int, ry: int = 0) -> None:
        """A soft shadow on the ground."""
        self.parts.append(f'<ellipse cx="{cx}" cy="{cy}" rx="{rx}" ry="{ry or max(9, rx // 9)}" fill="url(#s)"/>')

    def text(self, x: int, y: int, words: str, size: int, colour: str, anchor: str = "middle") -> None:
        """Printed words, on covers and boxes."""
        safe = words.replace("&", "&amp;").replace("<", "&lt;")
        self.parts.append(
            f'<text x="{x}" y="{y}" font-size="{size}" fill="{self.fill(colour)}" text-anchor="{anchor}" '
            f'font-family="Georgia,serif">{safe}</text>'
        )

    def lean(self, angle: int, cx: int, cy: int) -> None:
        """Start a group turned by ``angle`` degrees; end it with ``upright``."""
        self.parts.append(f'<g transform="rotate({angle} {cx} {cy})">')

    def upright(self) -> None:
        """End the group."""
        self.parts.append("</g>")

    def definitions(self) -> str:
        """Gradients and the texture that the fills refer to."""
        return (
            "<defs>"
            + _gradient("m", self.colour, self.family)
            + _gradient("t", self.trim, "metal" if lightness(self.trim) > 0.6 else "wood")
            + self._texture()
            + '<radialGradient id="s"><stop stop-color="#2a1a0e" stop-opacity=".42"/>'
            '<stop offset=".55" stop-color="#2a1a0e" stop-opacity=".2"/>'
            '<stop offset="1" stop-color="#2a1a0e" stop-opacity="0"/></radialGradient></defs>'
        )

    def _texture(self) -> str:
        if self.family not in _TEXTURES:
            return ""
        width, height, lines = _TEXTURES[self.family]
        dark = lightness(self.colour) < 0.3
        ink, opacity = ("#fff", 0.13) if dark else ("#3a2414", 0.17)
        return (
            f'<pattern id="p" width="{width}" height="{height}" patternUnits="userSpaceOnUse">'
            f'<path d="{lines}" fill="none" stroke="{ink}" stroke-opacity="{opacity}" stroke-width="1.2"/></pattern>'
        )


def _gradient(name: str, colour: str, family: str) -> str:
    stops = "".join(
        f'<stop offset="{place}" stop-color="{mixed(colour, other, share)}"/>'
        for place, other, share in _BODIES.get(family, _SOFT)
    )
    slope = ' x2="1" y2=".35"' if family not in _BODIES else ""
    return f'<linearGradient id="{name}"{slope}>{stops}</linearGradient>'
