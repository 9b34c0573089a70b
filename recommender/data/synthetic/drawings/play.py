"""Toys, games and kites."""

from recommender.data.synthetic.drawings.canvas import Canvas

_PAINTS = ("#c65d3b", "#dfae45", "#4d7f78", "#5a7ba6", "#e7d9bd", "#8f9a63")


def _paint(c: Canvas) -> str:
    return _PAINTS[c.vary(0, len(_PAINTS) - 1)]


def blocks(c: Canvas) -> None:
    """A tower of painted blocks."""
    wood = "#d4b082"
    c.shadow(240, 494, 176, 17)
    c.rect(96, 406, 84, 84, 6, wood)
    c.rect(300, 406, 84, 84, 6)
    c.path("M180 490v-30a60 60 0 0 1 120 0v30h-22v-26a38 38 0 0 0-76 0v26z", _paint(c))
    c.rect(92, 376, 296, 30, 6, wood)
    c.rect(124, 300, 76, 76, 6, _paint(c))
    c.rect(222, 308, 38, 68, 5, wood)
    c.path("M276 376l46-76 46 76z")
    c.rect(146, 256, 100, 44, 6)
    c.path("M150 256l46-70 46 70z", _paint(c))
    if "alpha" in c.form:
        c.text(162, 356, "A", 50, "#fdf7ea")
        c.text(342, 468, "B", 58, "#fdf7ea")
    elif "city" in c.form:
        for x, y in ((136, 316), (166, 316), (136, 344), (166, 344)):
            c.rect(x, y, 16, 16, 1, "#fdf7ea", 0.8)


def train(c: Canvas) -> None:
    """An engine with a wagon on rails."""
    wood = "#cfa777"
    c.shadow(240, 500, 206, 15)
    c.rect(30, 474, 420, 13, 4, wood)
    c.fold("".join(f"M{x} 476v10" for x in range(44, 450, 24)), 4)
    c.rect(66, 366, 128, 76, 8, _paint(c))
    c.rect(80, 336, 34, 34, 4, wood)
    c.rect(122, 330, 52, 40, 4, "#e7d9bd")
    c.rect(194, 424, 32, 10, 2, "#6b5140")
    c.rect(226, 300, 86, 142, 8)
    c.rect(240, 318, 56, 48, 6, "#f3ead8")
    c.path("M216 300h108l-10-22h-88z", "dark")
    c.rect(306, 352, 108, 90, 20)
    c.rect(350, 306, 34, 50, 5, "dark")
    c.oval(412, 398, 13, 15, "#e9c56a")
    for x, r in ((96, 28), (164, 28), (258, 32), (326, 28), (390, 28)):
        c.oval(x, 474 - r, r, r, "#5b4636")
        c.oval(x, 474 - r, r - 12, r - 12, wood)


def bear(c: Canvas) -> None:
    """A soft bear, seated."""
    c.shadow(240, 494, 140, 17)
    floppy = 8 if "flop" in c.form else 0
    c.lean(floppy, 240, 480)
    for x in (172, 308):
        c.oval(x, 196, 36, 36)
        c.oval(x, 198, 19, 19, "pale")
    c.path("M150 400q-40 0-46-44 4-34 34-30l40 30zM330 400q40 0 46-44-4-34-34-30l-40 30z", "dark")
    c.oval(240, 404, 98, 92)
    c.oval(240, 412, 60, 60, "pale", 0.7)
    c.oval(240, 254, 92, 82)
    c.oval(240, 284, 42, 32, "pale")
    c.oval(240, 268, 13, 9, "#3b2a20")
    c.line("M240 276v12q-12 12-22 4M240 288q12 12 22 4", "#3b2a20", 4)
    c.oval(206, 244, 7, 8, "#3b2a20")
    c.oval(274, 244, 7, 8, "#3b2a20")
    for x in (160, 320):
        c.oval(x, 466, 46, 34, "dark")
        c.oval(x, 470, 25, 19, "pale", 0.8)
    c.path("M196 326q44 22 88 0l6 17q-50 24-100 0z", "#b65a3c")
    c.upright()


def puzzle(c: Canvas) -> None:
    """A jigsaw box with some pieces before it."""
    c.shadow(240, 492, 170, 16)
    c.path("M352 190l34 18v246l-34 28z", "deep")
    c.rect(92, 190, 262, 292, 4)
    c.rect(112, 210, 222, 190, 2, "#eee4d0")
    if "botan" in c.form:
        c.line("M224 392q-10-90 6-160M224 340q-50-10-66-50M226 320q50-10 70-56", "#5f7350", 6)
        for x, y in ((160, 284), (294, 260), (232, 228)):
            c.oval(x, y, 26, 22, _paint(c))
    elif "map" in c.form or "harbour" in c.form:
        c.rect(112, 300, 222, 100, 2, "#7fa0a6")
        c.path("M112 320q60-60 110-20t112-30v-60H112z", "#c9b07f")
        c.path("M214 360h70l-14 22h-42zM246 300v58h-34z", "#fdf7ea")
    else:
        c.oval(223, 305, 82, 82, _paint(c))
        c.oval(223, 305, 48, 48, "#f4dfae")
    c.fold("M112 258h222M112 305h222M112 352h222M168 210v190M223 210v190M278 210v190", 2)
    c.rect(112, 416, 120, 12, 3, "#fdf7ea", 0.85)
    c.rect(112, 438, 76, 9, 3, "#fdf7ea", 0.6)
    for x, y in ((120, 492), (212, 506), (330, 500)):
        c.path(f"M{x} {y}h16q-6-13 8-13t8 13h16v26H{x}z", _paint(c))


def board_game(c: Canvas) -> None:
    """A game board with pieces."""
    c.shadow(240, 490, 192, 20)
    c.path("M110 338h260l66 130H44z", "dark")
    c.path("M114 330h252l64 126H50z")
    c.path("M136 342h208l48 100H88z", "#efe4cd")
    for i in range(4):
        c.path(f"M{126 - 10 * i} {352 + 22 * i}h{54 + 4 * i}l-6 20h-{56 + 4 * i}z", "plain" if i % 2 else "pale", 0.8)
        c.path(f"M{250 + 2 * i} {352 + 22 * i}h{54 + 4 * i}l8 20h-{58 + 4 * i}z", "pale" if i % 2 else "plain", 0.8)
    for x, y in ((150, 372), (214, 340), (290, 360), (330, 410), (190, 426)):
        colour = _paint(c)
        c.shadow(x + 4, y + 32, 28, 9)
        c.path(f"M{x - 20} {y + 30}q6-40 12-48h16q6 8 12 48-20 10-40 0z", colour)
        c.oval(x, y - 26, 17, 17, colour)
        c.oval(x - 5, y - 31, 5, 4, "#ffffff", 0.5)
    c.rect(262, 424, 36, 36, 7, "#fdf8ec")
    for x, y in ((272, 434), (288, 450), (280, 442)):
        c.oval(x, y, 3, 3, "#3b2a20")


def kite(c: Canvas) -> None:
    """A kite in the sky with its tail."""
    c.lean(c.vary(8, 26), 240, 250)
    c.line("M240 372q30 60-10 110t20 120", "#6b5140", 2.5)
    for y in (410, 460, 512):
        c.path(f"M{236 + (y % 40) // 4} {y}l-24-13v26zM{236 + (y % 40) // 4} {y}l24-13v26z", _paint(c))
    if "box" in c.form:
        for y in (136, 270):
            c.path(f"M156 {y}l60-24v84l-60 24z", "dark")
            c.path(f"M216 {y - 24}l110 20v84l-110-20z")
        c.line("M156 136v220M216 112v220M326 132v222", "#6b5140", 5)
    elif "stunt" in c.form:
        c.path("M240 120L410 330 240 286z")
        c.path("M240 120L70 330 240 286z", "pale")
        c.path("M240 180l80 122-80-16-80 16z", "deep", 0.8)
    else:
        c.path("M240 84l108 130-108 160z")
        c.path("M240 84L132 214l108 160z", "pale")
        c.path("M240 214h108L240 374z", "deep", 0.75)
        c.line("M240 84v290M132 214h216", "#6b5140", 4)
    c.upright()
