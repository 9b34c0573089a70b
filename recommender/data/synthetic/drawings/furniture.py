"""Sofas, chairs, tables, shelves and beds."""

from recommender.data.synthetic.drawings.canvas import Canvas


def _legs(c: Canvas, places: tuple[int, ...], top: int, length: int, splay: int = 4) -> None:
    for x in places:
        out = -splay if x < 240 else splay
        c.path(f"M{x - 6} {top}h12l{out - 2} {length}h-8z", "trim")


def sofa(c: Canvas) -> None:
    """A sofa with two or three seats."""
    seats = 3 if "three" in c.form else 2
    back = 300 if "low" in c.form else c.vary(268, 284)
    c.shadow(240, 492, 214, 20)
    _legs(c, (78, 402), 462, 28)
    c.rect(64, back, 352, 150, 26)
    width = 296 // seats
    for i in range(seats):
        x = 92 + i * width
        c.rect(x + 2, back + 14, width - 4, 110, 20, "light", 0.5)
        c.rect(x + 1, 384, width - 2, 54, 16)
        c.fold(f"M{x + 8} 438h{width - 16}")
    c.rect(72, 428, 336, 40, 10)
    c.rect(44, 346, 52, 122, 24)
    c.rect(384, 346, 52, 122, 24)
    c.fold("M96 372v92M384 372v92")
    c.lean(-9, 140, 350)
    c.rect(108, 326, 74, 66, 14, "pale", 0.75)
    c.upright()


def armchair(c: Canvas) -> None:
    """An armchair from the front."""
    top = 214 if "wing" in c.form or "read" in c.form else 268
    c.shadow(240, 496, 150, 18)
    _legs(c, (150, 330), 462, 32, 8)
    c.path(f"M136 450V{top + 50}q0-50 54-50h100q54 0 54 50V450z")
    c.path(f"M156 400V{top + 56}q0-36 40-36h88q40 0 40 36V400z", "light", 0.35)
    c.rect(146, 388, 188, 46, 18)
    c.rect(134, 424, 212, 42, 12)
    c.rect(104, 336, 52, 130, 24)
    c.rect(324, 336, 52, 130, 24)
    c.fold("M156 366v96M324 366v96M164 434h152")
    if c.family == "sheen":
        for x in (200, 240, 280):
            c.oval(x, top + 70, 3, 3, "deep", 0.6)


def dining_chair(c: Canvas) -> None:
    """A wooden chair, turned a little."""
    c.shadow(240, 500, 110, 15)
    c.path("M172 200q-3-14 9-15 9 0 10 12l10 302h-14z")
    c.path("M308 200q3-14-9-15-9 0-10 12l-10 302h14z")
    c.path("M176 200q64-36 128 0l-3 44q-61-28-122 0z")
    if "spindle" in c.form:
        for x in (205, 228, 252, 275):
            c.rect(x - 3, 232, 6, 130, 3)
    elif "stack" in c.form:
        c.path("M182 280q58-22 116 0l-2 30q-56-20-112 0z")
    c.path("M160 352h160l16 30q-96 18-192 0z", "light" if "cord" in c.form else "main")
    if "cord" in c.form:
        c.fold("M156 366q84 14 168 0M152 375q88 15 176 0", 2)
    c.path("M146 382q94 18 188 0v14q-94 18-188 0z", "dark")
    c.path("M152 396h16l-10 106h-12zM328 396h-16l10 106h12z")


def stool(c: Canvas) -> None:
    """A stool on three or four legs."""
    high = 250 if "bar" in c.form else 320
    c.shadow(240, 500, 96, 14)
    c.path(f"M188 {high + 10}h16l-26 240h-14zM292 {high + 10}h-16l26 240h14z")
    c.path(f"M232 {high + 14}h16l4 244h-24z", "dark")
    c.rect(186, 424, 108, 10, 5, "dark")
    c.oval(240, high + 14, 88, 24, "dark")
    c.oval(240, high, 88, 24)
    c.oval(240, high + 2, 60, 13, "light", 0.3)


def table(c: Canvas) -> None:
    """A dining table."""
    c.shadow(240, 500, 190, 17)
    if "round" in c.form:
        c.path("M222 340h36l8 120 62 34q2 8-8 8H160q-10 0-8-8l62-34z", "dark")
        c.oval(240, 340, 190, 34, "dark")
        c.oval(240, 330, 190, 34)
        return
    if "trestle" in c.form:
        c.line("M128 350L96 498M128 350l32 148M352 350l-32 148M352 350l32 148", "dark", 13)
    else:
        c.path("M70 346h26l-6 154H76zM410 346h-26l6 154h14z", "dark")
        c.path("M128 340h20l-4 118h-12zM352 340h-20l4 118h12z", "deep")
        c.rect(84, 344, 312, 24, 3, "dark")
    c.path("M84 306h312l42 36H42z")
    c.rect(42, 341, 396, 14, 4, "dark")
    if "leaf" in c.form or "extend" in c.form:
        c.fold("M250 306v36", 2)
    _vase(c, 300, 318)


def _vase(c: Canvas, x: int, base: int) -> None:
    c.line(f"M{x} {base - 40}q-8-50-30-70M{x} {base - 40}q4-60 22-84M{x} {base - 40}q-2-40-4-90", "#7c8461", 3)
    for dx, dy in ((-30, -108), (22, -122), (-4, -130)):
        c.oval(x + dx, base + dy, 9, 14, "#8f9872")
    c.path(f"M{x - 10} {base - 46}h20q14 30 4 46h-28q-10-16 4-46z", "#efe6d6")


def coffee_table(c: Canvas) -> None:
    """A low table with something to read on it."""
    c.shadow(240, 490, 176, 18)
    rx = 172 if "oval" in c.form else 150
    for x in (240 - rx + 40, 240 + rx - 40):
        c.line(f"M{x} 396L{x + (-16 if x < 240 else 16)} 488", "trim", 11)
    c.line("M240 402v84", "trim", 10)
    if "two" in c.form:
        c.oval(240, 450, rx - 40, 16, "dark")
    if "nest" in c.form:
        c.oval(330, 434, 84, 17, "dark")
        c.line("M330 440v54", "trim", 9)
    c.oval(240, 396, rx, 33, "dark")
    c.oval(240, 386, rx, 33)
    c.path("M176 366l76-6 22 14-78 8z", "#e9dfcf")
    c.path("M176 366l20 16v8l-20-16zM196 382l78-8v8l-78 8z", "#b4664a")
    c.rect(296, 356, 30, 26, 8, "#f4efe6")


def side_table(c: Canvas) -> None:
    """A small round table."""
    c.shadow(240, 500, 92, 14)
    if "drawer" in c.form:
        c.path("M166 320h148v64H166z", "dark")
        c.rect(176, 330, 128, 46, 3)
        c.oval(240, 352, 6, 6, "trim")
        c.path("M168 384h14l-6 116h-10zM312 384h-14l6 116h10z")
    else:
        c.line("M240 320v110M240 424l-62 74M240 424l62 74M240 424v70", "dark", 10)
    c.oval(240, 316, 100, 22, "dark")
    c.oval(240, 308, 100, 22)
    if "tray" in c.form:
        c.line("M140 304q100-44 200 0", "dark", 5)
    c.path("M222 298q-8-42 4-56h28q12 14 4 56z", "#efe7d9")
    c.line("M240 242q-14-40-40-52M240 242q2-44 20-64M240 242q10-30 34-36", "#79845f", 4)


def bookcase(c: Canvas) -> None:
    """Shelves with a few books and a pot."""
    top, left, right = (268, 116, 364) if "low" in c.form else (128, 154, 326)
    c.shadow(240, 500, 130, 14)
    c.rect(left, top, right - left, 372 - top + 124, 4)
    inner = right - left - 24
    n = 3 if top > 200 else 5
    step = (484 - top) // n
    for i in range(n):
        y = top + 12 + i * step
        c.rect(left + 12, y, inner, step - 12, 1, "deep", 0.55)
        _shelf(c, left + 16, y + step - 12, inner - 8, step - 12)


def _shelf(c: Canvas, x: int, base: int, width: int, height: int) -> None:
    spines = ("#b65a3c", "#dcc9a4", "#5d7a6f", "#37445c", "#c8993a", "#efe6d6", "#8c5a4a")
    if c.vary(0, 3) == 0:
        c.oval(x + width // 2, base - 34, 22, 20, "#7b8a66")
        c.rect(x + width // 2 - 15, base - 24, 30, 24, 5, "#d9c3a5")
        return
    at = x + c.vary(0, width // 3)
    for _ in range(c.vary(4, 7)):
        w, h = c.vary(8, 14), c.vary(height // 2, height - 12)
        if at + w > x + width:
            break
        c.rect(at, base - h, w, h, 1, spines[c.vary(0, len(spines) - 1)])
        at += w + 1


def sideboard(c: Canvas) -> None:
    """A low cupboard on legs."""
    c.shadow(240, 500, 204, 17)
    _legs(c, (86, 394), 454, 44, 6)
    c.rect(48, 316, 384, 142, 6)
    doors = 3 if "three" in c.form or "drawer" in c.form else 2
    width = 364 // doors
    for i in range(doors):
        x = 58 + i * width
        c.rect(x + 2, 328, width - 4, 118, 3, "light", 0.4)
        if "slat" in c.form:
            c.fold("".join(f"M{x + k} 332v110" for k in range(8, width - 4, 10)), 2)
        elif "drawer" in c.form:
            c.fold(f"M{x + 4} 386h{width - 8}")
        c.oval(x + (width - 16 if i == 0 else 16), 386, 5, 5, "trim")
    _vase(c, 130, 316)
    c.rect(300, 262, 74, 54, 3, "#d8c7ac")
    c.oval(337, 289, 17, 17, "#f0e9dc")


def bed(c: Canvas) -> None:
    """A bed seen from its foot, made up in white."""
    c.shadow(240, 502, 214, 18)
    if "canopy" in c.form:
        c.line("M72 470V130H408V470", "trim", 9)
    c.rect(66, 246, 348, 190, 22 if c.family in {"cloth", "sheen", "knit"} else 6)
    if c.family in {"cloth", "sheen", "knit"}:
        c.fold("M153 262v130M240 262v130M327 262v130")
    elif "slat" in c.form:
        c.fold("".join(f"M{x} 256v150" for x in range(96, 400, 28)), 5)
    c.rect(96, 320, 132, 60, 24, "#fbf8f2")
    c.rect(252, 320, 132, 60, 24, "#f5f0e7")
    c.path("M60 392q180-34 360 0l16 78H44z", "#fdfaf5")
    c.path("M52 424q188-32 376 0l10 46H42z", "pale")
    c.fold("M120 400q10 40-4 68M300 396q-8 40 10 72")
    c.rect(38, 462, 404, 24, 5)
    c.path("M52 486h16l-3 16h-9zM428 486h-16l3 16h9z", "trim")
