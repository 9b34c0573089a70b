"""Clothes on a hanger."""

from recommender.data.synthetic.drawings.canvas import Canvas


def _hanger(c: Canvas) -> None:
    c.line("M240 84q14 2 12 16t-12 22v12", "#8a8177", 4)
    c.path("M240 130q12 0 84 42 6 10-6 10H162q-12 0-6-10 72-42 84-42z", "#b98d5c")


def _behind(c: Canvas, bottom: int, half: int) -> None:
    c.path(f"M{262 - half} 200h{2 * half}l16 {bottom - 200}H{258 - half}z", "#2a1a0e", 0.1)


def _body(c: Canvas, bottom: int, half: int, hem: int, sleeve: int, cuff: int) -> None:
    """Front of a top: shoulders, sleeves down to ``sleeve``, hem at ``bottom``."""
    left, right = 240 - half, 240 + half
    c.path(
        f"M{left + 20} 174Q{left - 14} 186 {left - 22} 232L{left - 24 - cuff} {sleeve}q20 10 42 6L{left + 18} 280z",
        "dark",
    )
    c.path(
        f"M{right - 20} 174Q{right + 14} 186 {right + 22} 232"
        f"L{right + 24 + cuff} {sleeve}q-20 10-42 6L{right - 18} 280z",
        "dark",
    )
    c.path(
        f"M206 160q34 26 68 0L{right - 18} 175Q{right + 4} 184 {right} 224L{right - 14} 276L{right - 14 + hem} {bottom}"
        f"Q240 {bottom + 16} {left + 14 - hem} {bottom}L{left + 14} 276L{left} 224Q{left - 4} 184 {left + 18} 175z"
    )


def dress(c: Canvas) -> None:
    """A dress: wrap, tiered, shirt, slip or smock."""
    _hanger(c)
    c.path("M190 200h140l60 330H170z", "#2a1a0e", 0.1)
    hem = c.vary(84, 108)
    if "slip" not in c.form:
        c.path("M196 168q-44 14-56 50l-16 78q20 14 44 8l34-60z", "dark")
        c.path("M284 168q44 14 56 50l16 78q-20 14-44 8l-34-60z", "dark")
        c.path(
            f"M204 160q36 40 72 0l26 14q8 40-14 74l-10 60 {hem - 38}"
            f" 208q-{hem} 22-{2 * hem + 0} 0l{hem - 38}-208-10-60q-22-34-14-74z"
        )
    else:
        c.line("M206 158l4 52M274 158l-4 52", "dark", 5)
        c.path(
            f"M204 206q18 14 36 0 18 14 36 0 10 30-2 66l4 40 {hem - 38}"
            f" 204q-{hem} 22-{2 * hem} 0l{hem - 38}-204 4-40q-12-36-2-66z"
        )
    c.fold("M222 330q-12 90-30 180M258 330q14 90 28 180M240 340v178", 4)
    if "wrap" in c.form:
        c.fold("M276 160q-40 70-72 140M204 160q20 40 38 62")
        c.line("M202 304q40 10 76 0M206 304l-26 70", "deep", 9)
    elif "tier" in c.form or "smock" in c.form:
        c.line("M196 346q44 14 88 0M178 428q62 18 124 0", "deep", 4, 0.6)
    elif "shirt" in c.form:
        _buttons(c, 190, 480, 34)
        c.path("M204 158l36 32 36-32 8 22-28 26-16-18-16 18-28-26z", "light")
    else:
        c.line("M206 300q34 10 68 0", "deep", 4, 0.5)


def skirt(c: Canvas) -> None:
    """A skirt clipped to a hanger."""
    c.line("M240 84q14 2 12 16t-12 22v20", "#8a8177", 4)
    c.line("M156 142h168", "#8a8177", 8)
    c.path("M186 172h130l76 330H130z", "#2a1a0e", 0.1)
    spread = 150 if "A-line" in c.form else c.vary(112, 130)
    c.path(f"M172 158h136l{spread - 68} 334q-{spread} 30-{2 * spread} 0z")
    c.rect(170, 150, 140, 27, 4, "dark")
    if "pleat" in c.form:
        c.fold("".join(f"M{240 + k * 15} 178L{240 + k * spread // 4} 500" for k in range(-3, 4)), 5)
    elif "button" in c.form:
        _buttons(c, 196, 490, 38)
    else:
        c.fold("M206 180q-24 150-40 316M274 180q24 150 40 316", 4)
    c.rect(176, 132, 18, 32, 4, "#5c5248")
    c.rect(286, 132, 18, 32, 4, "#5c5248")


def _buttons(c: Canvas, top: int, bottom: int, step: int) -> None:
    c.fold(f"M240 {top}V{bottom}")
    for y in range(top + 14, bottom, step):
        c.oval(240, y, 5, 5, "#f3ead8" if c.fill("dark") < "#9" else "#4b3a2c")


def _collar(c: Canvas) -> None:
    c.path("M204 156l36 40-20 24-30-40zM276 156l-36 40 20 24 30-40z", "light")
    c.fold("M204 156l36 40 36-40")


def blouse(c: Canvas) -> None:
    """A blouse with a tie, puffs or a band."""
    _behind(c, 430, 84)
    _hanger(c)
    _body(c, 430, 84, 12, 360 if "puff" not in c.form else 312, 16)
    if "tie" in c.form:
        c.line("M240 190q-30 20-44 90M240 190q30 30 34 100", "pale", 14)
        c.oval(240, 190, 13, 11, "light")
    elif "band" in c.form:
        c.line("M206 162q34 30 68 0", "light", 11)
        _buttons(c, 190, 420, 42)
    else:
        _buttons(c, 186, 424, 40)
        _collar(c)
    c.fold("M190 300q-4 60-12 124M290 300q4 60 12 124", 4)


def shirt(c: Canvas) -> None:
    """A shirt with collar, placket and pocket."""
    _behind(c, 452, 92)
    _hanger(c)
    short = "camp" in c.form
    _body(c, 452, 92, 4, 300 if short else 412, 6 if short else 14)
    _buttons(c, 186, 446, 44)
    if "grandad" in c.form:
        c.line("M206 162q34 30 68 0", "light", 11)
    else:
        _collar(c)
    c.path("M262 262h48v44l-24 12-24-12z", "dark", 0.5)
    if "work" in c.form:
        c.path("M170 262h48v44l-24 12-24-12z", "dark", 0.5)


def tshirt(c: Canvas) -> None:
    """A T-shirt."""
    _behind(c, 440, 92)
    _hanger(c)
    _body(c, 440, 92, 2, 400 if "long" in c.form else 284, 8)
    if "strip" in c.form:
        for y in range(246, 430, 32):
            c.rect(162, y, 156, 11, 0, "pale", 0.75)
    if "pocket" in c.form:
        c.path("M262 240h46v44l-23 11-23-11z", "dark", 0.5)
    c.line("M206 161q34 30 68 0", "dark", 8)
    c.fold("M180 300q-4 60-8 130M300 300q4 60 8 130")


def jumper(c: Canvas) -> None:
    """A knitted jumper with ribbed edges."""
    bottom = 390 if "crop" in c.form else 434
    _behind(c, bottom, 96)
    _hanger(c)
    _body(c, bottom, 96, 4, 398, 16)
    if "roll" in c.form:
        c.rect(204, 118, 72, 56, 15)
    elif "zip" in c.form:
        c.line("M208 156q32 26 64 0", "dark", 15)
        c.line("M240 172v70", "#c9bfae", 4)
    elif "shawl" in c.form:
        c.path("M200 150l40 84 40-84 16 20-56 96-56-96z", "dark")
    else:
        c.line("M206 160q34 30 68 0", "dark", 13)
    if "cable" in c.form or "fisher" in c.form:
        for x in (198, 240, 282):
            c.line(f"M{x} 214" + "q11 13 0 26t0 26" * ((bottom - 240) // 52), "light", 6, 0.6)
    c.rect(152, bottom - 22, 176, 25, 8, "dark")
    c.fold("".join(f"M{x} {bottom - 20}v20" for x in range(160, 326, 9)), 2)


def cardigan(c: Canvas) -> None:
    """A cardigan, buttoned."""
    _behind(c, 446, 96)
    _hanger(c)
    _body(c, 446, 96, 4, 402, 16)
    c.path("M204 156l36 112 36-112-8-4q-28 30-56 0z", "#efe8db")
    c.line("M204 156l36 112v174M276 156l-36 112", "dark", 13)
    for y in range(286, 440, 37):
        c.oval(240, y, 6, 6, "#d9c6a2")
    if "patch" in c.form or "chunky" in c.form:
        c.path("M166 362h52v58h-52zM262 362h52v58h-52z", "dark", 0.6)


def coat(c: Canvas) -> None:
    """A long coat."""
    _behind(c, 530, 100)
    _hanger(c)
    half = 112 if "cocoon" in c.form else 98
    _body(c, 528, half, 16, 420, 14)
    c.fold("M240 250V524", 4)
    if "collarless" not in c.form:
        c.path("M204 154l36 96-34 20-40-84zM276 154l-36 96 34 20 40-84z", "light")
        c.fold("M204 154l36 96 36-96")
    if "belt" in c.form:
        c.rect(148, 318, 184, 24, 5, "deep")
        c.rect(226, 314, 32, 32, 5, "trim")
    places = (214, 266) if "double" in c.form else (250,)
    for x in places:
        for y in (288, 372, 428):
            c.oval(x, y, 7, 7, "deep")
    c.path("M170 384l44 8v13l-44-8zM310 384l-44 8v13l44-8z", "dark")


def jacket(c: Canvas) -> None:
    """A short jacket with pockets."""
    _behind(c, 430, 98)
    _hanger(c)
    _body(c, 430, 98, 2, 408, 16)
    c.line("M240 196v232", "#c9bfae", 4)
    if "bomber" in c.form:
        c.line("M206 160q34 28 68 0", "deep", 15)
        c.rect(154, 404, 172, 28, 7, "deep")
        c.path("M176 320l36 26v12l-36-26zM304 320l-36 26v12l36-26z", "deep")
        return
    _collar(c)
    c.path("M166 338h56v62h-56zM258 338h56v62h-56z", "dark", 0.75)
    c.path("M262 240h46v42h-46z", "dark", 0.75)
    if "field" in c.form:
        c.path("M172 240h46v42h-46z", "dark", 0.75)
        c.path("M164 334h60l-30 20zM256 334h60l-30 20z", "deep", 0.8)
    for y in (226, 284, 342, 400):
        c.oval(250, y, 5, 5, "trim")


def trousers(c: Canvas) -> None:
    """Trousers clipped to a hanger."""
    c.line("M240 84q14 2 12 16t-12 22v20", "#8a8177", 4)
    c.line("M160 142h160", "#8a8177", 8)
    wide = 84 if "wide" in c.form else 46 if "taper" in c.form else 62
    bottom = 480 if "crop" in c.form else 524
    c.path(f"M186 180h140l30 {bottom - 180}H180z", "#2a1a0e", 0.1)
    c.path(
        f"M174 156h132l26 {bottom - 156}q-{wide // 2} 10-{wide}"
        f" 0L240 268l-{92 - wide} {bottom - 268}q-{wide // 2} 10-{wide} 0z"
    )
    c.fold(f"M204 190L{178 + wide // 8} {bottom - 6}M276 190l{26 - wide // 8} {bottom - 196}", 4)
    c.rect(172, 150, 136, 25, 4, "dark")
    c.fold("M240 176v84q-14-4-16-22M180 178q10 34 30 38M300 178q-10 34-30 38")
    if "pleat" in c.form:
        c.fold("M216 178v50M264 178v50", 4)
    c.oval(240, 162, 5, 5, "trim")
    c.rect(178, 130, 18, 34, 4, "#5c5248")
    c.rect(284, 130, 18, 34, 4, "#5c5248")
