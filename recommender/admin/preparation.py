"""What was done about odd facts before a training, and what each kind of deed was found to say: in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommender.admin.choices import kind_word
from users.kinds import KIND_BY_WORD

TREATMENTS: dict[str, Any] = {
    "doubtful": gettext_lazy("deeds that look like a bot's or a flood: not learned from"),
    "kind_unknown": gettext_lazy("deeds of an unknown kind: not learned from"),
    "item_unknown": gettext_lazy("deeds with an unknown item: not learned from"),
    "time_ancient": gettext_lazy("deeds from before clocks were set: not learned from"),
    "time_future": gettext_lazy("deeds that lie in the future: not learned from"),
    "dwell_bounce": gettext_lazy("stays of under two seconds: no sign of interest"),
    "dwell_long": gettext_lazy("stays of over half an hour: taken for half an hour"),
    "quantity_missing": gettext_lazy("deeds without a quantity: taken for one piece"),
    "quantity_extreme": gettext_lazy("quantities far beyond the item's usual: taken for the largest usual one"),
    "price_unknown": gettext_lazy("items without a price: left out of what prices say"),
    "price_extreme": gettext_lazy("prices far beyond the department's usual: taken for the largest usual one"),
    "list_price_no_discount": gettext_lazy("former prices that are not above the price: no discount"),
    "category_from_department": gettext_lazy("items without a category: their department stands for it"),
    "department_unknown": gettext_lazy("items without a department: they join no segment"),
    "brand_unknown": gettext_lazy("items without a brand: they count towards no brand"),
    "text_missing": gettext_lazy("items without a text: known by what shoppers do with them alone"),
}


@dataclass(frozen=True)
class TreatmentLine:
    """One treatment."""

    words: str
    count: int
    of: int

    @property
    def share(self) -> float:
        """Per cent."""
        return 100 * self.count / self.of if self.of else 0.0


@dataclass(frozen=True)
class WeightLine:
    """What one kind of deed says."""

    kind: str  # users.kinds.Kind.word
    words: str
    weight: float
    interval: str
    cases: int
    answered: int
    by_staff: bool
    learned: float | None  # what it would be without the staff's ruling


def preparation_view(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the page of a bundle shows of its preparation; nothing where the bundle is older or put away."""
    preparation = manifest.get("preparation") or {}
    weights = preparation.get("event_weights") or {}
    return {
        "treated": [
            TreatmentLine(str(TREATMENTS.get(one["code"], one["code"])), one["count"], one["of"])
            for one in preparation.get("treated", [])
            if one["count"]
        ],
        "was_prepared": bool(preparation),
        "weights": weight_lines(weights),
        "weights_reason": _("Too few purchases to learn from: every kind counts the same.")
        if weights.get("reason")
        else "",
    }


def weight_lines(weights: Mapping[str, Any]) -> list[WeightLine]:
    """The weights of a manifest, heaviest first."""
    lines = [_weight_line(one) for one in weights.get("kinds", [])]
    return sorted(lines, key=lambda line: (-line.weight, line.kind))


def _weight_line(one: Mapping[str, Any]) -> WeightLine:
    interval = f"{one['low']:.2f} – {one['high']:.2f}" if one["low"] < one["high"] else "–"
    words = kind_word(KIND_BY_WORD[one["kind"]])
    learned = one.get("learned") if one["by_staff"] else one["weight"]
    return WeightLine(
        one["kind"], words, one["weight"], interval, one["cases"], one["answered"], one["by_staff"], learned
    )
