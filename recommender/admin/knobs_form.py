"""The form of the knobs: the dials, and for each kind of deed a weight that overrules the learned one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.forms import BoundField, FloatField, ModelForm
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from catalog.models import Shop
from recommender.admin.bundle_view import manifest_read
from recommender.admin.choices import kind_word
from recommender.admin.preparation import WeightLine, weight_lines
from recommender.data.event_weights import HIGHEST, UNIFORM
from recommender.data.knob_ranges import DIALS
from recommender.models import Knobs, Live
from users.kinds import KIND_BY_WORD

_PREFIX = "weight_"


class KnobsForm(ModelForm):
    """Dials as fields of the model, weights as fields of their own that are kept in one."""

    class Meta:
        """All but the weights, which have their own fields."""

        model = Knobs
        fields = ("shop", *DIALS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.instance.event_weights or {}
        for one in UNIFORM.kinds:
            field = FloatField(
                required=False,
                min_value=0.0,
                max_value=HIGHEST,
                initial=given.get(one.kind),
                label=_("weight of “%(kind)s”") % {"kind": kind_word(KIND_BY_WORD[one.kind])},
                widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "0.01", "placeholder": _("as learned")}),
            )
            self.fields[f"{_PREFIX}{one.kind}"] = field

    def save(self, commit: bool = True) -> Any:
        """Keep the weights that were filled in; an empty field leaves its kind to learning."""
        words = [one.kind for one in UNIFORM.kinds]
        given = {word: self.cleaned_data.get(f"{_PREFIX}{word}") for word in words}
        self.instance.event_weights = {word: weight for word, weight in given.items() if weight is not None}
        return super().save(commit)


@dataclass(frozen=True)
class WeightRow:
    """A kind of deed: what was learned of it, and the field that overrules it."""

    words: str
    learned: WeightLine | None
    field: BoundField


def weight_rows(form: KnobsForm, shop: Shop, *, locked: bool) -> Iterator[WeightRow]:
    """The kinds with what the live bundle learned of them; ``locked`` fields are looked at."""
    live = Live.objects.select_related("bundle").filter(shop=shop).first()
    manifest = manifest_read(live.bundle) if live is not None and live.bundle is not None else {}
    weights = (manifest.get("preparation") or {}).get("event_weights") or {}
    lines = {line.kind: line for line in weight_lines(weights)}
    for one in reversed(UNIFORM.kinds):
        form.fields[f"{_PREFIX}{one.kind}"].disabled = locked
        yield WeightRow(kind_word(KIND_BY_WORD[one.kind]), lines.get(one.kind), form[f"{_PREFIX}{one.kind}"])
