"""Books and notebooks with designed covers."""

from recommender.data.synthetic.drawings.canvas import Canvas, lightness

_LEFT, _TOP, _WIDTH, _HEIGHT = 126, 156, 228, 330


def _wrapped(words: str, width: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _volume(c: Canvas) -> None:
    """Pages, spine and boards, stood up and turned a little."""
    c.shadow(250, 492, 150, 16)
    c.path(f"M{_LEFT + _WIDTH} {_TOP + 8}l26 14v{_HEIGHT - 30}l-26 8z", "#f6f0e2")
    c.fold(f"M{_LEFT + _WIDTH + 9} {_TOP + 16}v{_HEIGHT - 22}M{_LEFT + _WIDTH + 18} {_TOP + 20}v{_HEIGHT - 30}", 1)
    c.rect(_LEFT, _TOP, _WIDTH, _HEIGHT, 4)
    c.rect(_LEFT, _TOP, 13, _HEIGHT, 3, "#1d120b", 0.2)


def _sun_and_hills(c: Canvas) -> None:
    y = _TOP + 190
    c.oval(_LEFT + c.vary(80, 160), y + c.vary(-6, 30), 46, 46, c.trim)
    c.path(f"M{_LEFT + 13} {y + 40}q60-50 110-10t105-24V{_TOP + _HEIGHT}H{_LEFT + 13}z", "deep")
    c.path(f"M{_LEFT + 13} {y + 84}q70-30 120 0t95-8V{_TOP + _HEIGHT}H{_LEFT + 13}z", "pale", 0.85)


def _leaves(c: Canvas) -> None:
    x, base = _LEFT + 120, _TOP + _HEIGHT - 16
    c.line(f"M{x} {base}q-8-70 4-140", "deep", 5)
    for k in range(5):
        y = base - 26 - 26 * k
        c.path(f"M{x} {y}q30-40 62-26-18 34-62 26z", c.trim)
        c.path(f"M{x} {y + 8}q-30-40-62-26 18 34 62 26z", "pale")


def _shapes(c: Canvas) -> None:
    y = _TOP + 180
    c.path(f"M{_LEFT + 40} {y + 120}a60 60 0 0 1 120 0z", c.trim)
    c.rect(_LEFT + 120, y + 10, 70, 70, 0, "pale")
    c.oval(_LEFT + 70, y + 44, 32, 32, "deep")
    c.path(f"M{_LEFT + 130} {y + 120}l38-36 38 36z", "deep")


def _window(c: Canvas) -> None:
    x, y = _LEFT + 62, _TOP + 166
    c.path(f"M{x} {y + 146}V{y + 56}a52 56 0 0 1 104 0v90z", "deep")
    c.path(f"M{x + 8} {y + 138}V{y + 58}a44 48 0 0 1 88 0v80z", c.trim, 0.85)
    c.line(f"M{x + 52} {y + 10}v130M{x + 8} {y + 80}h88", "deep", 5)
    c.oval(x + 76, y + 44, 13, 13, "#fff4d6")


def book(c: Canvas) -> None:
    """A book whose cover carries its title."""
    _volume(c)
    (_sun_and_hills, _leaves, _shapes, _window)[c.vary(0, 3)](c)
    ink = "#fdf7ea" if lightness(c.colour) < 0.62 else "#33251b"
    for i, line in enumerate(_wrapped(c.words.replace("|", " | ").split(" | ")[0], 14)):
        c.text(_LEFT + 121, _TOP + 52 + 34 * i, line, 29, ink)
    c.text(_LEFT + 121, _TOP + _HEIGHT - 14, c.words.partition("|")[2], 13, ink)


def notebook(c: Canvas) -> None:
    """A notebook with a band and a ribbon."""
    _volume(c)
    c.path(f"M270 {_TOP + _HEIGHT - 4}h13v34l-7-9-6 9z", c.trim)
    if c.vary(0, 1):
        c.rect(312, _TOP, 12, _HEIGHT, 0, "deep")
    c.rect(176, 214, 110, 62, 3, "#f6efe0")
    c.line("M192 238h78M192 254h54", "#8b7a66", 3)
    c.lean(24, 380, 380)
    c.rect(390, 300, 13, 180, 6, "trim")
    c.path("M390 480h13l-6 20z", "#3a2b20")
    c.upright()
