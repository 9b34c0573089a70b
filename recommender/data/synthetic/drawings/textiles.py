"""Cushions, throws, bed linen, rugs, towels, curtains and tablecloths."""

from recommender.data.synthetic.drawings.canvas import Canvas


def _pattern(c: Canvas, x: int, y: int, w: int, h: int) -> None:
    """Stripes or checks where the form says so."""
    if "strip" in c.form:
        for k in range(14, w - 8, 34):
            c.rect(x + k, y, 11, h, 0, "pale", 0.6)
    if "check" in c.form:
        for k in range(10, w - 10, 44):
            c.rect(x + k, y, 18, h, 0, "pale", 0.35)
        for k in range(10, h - 10, 44):
            c.rect(x, y + k, w, 18, 0, "pale", 0.35)
    if "herring" in c.form or "waffle" in c.form:
        c.fold(
            "".join(
                f"M{x + 4} {y + k}l{w // 4} 14 {w // 4}-14 {w // 4} 14 {w // 4 - 8}-14" for k in range(16, h - 10, 24)
            ),
            2,
        )


def cushion(c: Canvas) -> None:
    """A cushion, plump, with a second one behind."""
    c.shadow(240, 492, 168, 18)
    c.lean(c.vary(6, 12), 300, 360)
    c.path("M196 252q80 12 160-2 10-2 10 8-8 90 0 190 0 10-10 8-80-12-160 0-10 2-10-8 8-100 0-188 0-10 10-8z", "pale")
    c.upright()
    c.lean(c.vary(-7, -2), 210, 370)
    c.path("M102 244q106 16 216-2 14-2 12 12-12 106 2 216 2 14-14 12-108-14-214 2-14 2-12-12 12-110-2-216-2-14 12-12z")
    _pattern(c, 108, 256, 212, 216)
    c.fold("M112 256q14 20 34 28M310 254q-12 20-32 28M112 470q12-16 30-26M312 468q-14-14-28-22")
    if "pip" in c.form:
        c.line(
            "M102 244q106 16 216-2 14-2 12 12-12 106 2 216 2 14-14 12-108-14-214 2-14 2-12-12 12-110-2-216-2-14 12-12z",
            "pale",
            5,
        )
    if "fring" in c.form:
        c.line("".join(f"M94 {y}h-16M328 {y}h16" for y in range(262, 474, 15)), "dark", 4)
    c.upright()


def throw(c: Canvas) -> None:
    """A folded blanket with its end hanging over a bench."""
    c.shadow(240, 520, 190, 16)
    c.rect(70, 418, 340, 22, 6, "#b98d5c")
    c.path("M92 440h18l-6 82H94zM388 440h-18l6 82h10z", "#a47a4b")
    c.rect(126, 352, 228, 66, 20)
    c.rect(132, 316, 216, 46, 18)
    c.fold("M140 362h200M136 384h210")
    c.path("M158 330h164q12 0 12 14v138H146V344q0-14 12-14z")
    _pattern(c, 146, 334, 188, 148)
    c.fold("M196 340q-6 70 0 138M282 340q6 70 0 138")
    if "waffle" not in c.form:
        c.line("".join(f"M{x} 482v18" for x in range(150, 334, 9)), "dark", 3)


def bed_linen(c: Canvas) -> None:
    """Folded covers with two pillows on top."""
    c.shadow(240, 500, 176, 18)
    for y, shade in ((448, "main"), (400, "light"), (352, "main")):
        c.rect(86, y, 308, 50, 20, shade)
        if shade == "main":
            _pattern(c, 96, y, 288, 50)
        c.fold(f"M104 {y + 26}q140 10 272 0")
    c.path("M98 352q-16-58 6-88 70-16 134 0 22 34 6 88-70 12-146 0z", "pale")
    c.path("M216 350q-18-60 6-92 80-16 152 0 20 36 4 92-80 12-162 0z")
    c.fold("M236 276q16 20 40 26M366 276q-14 20-36 26M240 336q14-10 26-12")


def rug(c: Canvas) -> None:
    """A rug on floorboards, seen from above."""
    c.shadow(250, 320, 220, 262)
    c.lean(c.vary(-4, 4), 240, 300)
    c.line("".join(f"M{x} 64v-16M{x} 536v16" for x in range(88, 400, 11)), "light", 3)
    c.rect(80, 62, 320, 476, 3)
    if "strip" in c.form:
        for y in range(84, 520, 52):
            c.rect(80, y, 320, c.vary(12, 26), 0, "pale", 0.7)
    elif "border" in c.form:
        c.rect(100, 84, 280, 432, 0, "pale", 0.7)
        c.rect(116, 102, 248, 396, 0, "main")
    else:
        kind = c.vary(0, 2)
        for y in range(120, 520, 90):
            if kind == 0:
                c.path(f"M240 {y - 44}l110 44-110 44-110-44z", "pale", 0.6)
                c.path(f"M240 {y - 20}l50 20-50 20-50-20z", "deep", 0.5)
            elif kind == 1:
                c.path(f"M110 {y}a60 46 0 0 1 120 0zM250 {y}a60 46 0 0 1 120 0z", "pale", 0.65)
            else:
                c.line(f"M96 {y}l36-30 36 30 36-30 36 30 36-30 36 30 36-30 36 30", "pale", 9, 0.6)
    c.upright()


def towels(c: Canvas) -> None:
    """A pile of folded towels and a bar of soap."""
    c.shadow(240, 496, 164, 17)
    for i, y in enumerate((444, 394, 344)):
        c.rect(96 + 4 * i, y, 288 - 8 * i, 52, 22, ("main", "pale", "main")[i])
        c.fold(f"M{116 + 4 * i} {y + 27}h{240 - 8 * i}", 4)
        if "rib" in c.form or "strip" in c.form:
            c.rect(300, y + 1, 12, 50, 0, "deep", 0.4)
            c.rect(320, y + 1, 6, 50, 0, "deep", 0.4)
    c.rect(186, 312, 108, 34, 15, "#f2ead9")
    c.fold("M206 322h68", 3)
    c.line("M128 344q-10-70 20-110M132 300q-22-10-28-30M138 276q22-8 30-28", "#7c8a66", 4)


def curtain(c: Canvas) -> None:
    """A pair of curtains before a bright window."""
    c.path("M120 110h240v380H120z", "#fdfbf4")
    c.path("M236 110h8v380h-8zM120 290h240v7H120z", "#d9cfbf")
    c.line("M30 82h420", "trim", 10)
    c.oval(30, 82, 12, 12, "trim")
    c.oval(450, 82, 12, 12, "trim")
    faint = 0.75 if "sheer" in c.form else 1
    c.path("M46 84h132q6 200-22 330 6 70-4 112H42z", "main", faint)
    c.path("M434 84H302q-6 200 22 330-6 70 4 112h110z", "main", faint)
    c.fold(
        "M74 90q6 240-4 434M106 90q8 230-2 434M140 90q10 220-14"
        " 434M406 90q-6 240 4 434M374 90q-8 230 2 434M340 90q-10 220 14 434",
        5,
    )
    c.line("M44 412q60 16 112 0M436 412q-60 16-112 0", "deep", 8, 0.7)


def tablecloth(c: Canvas) -> None:
    """A laid table with its cloth falling in folds."""
    c.shadow(240, 520, 196, 16)
    c.path("M104 480h14v36h-14zM362 480h14v36h-14z", "#a47a4b")
    c.path(
        "M92 322h296l40 38q6 70-6 132-30 10-54-4-30 14-62 2-30 12-62 0-34 12-66-2-30 14-62 2-30 10-58 0-12-62-6-130z"
    )
    _pattern(c, 66, 362, 348, 118)
    c.path("M92 322h296l40 38H52z", "light", 0.45)
    c.fold("M118 366q-8 70-4 118M184 366q4 70-6 120M254 366q-6 60 4 120M326 366q8 60-2 118", 5)
    c.oval(198, 334, 56, 12, "#fdfaf4")
    c.oval(198, 332, 34, 7, "#efe7da")
    c.path("M290 344q-12-50 2-74h20q14 24 2 74z", "#8fa3a0", 0.7)
    c.line("M302 270q-12-40-30-52M302 270q6-44 26-56", "#79845f", 4)
