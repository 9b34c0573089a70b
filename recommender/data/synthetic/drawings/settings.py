"""What stands behind a product: a room, a table top, a wall with a peg, open ground."""

from recommender.data.synthetic.drawings.canvas import HEIGHT, WIDTH, Canvas, lightness, mixed

_LIGHT_WALLS = ("#f2ece2", "#ece4d6", "#e9e7de", "#f0e6dd", "#e3e4da", "#ebe1df", "#e2e6e6")
_DEEP_WALLS = ("#cdbda6", "#bfc2b0", "#c9b0a0", "#b9bfc2", "#c6b9b4")


def wall_colour(canvas: Canvas) -> str:
    """A warm neutral with a breath of the product's colour, deep behind pale things."""
    walls = _DEEP_WALLS if lightness(canvas.colour) > 0.76 else _LIGHT_WALLS
    return mixed(walls[canvas.vary(0, len(walls) - 1)], canvas.colour, 0.07)


def _wall(wall: str, horizon: int) -> str:
    top, bottom = mixed(wall, "#ffffff", 0.3), mixed(wall, "#8a6f55", 0.1)
    return (
        f'<linearGradient id="w" x2=".25" y2="1"><stop stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/>'
        f'</linearGradient><path d="M0 0h{WIDTH}v{horizon}H0z" fill="url(#w)"/>'
    )


def _ground(colour: str, horizon: int) -> str:
    near = mixed(colour, "#ffffff", 0.18)
    return (
        f'<linearGradient id="g" x2="0" y2="1"><stop stop-color="{colour}"/><stop offset="1" stop-color="{near}"/>'
        f'</linearGradient><path d="M0 {horizon}h{WIDTH}V{HEIGHT}H0z" fill="url(#g)"/>'
    )


def _daylight(canvas: Canvas, horizon: int) -> str:
    """Light of a window on the wall: a slanted pane, an arch, or none."""
    x, choice = canvas.vary(-40, 190), canvas.vary(0, 2)
    if choice == 0:
        return ""
    if choice == 1:
        return f'<path d="M{x} 0h96l120 {horizon}h-96zM{x + 128} 0h70l120 {horizon}h-70z" fill="#fff" opacity=".22"/>'
    x = 60 + x // 2
    return f'<path d="M{x} {horizon}V210a130 130 0 0 1 260 0v{horizon - 210}z" fill="#fff" opacity=".2"/>'


def room(canvas: Canvas) -> str:
    """A wall and a floor far enough away for furniture."""
    wall, horizon = wall_colour(canvas), 426
    skirting = f'<path d="M0 {horizon - 9}h{WIDTH}v9H0z" fill="#fff" opacity=".28"/>'
    return _wall(wall, horizon) + _daylight(canvas, horizon) + skirting + _ground(mixed(wall, "#8f6a45", 0.32), horizon)


def table(canvas: Canvas) -> str:
    """A table top before a wall, for things one holds in a hand."""
    wall, horizon = wall_colour(canvas), 418
    return _wall(wall, horizon) + _daylight(canvas, horizon) + _ground(mixed(wall, "#a98a68", 0.22), horizon)


def pegs(canvas: Canvas) -> str:
    """A wall with a rail to hang clothes from."""
    wall = wall_colour(canvas)
    rail = mixed("#b98d5c", wall, 0.15)
    return (
        _wall(wall, HEIGHT)
        + _daylight(canvas, HEIGHT)
        + f'<path d="M0 74h{WIDTH}v18H0z" fill="{rail}"/><path d="M0 92h{WIDTH}v5H0z" fill="#2a1a0e" opacity=".12"/>'
        f'<circle cx="240" cy="84" r="11" fill="{mixed(rail, "#2a1a0e", 0.25)}"/>'
    )


def wall(canvas: Canvas) -> str:
    """A plain wall, for what hangs on it or from above."""
    return _wall(wall_colour(canvas), HEIGHT) + _daylight(canvas, HEIGHT)


def floor(canvas: Canvas) -> str:
    """A floor seen from above."""
    colour = mixed(wall_colour(canvas), "#a98a68", 0.25)
    boards = "".join(f"M0 {y}h{WIDTH}" for y in range(60, HEIGHT, 75))
    return _wall(colour, HEIGHT) + f'<path d="{boards}" stroke="#2a1a0e" stroke-opacity=".08" stroke-width="2"/>'


def outside(canvas: Canvas) -> str:
    """Open ground with hills in the haze."""
    wall, shift = wall_colour(canvas), canvas.vary(-30, 30)
    far, near = mixed(wall, "#7f9183", 0.25), mixed(wall, "#76805f", 0.42)
    return (
        _wall(mixed(wall, "#dfe8ea", 0.4), 440)
        + f'<path d="M0 {372 + shift}q130-70 260-14t220-40V440H0z" fill="{far}"/>'
        + _ground(near, 424)
    )
