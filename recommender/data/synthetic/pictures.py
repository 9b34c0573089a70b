"""A picture for every product: its silhouette in its material and colour, in a quiet setting, as SVG.

Equal products and seeds give equal files. Pictures refer to nothing outside themselves and hold no script.
"""

from collections.abc import Callable

import numpy as np

from recommender.data.synthetic.catalogue import Product
from recommender.data.synthetic.drawings import (
    beauty,
    books,
    clothing,
    furniture,
    kitchen,
    lighting,
    outdoors,
    play,
    settings,
    shoes,
    textiles,
)
from recommender.data.synthetic.drawings.canvas import HEIGHT, WIDTH, Canvas

Drawing = Callable[[Canvas], None]
Setting = Callable[[Canvas], str]

_TRIMS = ("#b98d5c", "#8a6544", "#5d4535", "#c2a063", "#d2b48a")
_METAL_TRIMS = ("#c9a04f", "#b9bcbe", "#3f3b38")

SCENES: dict[str, tuple[Drawing, Setting]] = {
    "sofa": (furniture.sofa, settings.room),
    "armchair": (furniture.armchair, settings.room),
    "dining_chair": (furniture.dining_chair, settings.room),
    "stool": (furniture.stool, settings.room),
    "table": (furniture.table, settings.room),
    "coffee_table": (furniture.coffee_table, settings.room),
    "side_table": (furniture.side_table, settings.room),
    "bookcase": (furniture.bookcase, settings.room),
    "sideboard": (furniture.sideboard, settings.room),
    "bed": (furniture.bed, settings.room),
    "table_lamp": (lighting.table_lamp, settings.table),
    "desk_lamp": (lighting.desk_lamp, settings.table),
    "floor_lamp": (lighting.floor_lamp, settings.room),
    "pendant": (lighting.pendant, settings.wall),
    "wall_light": (lighting.wall_light, settings.wall),
    "lantern": (lighting.lantern, settings.outside),
    "bulb": (lighting.bulb, settings.table),
    "kettle": (kitchen.kettle, settings.table),
    "teapot": (kitchen.teapot, settings.table),
    "mug": (kitchen.mug, settings.table),
    "carafe": (kitchen.carafe, settings.table),
    "plates": (kitchen.plates, settings.table),
    "bowl": (kitchen.bowl, settings.table),
    "pan": (kitchen.pan, settings.floor),
    "casserole": (kitchen.casserole, settings.table),
    "knife": (kitchen.knife, settings.floor),
    "board": (kitchen.board, settings.table),
    "cushion": (textiles.cushion, settings.room),
    "throw": (textiles.throw, settings.room),
    "bed_linen": (textiles.bed_linen, settings.table),
    "rug": (textiles.rug, settings.floor),
    "towels": (textiles.towels, settings.table),
    "curtain": (textiles.curtain, settings.room),
    "tablecloth": (textiles.tablecloth, settings.room),
    "dress": (clothing.dress, settings.pegs),
    "skirt": (clothing.skirt, settings.pegs),
    "blouse": (clothing.blouse, settings.pegs),
    "jumper": (clothing.jumper, settings.pegs),
    "cardigan": (clothing.cardigan, settings.pegs),
    "coat": (clothing.coat, settings.pegs),
    "jacket": (clothing.jacket, settings.pegs),
    "shirt": (clothing.shirt, settings.pegs),
    "tshirt": (clothing.tshirt, settings.pegs),
    "trousers": (clothing.trousers, settings.pegs),
    "boot": (shoes.boot, settings.room),
    "trainer": (shoes.trainer, settings.room),
    "sandal": (shoes.sandal, settings.room),
    "loafer": (shoes.loafer, settings.room),
    "shoe_care": (shoes.shoe_care, settings.table),
    "tote": (shoes.tote, settings.table),
    "crossbody": (shoes.crossbody, settings.table),
    "backpack": (shoes.backpack, settings.room),
    "book": (books.book, settings.table),
    "notebook": (books.notebook, settings.table),
    "blocks": (play.blocks, settings.room),
    "train": (play.train, settings.room),
    "bear": (play.bear, settings.room),
    "puzzle": (play.puzzle, settings.table),
    "board_game": (play.board_game, settings.table),
    "kite": (play.kite, settings.outside),
    "pot": (outdoors.pot, settings.room),
    "watering_can": (outdoors.watering_can, settings.outside),
    "garden_chair": (outdoors.garden_chair, settings.outside),
    "parasol": (outdoors.parasol, settings.outside),
    "trowel": (outdoors.trowel, settings.table),
    "bird_house": (outdoors.bird_house, settings.outside),
    "tent": (outdoors.tent, settings.outside),
    "sleeping_bag": (outdoors.sleeping_bag, settings.outside),
    "flask": (outdoors.flask, settings.table),
    "yoga_mat": (outdoors.yoga_mat, settings.room),
    "dumbbell": (outdoors.dumbbell, settings.room),
    "helmet": (outdoors.helmet, settings.table),
    "tube": (beauty.tube, settings.table),
    "soap": (beauty.soap, settings.table),
    "dropper": (beauty.dropper, settings.table),
    "perfume": (beauty.perfume, settings.table),
    "candle": (beauty.candle, settings.table),
    "pen": (beauty.pen, settings.floor),
}


def draw_picture(product: Product, *, seed: int, number: int) -> str:
    """The SVG text of a product's picture, 480 × 600.

    Args:
        product: what is drawn; kind, form, material and colour decide how.
        seed: the shop's seed.
        number: the product's row; slight variation comes from it.
    """
    drawing, setting = SCENES[product.kind.scene]
    rng = np.random.default_rng([seed, 2, number])
    canvas = Canvas(
        colour=product.colour.hex,
        family=product.material.family,
        trim=_trim(product, rng),
        form=product.form.en,
        rng=rng,
        words=_cover_words(product),
    )
    background = setting(canvas)
    drawing(canvas)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f"{canvas.definitions()}{background}{''.join(canvas.parts)}</svg>"
    )


def _cover_words(product: Product) -> str:
    return f"{product.cover.en}|{product.author.en}" if product.cover and product.author else ""


def _trim(product: Product, rng: np.random.Generator) -> str:
    """Colour of legs, handles and buckles; of the handle itself where the colour is the handle's."""
    if product.kind.handled:
        return product.colour.hex
    if product.kind.scene == "book":
        return ("#dfae45", "#c65d3b", "#efe4cd", "#7fa0a6")[int(rng.integers(4))]
    if product.material.family in {"glass", "metal", "sheen"}:
        return _METAL_TRIMS[int(rng.integers(len(_METAL_TRIMS)))]
    return _TRIMS[int(rng.integers(len(_TRIMS)))]
