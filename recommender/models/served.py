"""What serves and what was shown: the live pointer, trends, impressions, request logs and lists made ahead."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.ids import uuid7
from catalog.models import Shop
from catalog.scoping import ShopQuerySet
from recommender.models.learned import BundleVersion
from recommender.models.ruled import Ruleset
from users.models import Shopper, User


class TrendSnapshot(models.Model):
    """What is bought and looked at now, refreshed by a worker; a department's trend is its items in the same order."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    at = models.DateTimeField(_("when"), default=timezone.now)
    item_ids = ArrayField(models.BigIntegerField(), verbose_name=_("items"), default=list)
    counts = ArrayField(
        models.FloatField(),
        verbose_name=_("counts"),
        default=list,
        help_text=_("Decayed count, same order as the items."),
    )
    segments = models.JSONField(_("by segment"), default=dict, help_text=_("Segment to its items, most wanted first."))
    sections = models.JSONField(
        _("by section"), default=dict, help_text=_("Section to cards of it that were seen, and clicked.")
    )
    foreign_texts = models.BooleanField(
        _("texts in other languages alone"),
        default=True,
        help_text=_("Whether some item has texts, and none in the shop's language."),
    )

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("trend snapshot")
        verbose_name_plural = _("trend snapshots")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"trend {self.at:%Y-%m-%d %H:%M}"


class Live(models.Model):
    """The one row read per request: which bundle, ruleset and trend serve this shop."""

    shop = models.OneToOneField(
        Shop, primary_key=True, on_delete=models.CASCADE, related_name="live", verbose_name=_("shop")
    )
    bundle = models.ForeignKey(
        BundleVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("bundle")
    )
    previous_bundle = models.ForeignKey(
        BundleVersion,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("previous bundle"),
    )
    ruleset = models.ForeignKey(
        Ruleset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("ruleset")
    )
    trend = models.ForeignKey(
        TrendSnapshot, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("trend")
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("live pointer")
        verbose_name_plural = _("live pointers")

    def __str__(self) -> str:
        return f"live of {self.shop_id}"


class LiveChange(models.Model):
    """A move of the live pointer from one bundle to another; rows are added, never changed."""

    class Way(models.TextChoices):
        GATE = "gate", _("passed the gate")
        PROMOTED = "promoted", _("promoted by hand")
        ROLLED_BACK = "rolled_back", _("rolled back")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    bundle = models.ForeignKey(
        BundleVersion, on_delete=models.CASCADE, related_name="live_changes", verbose_name=_("bundle")
    )
    before = models.ForeignKey(
        BundleVersion,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("served before"),
    )
    way = models.CharField(_("how"), max_length=12, choices=Way)
    by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of what serves")
        verbose_name_plural = _("what served when")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.bundle} · {self.get_way_display()}"


class Impression(models.Model):
    """A decision that was shown: one row with one array entry per slot, in page order. Partitioned by month of id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, verbose_name=_("shop")
    )
    shopper = models.ForeignKey(
        Shopper,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("shopper"),
    )
    session = models.CharField(_("session"), max_length=64, blank=True)
    surface = models.CharField(_("surface"), max_length=40)
    page = models.PositiveSmallIntegerField(_("page"), default=0)
    decision_key = models.CharField(
        _("decision key"),
        max_length=64,
        help_text=_("Hash of the seed's parts: a reload has the same key and is no second exposure."),
    )
    shown_at = models.DateTimeField(_("shown"), default=timezone.now)
    bundle_id = models.BigIntegerField(_("bundle"), null=True, blank=True)
    ruleset_hash = models.CharField(_("ruleset"), max_length=64, blank=True)
    state_version = models.PositiveBigIntegerField(_("state version"), default=0)
    item_ids = ArrayField(models.BigIntegerField(), verbose_name=_("items"), default=list)
    section_of = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("section of"),
        default=list,
        help_text=_("Index into the sections."),
    )
    sections = models.JSONField(
        _("sections"), default=list, help_text=_("Code, subject and propensity, in page order.")
    )
    propensities = ArrayField(
        models.FloatField(),
        verbose_name=_("propensities"),
        default=list,
        help_text=_("NaN: a filled hole, kept out of learning."),
    )
    forced = ArrayField(models.BooleanField(), verbose_name=_("forced"), default=list)
    dropped = ArrayField(models.BooleanField(), verbose_name=_("dropped"), default=list)
    seen = ArrayField(
        models.BooleanField(), verbose_name=_("seen"), default=list, help_text=_("Reported visible by the browser.")
    )
    scores = ArrayField(models.FloatField(), verbose_name=_("scores"), default=list)
    pool_ids = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("pool"),
        default=list,
        blank=True,
        help_text=_("Allowed set of the first slot where it was logged."),
    )
    temperature = models.FloatField(_("temperature"), default=0.0)
    epsilon = models.FloatField(_("epsilon"), default=0.0)
    arm = models.CharField(_("arm"), max_length=60, blank=True)
    arm_probability = models.FloatField(_("probability of the arm"), default=1.0)
    degraded = models.CharField(_("fallback used"), max_length=60, blank=True)
    latency_ms = models.FloatField(_("time to decide (ms)"), null=True, blank=True)
    synthetic = models.BooleanField(_("generated"), default=False)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("impression")
        verbose_name_plural = _("impressions")
        indexes = [
            models.Index(fields=["shopper", "-id"], name="impression_shopper"),
            models.Index(fields=["shop", "shown_at"], name="impression_time"),
            models.Index(fields=["decision_key"], name="impression_key"),
        ]

    def __str__(self) -> str:
        return f"{self.surface} {self.id}"


class RequestLog(models.Model):
    """Context and gathered facts of one request, compressed: enough to decide it again."""

    impression = models.UUIDField(_("impression"), primary_key=True)
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False, verbose_name=_("shop")
    )
    shopper = models.ForeignKey(
        Shopper, null=True, blank=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("shopper")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    seed = models.DecimalField(_("seed"), max_digits=20, decimal_places=0)
    bundle_id = models.BigIntegerField(_("bundle"), null=True, blank=True)
    ruleset_hash = models.CharField(_("ruleset"), max_length=64, blank=True)
    runtime = models.CharField(_("numeric runtime"), max_length=120, help_text=_("onnxruntime, numpy and CPU flags."))
    payload = models.BinaryField(_("context and gathered"))
    trace = models.BinaryField(_("trace"), null=True, editable=False, help_text=_("Of sampled pages, and for staff."))

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("request log")
        verbose_name_plural = _("request logs")
        indexes = [models.Index(fields=["at"], name="requestlog_age")]

    def __str__(self) -> str:
        return str(self.impression)


class PrecomputedList(models.Model):
    """A shopper's list made in the background, under an arm: fallback pages and whoever sends messages read it."""

    shopper = models.OneToOneField(
        Shopper, primary_key=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("shopper")
    )
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    bundle_id = models.BigIntegerField(_("bundle"), null=True, blank=True)
    ruleset_hash = models.CharField(_("ruleset"), max_length=64, blank=True)
    arm = models.CharField(_("arm"), max_length=60, blank=True)
    item_ids = ArrayField(models.BigIntegerField(), verbose_name=_("items"), default=list)
    scores = ArrayField(models.FloatField(), verbose_name=_("scores"), default=list)
    made_at = models.DateTimeField(_("made"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("precomputed list")
        verbose_name_plural = _("precomputed lists")

    def __str__(self) -> str:
        return f"list of {self.shopper_id}"
