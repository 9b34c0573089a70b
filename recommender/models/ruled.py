"""What staff decide: knobs, rules, layout and experiments as drafts, and the ruleset they are published as."""

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Shop
from catalog.scoping import ShopQuerySet
from recommender.data.knob_ranges import RANGES
from recommender.data.ruleset import Diversity, KnobValues
from users.models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_DEFAULTS = KnobValues()


def _limits(knob: str) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(RANGES[knob].low), MaxValueValidator(RANGES[knob].high)]


def _share(knob: str, name: "StrOrPromise", help_text: "StrOrPromise") -> "models.FloatField[float, float]":
    return models.FloatField(name, default=getattr(_DEFAULTS, knob), validators=_limits(knob), help_text=help_text)


def _count(knob: str, name: "StrOrPromise", help_text: "StrOrPromise") -> "models.PositiveSmallIntegerField[int, int]":
    default = getattr(_DEFAULTS, knob)
    return models.PositiveSmallIntegerField(name, default=default, validators=_limits(knob), help_text=help_text)


class Ruleset(models.Model):
    """Knobs, rules, layout and experiments compiled on publishing: immutable, known by its hash."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="rulesets", verbose_name=_("shop"))
    hash = models.CharField(_("hash"), max_length=64)
    content = models.JSONField(_("content"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    published_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("ruleset")
        verbose_name_plural = _("rulesets")
        ordering = ["-published_at"]
        constraints = [models.UniqueConstraint(fields=["shop", "hash"], name="ruleset_unique_hash")]

    def __str__(self) -> str:
        return self.hash[:12]


DIVERSITY_KINDS = (
    (Diversity.DPP.value, _("unlike the row as a whole")),
    (Diversity.MMR.value, _("unlike its most similar card")),
)


class Knobs(models.Model):
    """The dials of a shop, as a draft: they take effect when published in a ruleset."""

    shop = models.OneToOneField(
        Shop, primary_key=True, on_delete=models.CASCADE, related_name="knobs", verbose_name=_("shop")
    )
    exploration = _share("exploration", _("exploration"), _("Share of slots drawn evenly from all allowed items (ε)."))
    temperature = _share("temperature", _("temperature"), _("How loosely the best items are drawn (τ); low is strict."))
    diversity = _share("diversity", _("diversity"), _("Weight of being unlike what is already on the page (λ)."))
    diversity_by = models.CharField(
        _("kind of diversity"),
        max_length=8,
        default=_DEFAULTS.diversity_by,
        choices=DIVERSITY_KINDS,
        help_text=_("Whether a card is compared with its whole row or with the card it resembles most."),
    )
    serendipity = _share(
        "serendipity", _("serendipity"), _("Bonus of what fits the shopper and is unlike all they have looked at.")
    )
    policy_weight = _share("policy_weight", _("long-term value"), _("Weight of the policy's Q value (w)."))
    freshness = _share("freshness", _("freshness"), _("Bonus of new items, halved every 14 days."))
    popularity = _share(
        "popularity", _("popularity"), _("Extra weight of what everybody buys; negative favours the long tail.")
    )
    calibration = _share("calibration", _("calibration"), _("Pull towards the shopper's own mix of departments."))
    fatigue = _share("fatigue", _("fatigue"), _("What each doubling of showings without a click costs an item."))
    replenish = _share(
        "replenish",
        _("return of what is used up"),
        _("Share of the usual interval between purchases after which it is shown again; 0: never."),
    )
    brand_cap = _count("brand_cap", _("items of one brand per row"), _("0: no limit."))
    category_cap = _count("category_cap", _("items of one category per row"), _("0: no limit."))
    provider_floor = _share(
        "provider_floor",
        _("room for small providers"),
        _("Least share of a row's cards for providers that sell less than an equal share."),
    )
    section_appeal = _share(
        "section_appeal",
        _("say of clicks in the order of rows"),
        _("How much it counts how often a row's cards are clicked when they are seen."),
    )
    ad_every = _count(
        "ad_every",
        _("every so many-th card is an ad"),
        _("Elsewhere sponsored items stand only where nothing else is left; 0: anywhere."),
    )
    ad_cap = _count("ad_cap", _("sponsored items per page"), _("0: no limit."))
    event_weights = models.JSONField(
        _("weights of deeds"),
        default=dict,
        blank=True,
        help_text=_("By kind of deed; what is not listed weighs as it was learned. Holds from the next training on."),
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("knobs")
        verbose_name_plural = _("knobs")

    def __str__(self) -> str:
        return str(self.shop)


class Rule(models.Model):
    """A wish of the staff about all that matches, in a time window, for a segment."""

    class Action(models.TextChoices):
        PIN = "pin", _("pin to a slot")
        BOOST = "boost", _("boost")
        BURY = "bury", _("bury")
        INCLUDE = "include", _("include")
        EXCLUDE = "exclude", _("exclude")
        QUOTA = "quota", _("at least or at most")
        CAP = "cap", _("at most of each")

    class Target(models.TextChoices):
        ITEM = "item", _("items")
        BRAND = "brand", _("brand")
        CATEGORY = "category", _("category")
        TAG = "tag", _("tag")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="rules", verbose_name=_("shop"))
    name = models.CharField(_("name"), max_length=120, blank=True)  # blank: told by what the rule does
    action = models.CharField(_("action"), max_length=10, choices=Action)
    target = models.CharField(_("what"), max_length=10, choices=Target)
    target_ids = ArrayField(models.BigIntegerField(), verbose_name=_("which"), default=list)
    factor = models.FloatField(
        _("strength"),
        default=1.5,
        validators=[MinValueValidator(0.0), MaxValueValidator(100.0)],
        help_text=_("For boost and bury: the score is multiplied by it."),
    )
    slot = models.PositiveSmallIntegerField(_("slot"), null=True, blank=True, help_text=_("For pin: 1 is the first."))
    least = models.PositiveSmallIntegerField(
        _("at least"), null=True, blank=True, help_text=_("Cards that must be of them, as long as there are any.")
    )
    most = models.PositiveSmallIntegerField(
        _("at most"), null=True, blank=True, help_text=_("Cards that may be of them.")
    )
    per_row = models.BooleanField(
        _("in each row"), default=False, help_text=_("Counted in each row by itself, not on the page.")
    )
    section = models.CharField(_("section"), max_length=40, blank=True, help_text=_("Empty: every section."))
    surface = models.CharField(_("surface"), max_length=40, blank=True, help_text=_("Empty: every surface."))
    segment = models.CharField(_("segment"), max_length=60, blank=True, help_text=_("Empty: everybody."))
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    priority = models.IntegerField(_("priority"), default=0, help_text=_("Higher wins where rules contradict."))
    enabled = models.BooleanField(_("enabled"), default=True)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["-priority", "id"]

    def __str__(self) -> str:
        return self.name or f"{self.get_action_display()} {self.pk or ''}".rstrip()


class HomepageLayout(models.Model):
    """Which sections a page may have and how long they are, as a draft."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    surface = models.CharField(_("surface"), max_length=40, default="homepage")
    section = models.CharField(_("section"), max_length=40)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    n = models.PositiveSmallIntegerField(_("cards"), default=8)
    minimum = models.PositiveSmallIntegerField(
        _("fewest cards"), default=4, help_text=_("A thinner section is not shown.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("homepage section")
        verbose_name_plural = _("homepage layout")
        ordering = ["surface", "position"]
        constraints = [models.UniqueConstraint(fields=["shop", "surface", "section"], name="layout_unique_section")]

    def __str__(self) -> str:
        return f"{self.surface}: {self.section}"


class Experiment(models.Model):
    """Arms that differ in their knobs, drawn per shopper with known shares; takes effect when published in a ruleset.

    One runs at a time: of those whose time it is, the first by id.
    """

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="experiments", verbose_name=_("shop"))
    name = models.SlugField(_("name"))
    arms = models.JSONField(_("arms"), default=list, help_text=_("Name, share and knobs that differ."))
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    enabled = models.BooleanField(_("enabled"), default=False)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="experiment_unique_name")]

    def __str__(self) -> str:
        return self.name
