"""Lamps, lanterns and bulbs; what is lit glows."""

from recommender.data.synthetic.drawings.canvas import Canvas

_WARM = "#fff3d2"


def _glow(c: Canvas, cx: int, cy: int, r: int) -> None:
    c.oval(cx, cy, r, r, _WARM, 0.22)
    c.oval(cx, cy, r * 2 // 3, r * 2 // 3, _WARM, 0.3)


def _shade(c: Canvas, y: int, top: int, bottom: int, height: int, pleats: bool) -> None:
    d = f"M{240 - top} {y}h{2 * top}L{240 + bottom} {y + height}H{240 - bottom}z"
    c.path(d, "#f6ead0" if c.family not in {"cloth", "knit"} else "main")
    c.path(d, "#fff6df", 0.35)
    if pleats:
        c.fold("".join(f"M{240 + k * top // 5} {y}L{240 + k * bottom // 5} {y + height}" for k in range(-4, 5)), 2)
    c.oval(240, y + height, bottom, max(5, bottom // 9), "#fffaf0")


def table_lamp(c: Canvas) -> None:
    """A table lamp: mushroom, gourd, pleated or column."""
    _glow(c, 240, 270, 190)
    c.shadow(240, 492, 92, 15)
    if "mushroom" in c.form:
        c.path("M222 320h36q-2 90 34 150 6 18-12 18h-80q-18 0-12-18 36-60 34-150z")
        c.path("M112 316q0-128 128-128t128 128q-128 26-256 0z")
        c.oval(240, 318, 112, 14, _WARM, 0.8)
        c.glint("M150 282q14-50 56-68")
        return
    if "gourd" in c.form:
        c.path(
            "M226 316h28q0 26-4 34 30 10 30 42-2 18-8 22 36 18 32 46"
            "-4 30-30 30h-68q-26 0-30-30-4-28 32-46-6-4-8-22 0-32 30-42-4-8-4-34z"
        )
        c.glint("M214 392q-2-16 12-24M192 462q0-20 14-28")
    elif "column" in c.form:
        c.rect(216, 316, 48, 152, 8)
        c.rect(180, 462, 120, 28, 10)
        c.glint("M226 330v118")
    else:
        c.path("M228 316h24q0 40 26 70 40 52 12 96-6 8-20 8h-60q-14 0-20-8-28-44 12-96 26-30 26-70z")
        c.glint("M200 452q-8-30 14-56")
    c.rect(233, 300, 14, 22, 3, "trim")
    _shade(c, 178, c.vary(62, 78), c.vary(112, 124), 130, "pleat" in c.form)


def desk_lamp(c: Canvas) -> None:
    """A lamp on a jointed arm."""
    c.path("M172 262L96 440h260z", _WARM, 0.3)
    c.shadow(300, 492, 92, 13)
    c.oval(300, 484, 70, 15, "dark")
    c.oval(300, 478, 70, 15)
    if "goose" in c.form:
        c.line("M300 474Q340 180 250 170 190 168 186 220", "plain", 10)
    else:
        c.line("M300 474l56-140L216 212", "plain", 9)
        c.oval(356, 334, 11, 11, "trim")
        c.oval(300, 472, 12, 9, "trim")
    c.lean(34, 200, 220)
    c.path("M176 196h48l34 76H142z")
    c.oval(200, 272, 58, 13, _WARM)
    c.rect(186, 178, 28, 22, 7, "dark")
    c.upright()


def floor_lamp(c: Canvas) -> None:
    """A lamp that stands on the floor."""
    if "arc" in c.form:
        c.shadow(130, 508, 76, 12)
        c.oval(130, 500, 58, 13)
        c.line("M130 496V240Q134 92 250 92q84 2 92 92", "plain", 8)
        _glow(c, 342, 240, 130)
        c.path("M276 244q4-66 66-66t66 66z")
        c.oval(342, 245, 66, 11, _WARM)
        return
    _glow(c, 240, 180, 170)
    c.shadow(240, 508, 92, 13)
    if "tripod" in c.form:
        c.line("M240 224l-76 280M240 224l76 280M240 224v270", "trim", 10)
        c.line("M202 364h76", "trim", 5)
    else:
        c.line("M240 220v276", "plain", 9)
        c.oval(240, 500, 62, 13)
    if "read" in c.form:
        c.line("M240 220q6-60 70-66", "plain", 8)
        c.path("M286 128l62-10 18 60-88 14z")
        c.oval(322, 186, 44, 9, _WARM)
        return
    _shade(c, 108, 58, 92, 122, c.vary(0, 1) == 1)


def pendant(c: Canvas) -> None:
    """A lamp that hangs from the ceiling."""
    c.line("M240 0v178", "#3a322c", 4)
    c.rect(226, 166, 28, 30, 7, "trim")
    _glow(c, 240, 372, 200)
    if "globe" in c.form:
        c.oval(240, 300, 112, 112)
        if c.family == "glass":
            c.oval(240, 300, 40, 40, _WARM, 0.75)
        else:
            c.oval(240, 398, 52, 11, "#fff8e6")
        c.glint("M164 272q12-42 46-60", 9)
        return
    shapes = {
        "dome": "M112 330q0-138 128-138t128 138z",
        "cone": "M220 192h40l104 142H116z",
        "bell": "M216 192h48q18 30 22 70 6 50 62 74H132q56-24 62-74 4-40 22-70z",
    }
    c.path(next((d for word, d in shapes.items() if word in c.form), shapes["dome"]))
    c.oval(240, 332, 122, 19, "#fff8e6")
    c.oval(240, 334, 34, 17, "#ffffff")
    c.glint("M152 300q10-50 46-76", 7)


def wall_light(c: Canvas) -> None:
    """A lamp on the wall."""
    _glow(c, 240, 280, 200)
    c.shadow(252, 420, 70, 40)
    if "disc" in c.form:
        c.oval(250, 310, 118, 118, "#2a1a0e", 0.12)
        c.oval(240, 296, 118, 118, _WARM)
        c.oval(240, 296, 98, 98)
        c.glint("M170 270q14-36 46-50", 8)
        return
    c.rect(206, 340, 68, 104, 30)
    c.line("M240 376q0-46 0-80" if "globe" in c.form else "M240 390q-10-80-66-96", "plain", 11)
    if "globe" in c.form:
        c.oval(240, 236, 78, 78, "#fdf3dc")
        c.oval(240, 236, 52, 52, "#ffffff", 0.8)
        c.rect(216, 304, 48, 18, 6, "trim")
        return
    c.path("M128 214h92l34 92H94z")
    c.oval(174, 306, 80, 13, "#fff8e6")


def lantern(c: Canvas) -> None:
    """A lantern with a flame."""
    _glow(c, 240, 350, 180)
    c.shadow(240, 496, 104, 15)
    c.line("M180 216q60-120 120 0", "plain", 7)
    c.path("M206 196h68l38 46H168z")
    c.path("M172 242h136v210H172z", "#fff6dd", 0.55)
    c.path("M240 312q32 44 0 76-32-32 0-76z", "#e8a24a")
    c.path("M240 340q14 24 0 42-14-18 0-42z", "#fff0b8")
    c.rect(222, 388, 36, 62, 5, "#f4ecdc")
    for x in (168, 234, 300):
        c.rect(x, 240, 12 if x != 234 else 5, 214, 2, "plain" if x != 234 else "dark", 1 if x != 234 else 0.4)
    c.rect(156, 450, 168, 40, 7)
    c.rect(162, 236, 156, 13, 4, "dark")


def bulb(c: Canvas) -> None:
    """A bulb with a visible filament."""
    _glow(c, 240, 290, 190)
    c.shadow(240, 496, 64, 11)
    shapes = {
        "globe": "M214 412q-2-26-28-46-48-36-48-92 0-100 102-100t102 100q0 56-48 92-26 20-28 46z",
        "tube": "M206 412V206q0-40 34-40t34 40v206z",
        "tear": "M216 412q0-40-32-76-38-44-22-96 16-64 78-64t78 64q16 52-22 96-32 36-32 76z",
        "candle": "M214 412q-24-60-20-116 6-70 46-130 40 60 46 130 4 56-20 116z",
    }
    c.path(next((d for word, d in shapes.items() if word in c.form), shapes["tear"]))
    c.line("M232 400l-14-90 12-50 10 44 10-44 12 50-14 90", "#e59a3c", 4)
    c.glint("M180 260q4-40 34-56")
    c.rect(210, 406, 60, 62, 7, "#b7a27a")
    c.fold("M212 424l56 7M212 440l56 7M212 456l56 7", 4)
    c.rect(222, 466, 36, 22, 9, "#4a3f34")
