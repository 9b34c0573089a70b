"""Shoes and bags."""

from recommender.data.synthetic.drawings.canvas import Canvas


def _pair(c: Canvas, parts: list[str]) -> None:
    """Draw a shoe twice: the far one behind, higher and smaller."""
    shoe = "".join(parts)
    c.parts.append(f'<g id="a">{shoe}</g>')
    far = '<use href="#a" transform="translate(98 34) scale(.88)"/>'
    c.parts.insert(len(c.parts) - 1, far)


def _drawn(c: Canvas, start: int) -> list[str]:
    parts = c.parts[start:]
    del c.parts[start:]
    return parts


def boot(c: Canvas) -> None:
    """Ankle boots."""
    c.shadow(244, 494, 180, 17)
    start = len(c.parts)
    c.path("M126 236q60-18 118 0l6 118q30 34 92 46 46 10 48 56 0 12-12 12H130q-10 0-10-12 16-90 6-220z")
    c.path("M116 462h276v14q0 12-12 12H270l-6-8H192l-4 8h-62q-10 0-10-12z", "#3a2b22")
    if "Chelsea" in c.form:
        c.path("M186 250q30-4 44 0l6 84q-22 20-42 10z", "deep", 0.8)
        c.line("M132 238q-8-26 8-34", "dark", 7)
    elif "lace" in c.form:
        c.line("M236 262l22 8M240 288l24 10M244 314l26 12M252 340l28 14M268 364l28 8", "#efe3cc", 6)
        c.fold("M228 240l12 116q30 40 70 50")
    else:
        c.line("M186 250v170", "#d9c6a2", 4)
    c.fold("M130 420q60-20 120 18 70 18 138 12")
    c.glint("M150 260q8 60 2 130M318 414q34 8 48 26", 6)
    _pair(c, _drawn(c, start))


def trainer(c: Canvas) -> None:
    """Trainers."""
    c.shadow(236, 494, 190, 17)
    start = len(c.parts)
    c.path("M84 452q-4-80 20-116 24 22 64 18 26-30 54-26 22 66 116 82 62 8 62 42z")
    c.path("M70 448h340q16 34-14 44H84q-24-8-14-44z", "#f7f3ea")
    c.fold("M74 470h336", 3)
    c.line("M204 350l28 20M188 364l32 22M220 344l24 18M240 372l-26 18", "#fbf8f1", 6)
    c.path("M128 446q30-60 72-78l26 14q-46 24-62 64z", "pale", 0.85)
    c.path("M300 446q10-30 40-36 56 8 58 36z", "light", 0.6)
    c.path("M84 400q10-44 20-64 14 14 32 18l-18 60z", "dark")
    if "run" in c.form:
        c.path("M70 476l-12 12h54zM360 492h52l-6-14z", "deep")
    _pair(c, _drawn(c, start))


def sandal(c: Canvas) -> None:
    """Sandals."""
    c.shadow(240, 494, 182, 16)
    start = len(c.parts)
    c.path("M74 446q90 16 168-2 90-18 160 6 14 34-24 38H96q-32-4-22-42z", "#c79f6d")
    c.path("M72 466h336q4 26-28 26H98q-30 0-26-26z", "#5a3f2c")
    c.path("M250 446q20-64 76-62 40 4 46 62-20-8-40-8-20-30-44 8z")
    c.fold("M270 436q22-40 54-38", 3)
    if "strap" in c.form or "fisher" in c.form:
        c.path("M96 450q-10-80 24-110l26 6q-28 40-22 106z")
        c.line("M122 356q60-16 92 20", "main", 17)
        c.rect(194, 358, 24, 22, 4, "trim")
    if "fisher" in c.form:
        c.line("M300 388l-70-34M320 386l-10 54", "dark", 12)
    _pair(c, _drawn(c, start))


def loafer(c: Canvas) -> None:
    """Loafers."""
    c.shadow(240, 494, 184, 16)
    start = len(c.parts)
    c.path("M92 460q-14-84 20-98 46 28 108 14 22-12 40-6 28 36 96 44 52 10 48 46z")
    c.path("M80 456h328q8 18-10 24H196l-6 10H96q-22-4-16-34z", "#33261f")
    c.path("M112 364q46 28 108 14 14-8 26-8-20 34-70 36-44 0-64-42z", "#2a1c14", 0.75)
    c.fold("M252 382q12 54 56 60 50 0 84-4", 4)
    c.path("M222 380l52-2 10 30-52 14z", "dark")
    if "tassel" in c.form:
        c.line("M262 396l14 30M268 394l26 24", "trim", 8)
    else:
        c.oval(254, 396, 11, 5, "#1f140e", 0.6)
    c.glint("M320 424q40 4 56 18M116 400q2 26 6 40", 6)
    _pair(c, _drawn(c, start))


def shoe_care(c: Canvas) -> None:
    """Brush, tin and cloth."""
    c.shadow(240, 492, 182, 17)
    c.path("M60 470q60-60 132-40l30 52q-90 20-162 4z", "#d8c9ae")
    c.fold("M92 470q50-30 110-24")
    c.rect(150, 330, 232, 44, 20, "trim")
    c.path("M164 374h204l-6 50H170z", "#3b2b21")
    c.fold("".join(f"M{x} 378v44" for x in range(172, 364, 9)), 3)
    for x, y in ((318, 446), (382, 458)):
        c.rect(x - 46, y, 92, 34, 6, "dark")
        c.oval(x, y, 46, 12)
        c.oval(x, y, 30, 7, "pale", 0.7)


def tote(c: Canvas) -> None:
    """A tote bag standing."""
    c.shadow(240, 496, 148, 16)
    c.line("M182 300q-6-150 58-150t58 150", "dark", 14)
    c.path("M104 286h272l-20 190q-2 18-22 18H146q-20 0-22-18z")
    c.path("M104 286h272l-3 28H107z", "dark", 0.6)
    if "zip" in c.form:
        c.line("M112 290h256", "trim", 6)
    if "work" in c.form:
        c.path("M160 370h160v84q0 10-10 10H170q-10 0-10-10z", "dark", 0.4)
    c.fold("M132 320q4 90 12 150M348 320q-4 90-12 150")
    c.line("M182 300v44M298 300v44", "dark", 15)
    c.oval(182, 342, 5, 5, "#e0c58e")
    c.oval(298, 342, 5, 5, "#e0c58e")


def crossbody(c: Canvas) -> None:
    """A small bag with a long strap."""
    c.shadow(240, 490, 136, 16)
    c.line("M116 350Q110 120 240 116t124 234", "dark", 10)
    if "moon" in c.form:
        c.path("M92 330h296q6 150-148 156Q86 480 92 330z")
        c.line("M96 346h288", "trim", 6)
        c.fold("M120 380q30 84 120 90")
        return
    r = 56 if "saddle" in c.form else 24
    c.rect(104, 312, 272, 174, r)
    if "saddle" in c.form:
        c.path("M104 312h272v50q0 70-136 70T104 362z", "light", 0.5)
        c.rect(220, 410, 40, 36, 8, "#d2ad62")
        c.rect(232, 420, 16, 18, 3, "#8d6d33")
    else:
        c.line("M112 346h256", "trim", 6)
        c.rect(136, 376, 208, 86, 14, "light", 0.4)
        c.line("M360 346v34", "trim", 5)
    c.glint("M124 340v100", 5)


def backpack(c: Canvas) -> None:
    """A rucksack from the front."""
    c.shadow(240, 496, 142, 17)
    c.line("M204 170q0-44 36-44t36 44", "dark", 12)
    c.line("M142 260q-40 90-20 190M338 260q40 90 20 190", "dark", 19)
    top = 150 if "roll" in c.form else 170
    c.path(f"M136 476V{top + 70}q0-70 70-70h68q70 0 70 70V476q0 18-20 18H156q-20 0-20-18z")
    if "roll" in c.form:
        c.rect(146, 142, 188, 46, 22, "dark")
        c.rect(230, 160, 20, 80, 3, "trim")
    else:
        c.path("M140 270q0-96 66-98h68q66 2 66 98-100 34-200 0z", "light", 0.45)
        c.line("M196 250v70M284 250v70", "trim", 11)
    c.rect(164, 342, 152, 116, 20, "dark")
    c.line("M180 366h120", "#e6dcc8", 4)
    if "hik" in c.form:
        c.rect(108, 360, 32, 108, 14, "deep")
        c.rect(340, 360, 32, 108, 14, "deep")
        c.rect(140, 480, 200, 26, 13, "#c7b18a")
