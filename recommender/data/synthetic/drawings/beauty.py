"""Creams, soaps, bottles, candles and pens."""

from recommender.data.synthetic.drawings.canvas import Canvas


def _label(c: Canvas, x: int, y: int, w: int, h: int) -> None:
    c.rect(x, y, w, h, 3, "#faf5ea", 0.92)
    middle = x + w // 2
    c.line(f"M{middle - w // 4} {y + h // 3}h{w // 2}", "#5a4a3c", 3)
    c.line(f"M{middle - w // 6} {y + h // 2}h{w // 3}M{middle - w // 5} {y + 2 * h // 3}h{2 * w // 5}", "#a39482", 2)


def _sprig(c: Canvas, x: int, y: int) -> None:
    c.line(f"M{x} {y}q20-70 70-110", "#76825c", 4)
    for k in range(5):
        px, py = x + 9 + 12 * k, y - 24 - 19 * k
        c.path(f"M{px} {py}q-26-6-30-24 24-2 30 24zM{px} {py}q26 0 36-16-20-14-36 16z", "#8a966c")


def tube(c: Canvas) -> None:
    """A tube standing on its cap."""
    _sprig(c, 318, 486)
    c.shadow(240, 494, 96, 14)
    c.path("M158 128h164q6 0 6 10l-34 296H186l-34-296q0-10 6-10z")
    c.rect(152, 122, 176, 24, 3, "dark")
    c.fold("".join(f"M{x} 124v20" for x in range(160, 326, 10)), 2)
    c.rect(186, 430, 108, 60, 9, "#f3ecdf")
    _label(c, 190, 220, 100, 130)
    c.glint("M176 170l22 230", 6)


def soap(c: Canvas) -> None:
    """Bars of soap with a paper band."""
    _sprig(c, 300, 400)
    c.shadow(240, 492, 160, 17)
    c.rect(104, 418, 272, 70, 20)
    c.path("M112 424h256q10 0 6 14H106q-4-14 6-14z", "light", 0.6)
    c.rect(186, 416, 108, 74, 2, "#faf5ea", 0.92)
    c.line("M208 444h64M220 460h40", "#5a4a3c", 3)
    c.lean(-7, 230, 390)
    c.rect(134, 346, 208, 68, 20, "pale")
    c.line("M180 372h116M204 388h68", "dark", 4, 0.6)
    c.upright()
    for x, y, r in ((96, 400, 13), (388, 396, 17), (372, 372, 8)):
        c.oval(x, y, r, r, "#ffffff", 0.5)


def dropper(c: Canvas) -> None:
    """A bottle with a pipette."""
    _sprig(c, 324, 488)
    c.shadow(240, 494, 92, 14)
    c.path("M224 130q16-34 32 0v60h-32z", "#3b332d")
    c.rect(206, 186, 68, 50, 6, "#2f2823")
    c.path("M208 236h64v22q60 8 60 60v150q0 22-22 22H170q-22 0-22-22V318q0-52 60-60z")
    c.path("M158 350h164v118q0 14-14 14H172q-14 0-14-14z", "dark", 0.4)
    _label(c, 176, 330, 128, 118)
    c.glint("M166 310v140", 8)


def perfume(c: Canvas) -> None:
    """A square bottle of scent."""
    c.shadow(240, 494, 120, 15)
    c.rect(200, 166, 80, 74, 9, "#c9a472" if c.vary(0, 1) else "#2f2a27")
    c.rect(216, 238, 48, 22, 3, "#d2b06c")
    c.rect(128, 256, 224, 234, 22)
    c.rect(144, 320, 192, 156, 12, "dark", 0.45)
    _label(c, 186, 338, 108, 92)
    c.glint("M148 290v160", 8)
    c.glint("M326 284v40", 5)


def candle(c: Canvas) -> None:
    """A candle in its jar, alight."""
    c.oval(240, 216, 140, 140, "#fff0c4", 0.35)
    c.shadow(240, 494, 114, 15)
    c.path("M240 172q34 46 0 84-34-38 0-84z", "#eeaa4b")
    c.path("M240 204q15 26 0 46-15-20 0-46z", "#fff3c2")
    c.line("M240 250v46", "#3b2a20", 4)
    c.rect(150, 284, 180, 206, 18)
    c.oval(240, 292, 86, 17, "#f7edd8")
    c.oval(240, 294, 54, 9, "#fff9e8")
    _label(c, 182, 352, 116, 90)
    c.glint("M168 324v140", 8)


def pen(c: Canvas) -> None:
    """A fountain pen on a sheet of paper."""
    c.lean(c.vary(-8, -2), 240, 330)
    c.rect(84, 176, 312, 340, 3, "#fbf7ee")
    c.fold("M112 236h150M112 272h230M112 308h200M112 344h240M112 380h120", 3)
    c.line("M112 416q20-24 34 0t34 0 34-4 30 2", "#2f3f63", 4)
    c.upright()
    c.shadow(300, 400, 170, 26)
    c.lean(-34, 280, 380)
    c.rect(244, 354, 220, 34, 15)
    c.rect(236, 356, 16, 30, 3, "#d2b06c")
    c.path("M236 358l-36 8q-30 4-42 6 12 2 42 5l36 8z", "#3a332e")
    c.path("M198 365l-42 7 42 6z", "#d9c08a")
    c.line("M300 354h120q10 0 10-6", "#d2b06c", 6)
    c.glint("M262 362h180", 4)
    c.upright()
