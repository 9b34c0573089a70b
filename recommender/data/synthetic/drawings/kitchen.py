"""Kettles, cups, plates, pots, knives and boards."""

from recommender.data.synthetic.drawings.canvas import Canvas


def _steam(c: Canvas, x: int, y: int) -> None:
    c.line(f"M{x} {y}q-16-22 0-42t0-42M{x + 26} {y + 6}q-14-20 0-38t0-36", "#ffffff", 6, 0.45)


def kettle(c: Canvas) -> None:
    """A kettle with spout and handle."""
    c.shadow(236, 492, 136, 17)
    c.line("M168 316q-4-130 72-130t72 130", "trim", 13)
    if "goose" in c.form:
        c.line("M316 440q54-6 50-76-4-56 40-84", "plain", 17)
    else:
        c.path("M308 420l88-118q16-4 18 10L330 466z")
    c.path("M142 488q-20-8-16-60 8-106 114-106t114 106q4 52-16 60z")
    c.oval(240, 326, 58, 13, "dark")
    c.path("M186 322q54-34 108 0z")
    c.oval(240, 298, 11, 11, "trim")
    c.glint("M158 428q4-52 44-74", 9)
    c.fold("M140 470h200", 4)


def teapot(c: Canvas) -> None:
    """A teapot, round or tall, with its handle at the back or side."""
    tall = "tall" in c.form
    top = 270 if tall else 318
    c.shadow(240, 492, 140, 17)
    c.line("M330 350q78-14 74 44-4 58-84 60" if "side" not in c.form else "M300 330L398 262", "dark", 15)
    c.path("M158 440q-44-18-54-66-6-34-40-50 10-16 28-10 40 18 50 46l44 14z")
    c.path(f"M164 488q-46-40-30-104 10-{384 - top} 106-{384 - top}t106 {384 - top}q16 64-30 104z")
    c.oval(240, top + 2, 54, 12, "dark")
    c.path(f"M190 {top}q50-38 100 0z")
    c.oval(240, top - 24, 12, 11, "trim" if c.family in {"metal", "glass"} else "main")
    c.glint(f"M160 410q2-46 34-{70 if not tall else 90}", 9)


def mug(c: Canvas) -> None:
    """A mug that steams."""
    top = 266 if "tall" in c.form else 330 if "espresso" in c.form else 306
    half = 104 if "wide" in c.form else 82
    _steam(c, 226, top - 14)
    c.shadow(246, 492, half + 32, 15)
    right = 240 + half
    middle = (top + 480) // 2
    c.line(f"M{right - 6} {middle - 50}q70-14 66 48-4 56-72 50", "dark", 17)
    c.path(f"M{240 - half} {top}h{2 * half}l-8 150q-4 38-36 38H{240 - half + 44}q-32 0-36-38z")
    c.oval(240, top, half, 19, "light")
    c.oval(240, top + 4, half - 11, 14, "#5a3a24")
    if "speck" in c.form:
        for _ in range(16):
            c.oval(c.vary(240 - half + 14, 226 + half), c.vary(top + 34, 470), 2, 2, "#4a3526", 0.55)
    c.glint(f"M{240 - half + 18} {top + 38}v84", 8)


def carafe(c: Canvas) -> None:
    """A carafe with a glass beside it."""
    c.shadow(236, 494, 128, 15)
    c.path(
        "M196 196h68q-4 50 4 78 12 28 34 60 38 66 22 138-6 18-26 18H162q-20 0-26-18-16-72 22-138 22-32 34-60 8-28 4-78z"
    )
    c.path(
        "M150 390q80 18 160 0 24 60 8 88-6 8-20 8H162q-14 0-20-8-16-28 8-88z",
        "#dbe9ea" if c.family == "glass" else "dark",
        0.5,
    )
    c.oval(230, 196, 34, 8, "pale")
    if "stopper" in c.form:
        c.rect(214, 152, 32, 48, 9, "#b98d5c")
    if "rib" in c.form:
        c.fold("M186 330l-24 150M214 320l-8 164M246 320l8 164M274 330l24 150")
    c.glint("M172 420q2-50 34-96", 8)
    c.path("M336 392h72l-8 96h-56z", "#ffffff", 0.5)
    c.oval(372, 392, 36, 8, "#ffffff", 0.8)


def plates(c: Canvas) -> None:
    """A stack of plates with one stood behind."""
    c.shadow(240, 494, 172, 17)
    c.oval(248, 300, 142, 142, "dark")
    c.oval(240, 296, 142, 142)
    c.oval(240, 296, 142 - c.vary(28, 42), 142 - c.vary(28, 42), "light", 0.5)
    if "speck" in c.form:
        for _ in range(22):
            c.oval(c.vary(150, 330), c.vary(206, 386), 2, 2, "#4a3526", 0.5)
    if "rim" in c.form:
        c.line("M116 296a124 124 0 1 1 248 0a124 124 0 1 1-248 0", "deep", 4, 0.7)
    for y in (478, 462, 446, 430):
        c.oval(240, y, 150, 18, "dark")
        c.oval(240, y - 6, 150, 18)
    c.oval(240, 423, 96, 9, "light", 0.6)


def bowl(c: Canvas) -> None:
    """A bowl of lemons."""
    c.shadow(240, 494, 132, 16)
    for x, y in ((186, 340), (240, 322), (294, 342), (216, 356), (268, 356)):
        c.oval(x, y, 38, 32, "#e2b93f")
        c.oval(x - 9, y - 10, 15, 10, "#f4dc87", 0.7)
    c.path("M86 352h308q-10 96-92 124H178q-82-28-92-124z")
    c.path("M86 352h308l-3 17q-152 30-302 0z", "light", 0.45)
    if "foot" in c.form:
        c.path("M196 470h88l16 24H180z", "dark")
    else:
        c.rect(180, 472, 120, 19, 6, "dark")
    c.glint("M112 388q12 44 44 64", 8)


def pan(c: Canvas) -> None:
    """A frying pan from above, an egg in it."""
    c.shadow(216, 420, 168, 96)
    c.line("M320 250L432 138", "trim", 26)
    c.oval(424, 146, 6, 6, "#3a2b20")
    if "two" in c.form:
        c.line("M88 442l-26 26", "dark", 26)
    c.oval(212, 364, 160, 160, "dark")
    c.oval(212, 360, 160, 160)
    c.oval(212, 364, 130, 130, "deep")
    c.oval(212, 364, 130, 130, "#15100c", 0.25)
    c.path("M150 350q-10-50 50-54 34-2 54 24 50 0 48 50-4 50-60 44-24 30-60 8-50-10-32-72z", "#fdfaf2")
    c.oval(224, 358, 34, 32, "#eba93c")
    c.oval(214, 348, 10, 8, "#fbdc9a", 0.8)


def casserole(c: Canvas) -> None:
    """A pot with a lid and two handles."""
    half = 156 if "oval" in c.form else 136
    top = 350 if "shallow" in c.form else 318
    c.shadow(240, 494, half + 30, 17)
    c.rect(240 - half - 34, top + 26, 60, 26, 12, "dark")
    c.rect(240 + half - 26, top + 26, 60, 26, 12, "dark")
    c.path(f"M{240 - half} {top}h{2 * half}v100q0 70-52 70h-{2 * half - 104}q-52 0-52-70z")
    c.path(f"M{240 - half - 6} {top}q6-58 {half + 6}-62t{half + 6} 62z")
    c.rect(240 - half - 8, top - 8, 2 * half + 16, 17, 8, "dark")
    c.oval(240, top - 72, 20, 15, "#c9a25a")
    c.glint(f"M{240 - half + 24} {top + 32}v70", 10)


def knife(c: Canvas) -> None:
    """A kitchen knife laid on a cloth."""
    c.lean(-38, 240, 330)
    c.path("M40 250h400v190H40z", "#ffffff", 0.45)
    c.shadow(250, 372, 230, 24)
    edge = 60 if "broad" in c.form or "santoku" in c.form else 38
    c.path(f"M186 322H440q24 4 16 16-60 {edge}-120 {edge}H186z", "#c9cdd0")
    c.path("M186 322H440q20 3 18 9H186z", "#f3f5f6", 0.8)
    if "bread" in c.form:
        c.line("M190 361" + "q6 9 12 0" * 13, "#8f959a", 2)
    c.rect(170, 318, 20, 44, 3, "#8b8f93")
    c.rect(24, 318, 150, 38, 13, "trim")
    for x in (56, 98, 140):
        c.oval(x, 337, 5, 5, "#e3d6b8")
    c.upright()


def board(c: Canvas) -> None:
    """A chopping board leaning on the wall, with tomatoes."""
    c.shadow(240, 488, 152, 16)
    if "handle" in c.form:
        c.path("M214 226V150q0-24 26-24t26 24v76z")
        c.oval(240, 156, 9, 9, "#3a2b20", 0.6)
    c.rect(130, 214, 220, 268, 26)
    if "end" in c.form:
        c.fold("M130 276h220M130 340h220M130 404h220M184 216v264M240 216v264M296 216v264", 2)
    else:
        c.line("M152 240h176v216H152z", "dark", 4, 0.4)
    for x, r in ((340, 32), (392, 26)):
        c.oval(x, 484 - r, r, r, "#b8452f")
        c.oval(x - 9, 474 - r, 9, 6, "#eab3a0", 0.7)
        c.line(f"M{x} {486 - 2 * r}l-9-6M{x} {486 - 2 * r}l9-6M{x} {486 - 2 * r}v-10", "#64743f", 4)
