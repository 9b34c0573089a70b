"""Garden, camping and sport."""

from recommender.data.synthetic.drawings.canvas import Canvas

_LEAVES = ("#6f8158", "#5c7350", "#86946a", "#4e6a56")


def pot(c: Canvas) -> None:
    """A pot with a plant in it."""
    leaf = _LEAVES[c.vary(0, 3)]
    if "hang" in c.form:
        c.line("M240 20L150 330M240 20l90 310", "#8a7558", 4)
    else:
        c.shadow(240, 496, 112, 15)
    kind = c.vary(0, 2)
    if kind == 0:
        c.line("M240 340V200", "#6b5a42", 8)
        for x, y, r in ((240, 160, 66), (186, 206, 48), (296, 204, 50), (240, 226, 46)):
            c.oval(x, y, r, r, leaf)
        c.oval(216, 146, 26, 20, "#ffffff", 0.12)
    elif kind == 1:
        for k, length in ((-3, 150), (-2, 200), (-1, 240), (1, 236), (2, 196), (3, 140)):
            x = 240 + k * 38
            c.path(
                f"M236 346q{k * 14}-{length // 2} {x - 236}-{length} {10 - k * 4} {length // 2} {244 - x} {length}z",
                leaf,
            )
    else:
        for dx, dy in ((-88, 214), (-46, 160), (20, 140), (74, 178), (96, 246), (-20, 240)):
            c.line(f"M240 344Q{240 + dx // 3} 260 {240 + dx} {dy + 30}", "#6b7a50", 5)
            c.path(f"M{240 + dx} {dy + 40}q-44-24-20-70 42-8 54 26 4 40-34 44z", leaf)
    if "foot" in c.form:
        c.path("M190 466l-18 30h18l14-28zM290 466l18 30h-18l-14-28z", "dark")
    taper = 34 if "taper" in c.form else 20
    c.path(f"M142 344h196l-{taper} 132q-4 16-20 16h-{156 - 2 * taper}q-16 0-20-16z")
    c.rect(132, 330, 216, 40, 8)
    c.fold("M140 372h200", 4)
    if "rib" in c.form:
        c.fold("".join(f"M{x} 376L{240 + (x - 240) * 4 // 5} 486" for x in range(166, 330, 24)), 4)


def watering_can(c: Canvas) -> None:
    """A watering can."""
    c.shadow(226, 494, 150, 16)
    c.line("M122 356q-66 6-56 76 8 46 62 44", "dark", 14)
    c.line("M150 306q50-90 130-10", "dark", 12)
    if "long" in c.form or "indoor" in c.form:
        c.path("M286 460q74-20 84-120 6-60 46-96l14 14q-30 30-36 90-10 130-108 150z")
    else:
        c.path("M286 446l110-150 20 14-104 170z")
        c.path("M378 270l54 40-8 14-62-44z", "dark")
    c.path("M118 310h180l10 168q0 14-16 14H124q-16 0-16-14z")
    c.oval(208, 310, 90, 17, "dark")
    c.path("M118 310q0-18 90-18v34q-90 0-90-16z", "light", 0.6)
    c.fold("M114 356h186M110 456h196", 4)
    c.glint("M140 340v120", 9)


def garden_chair(c: Canvas) -> None:
    """A slatted chair for outdoors."""
    c.shadow(240, 506, 140, 15)
    lounge = "lounge" in c.form
    top = 240 if lounge else 176
    if "fold" in c.form or "bistro" in c.form:
        c.line("M170 506L304 356M310 506L176 356", "plain", 11)
    else:
        c.line("M164 384l-12 122M316 384l12 122", "plain", 12)
    c.line(f"M164 384L156 {top}M316 384l8-{384 - top}", "plain", 12)
    for y in range(top + 8, 352, 34):
        c.rect(156, y, 168, 21, 8)
    for i in range(4):
        c.rect(150 - 4 * i, 360 + 15 * i, 180 + 8 * i, 12, 5)
    if lounge:
        c.rect(106, 330, 32, 12, 6, "dark")
        c.line("M112 336h50M318 336h50M124 338l-8 130M356 338l8 130", "plain", 12)


def parasol(c: Canvas) -> None:
    """A parasol, open."""
    c.shadow(240, 510, 110, 14)
    c.rect(180, 486, 120, 26, 8, "#8d8578")
    if "tilt" in c.form:
        c.lean(12, 240, 330)
    c.rect(234, 130, 12, 364, 4, "#b98d5c")
    c.path("M40 268q40-160 200-168 160 8 200 168-50-26-100 0-50-26-100 0-50-26-100 0-50-26-100 0z")
    c.path("M240 100q-90 30-100 168 50-26 100 0z", "pale", 0.75 if "strip" in c.form else 0.25)
    c.path("M240 100q90 30 100 168 50-26 100 0-40-160-200-168z", "dark", 0.35)
    if "fring" in c.form:
        c.line("".join(f"M{x} 262v16" for x in range(48, 440, 12)), "pale", 4)
    c.oval(240, 98, 8, 8, "#b98d5c")
    if "tilt" in c.form:
        c.upright()


def trowel(c: Canvas) -> None:
    """Trowel and fork, crossed against the wall."""
    c.shadow(240, 494, 150, 16)
    for angle, fork in ((-16, False), (16, True)):
        c.lean(angle, 240, 490)
        c.rect(226, 130, 28, 136, 13, "trim")
        c.rect(233, 260, 14, 76, 4, "#8b8f93")
        if fork:
            c.line("M240 330v30M196 470V392q0-32 44-32t44 32v78M240 360v116", "#a9aeb1", 13)
        else:
            c.path("M200 342q40-26 80 0l6 60q-10 60-46 90-36-30-46-90z", "#b9bec1")
            c.fold("M240 350v110", 5)
            c.glint("M214 360v60", 5)
        c.upright()
    c.oval(240, 430, 22, 9, "#8a7050")


def bird_house(c: Canvas) -> None:
    """A bird house on its post or branch."""
    if "hang" in c.form:
        c.line("M240 40v110", "#8a7558", 5)
    else:
        c.shadow(240, 520, 60, 10)
        c.rect(226, 430, 28, 92, 3, "#8a6b4a")
    c.path("M146 270L240 176l94 94v164H146z", "#d2ae80")
    c.fold("M146 330h188M146 388h188", 3)
    c.path("M240 134L382 276l-24 22L240 184 122 298l-24-22z")
    if "feed" in c.form:
        c.path("M188 300h104v88H188z", "#3a2a1e", 0.75)
        c.path("M188 372q50-20 104 0v16H188z", "#c79a4a")
    else:
        c.oval(240, 302, 34, 34, "#33251b")
        c.oval(240, 306, 30, 30, "#1e150f")
    c.rect(236, 350, 8, 46, 4, "#8a6b4a")
    c.path("M250 352q2-30 34-32 20 2 24 22l16 4-16 7q-10 26-44 20l-20 10z", "#58708a")
    c.path("M262 372q20 10 40-10-8-14-26-12z", "#c98b5a")
    c.oval(298, 336, 3, 3, "#16110d")
    c.rect(130, 428, 220, 17, 4, "dark")


def tent(c: Canvas) -> None:
    """A tent pitched on grass."""
    c.shadow(240, 484, 210, 20)
    if "dome" in c.form or "two" in c.form:
        c.path("M40 480q50-240 200-240t200 240z")
        c.path("M240 240q-40 90-30 240h-90q20-170 120-240z", "dark", 0.6)
        c.path("M176 480q-4-110 64-160 68 50 64 160z", "#3b2c22")
        c.path("M240 320q68 50 64 160h-34q2-100-30-160z", "light")
        c.line("M40 480q50-240 200-240t200 240", "deep", 5)
    else:
        c.path("M240 216L446 480H34z")
        c.path("M240 216L34 480h96z", "dark", 0.7)
        c.path("M240 250l80 230H160z", "#3b2c22")
        c.path("M240 250l80 230h-40zM240 250l-80 230h34z", "light")
        c.line("M240 216v-22M240 218l206 264M240 218L34 482", "deep", 5)
    c.line("M34 482l-24 16M446 482l24 16", "#efe6d2", 3)


def sleeping_bag(c: Canvas) -> None:
    """A sleeping bag, half rolled."""
    c.shadow(240, 490, 200, 17)
    c.path("M190 400h220q30 4 30 40t-30 46H190z")
    c.fold("M240 402v82M290 402v82M340 402v82M390 404v80", 4)
    c.path("M190 486h230q14-4 18-18H190z", "#efe3cb", 0.8)
    c.oval(170, 390, 96, 96)
    c.line("M170 318a72 72 0 1 0 72 72 56 56 0 1 0-56 56 40 40 0 1 1 20-58", "pale", 9, 0.8)
    c.rect(80, 378, 180, 17, 4, "deep")
    c.rect(156, 372, 28, 28, 5, "#d9c9a6")


def flask(c: Canvas) -> None:
    """An insulated flask."""
    half = 72 if "wide" in c.form else 56
    c.shadow(244, 494, half + 40, 14)
    c.rect(240 - half + 10, 138, 2 * half - 20, 76, 12, "#d8d4cb" if c.vary(0, 1) else "#c9a472")
    c.rect(240 - half + 4, 206, 2 * half - 8, 17, 4, "deep")
    c.rect(240 - half, 218, 2 * half, 272, 22)
    c.rect(240 - half, 448, 2 * half, 14, 0, "pale", 0.5)
    if "travel" in c.form:
        c.line(f"M{240 + half - 12} 160q50 10 40 70", "dark", 9)
    c.glint(f"M{240 - half + 20} 246v190", 10)
    c.path("M224 330l16-26 16 26h-9l13 24h-40l13-24z", "#ffffff", 0.75)


def yoga_mat(c: Canvas) -> None:
    """A rolled mat with its end unrolled."""
    c.shadow(240, 496, 210, 16)
    c.path("M180 430l250 30q24 8 12 30H160z")
    c.path("M160 486h284q8 10-10 12H170z", "deep")
    c.oval(140, 420, 78, 78, "dark")
    c.oval(134, 416, 76, 76)
    c.line("M134 350a66 66 0 1 0 66 66 52 52 0 1 0-52 52 38 38 0 1 1 34-56 22 22 0 1 1-34-2", "deep", 7, 0.7)
    c.path("M134 340q60-6 78 70l-2 76q30-70-8-120-24-30-68-26z", "light", 0.4)
    c.line("M120 342q-30 70 0 152", "#c9b18a", 13)


def dumbbell(c: Canvas) -> None:
    """Two dumbbells."""
    for x, y, shade in ((58, 398, "dark"), (0, 452, "main")):
        c.shadow(222 + x, y + 42, 170, 14)
        c.rect(130 + x, y - 12, 184, 24, 8, "#a9a59d")
        c.fold("".join(f"M{k + x} {y - 9}v18" for k in range(188, 262, 9)), 2)
        for left in (60, 280):
            if "hex" in c.form:
                c.path(f"M{left + x + 18} {y - 46}h64l16 26v40l-16 26h-64l-16-26v-40z", shade)
                c.fold(f"M{left + x + 2} {y - 20}h96M{left + x + 2} {y + 20}h96", 3)
            else:
                c.rect(left + x + (52 if left > 100 else 0), y - 36, 44, 72, 12, shade)
                c.rect(left + x + (0 if left > 100 else 42), y - 50, 52, 100, 14, shade)


def helmet(c: Canvas) -> None:
    """A cycling helmet from the side."""
    c.shadow(244, 490, 170, 16)
    c.line("M150 406q30 90 96 76 40-10 60-76", "#3c342d", 9)
    c.path("M66 400q-10-190 176-196 176 4 186 176 2 20-20 22-180 12-322 14-18 0-20-16z")
    for d in (
        "M120 296q40-60 100-70-50 40-64 100z",
        "M214 320q20-70 80-90-24 50-28 96z",
        "M312 318q10-50 50-64 14 30 14 60z",
    ):
        c.path(d, "#2b2420", 0.75)
    c.path("M66 396q170 12 360-14 4 18-18 20-180 12-322 14-18 0-20-20z", "deep")
    if "city" in c.form or "child" in c.form:
        c.path("M404 376q50 0 66 24-40 12-74 2z", "deep")
    c.glint("M104 300q20-60 90-80", 9)
    c.rect(234, 456, 26, 32, 6, "#3c342d")
