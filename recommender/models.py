"""What we learn and decide: bundles, rulesets, vectors, impressions and jobs."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, VectorField

from catalog.ids import uuid7
from catalog.models import Item, Shop
from catalog.scoping import ShopQuerySet
from users.models import Shopper, User

ITEM_DIM = 64
TEXT_DIM = 384


class BundleVersion(models.Model):
    """One trained generation: where its files are, what made it, how it was judged."""

    class Status(models.TextChoices):
        BUILDING = "building", _("building")
        READY = "ready", _("ready")
        REFUSED = "refused", _("refused by the gate")
        LIVE = "live", _("live")
        RETIRED = "retired", _("retired")
        BROKEN = "broken", _("broken")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="bundles")
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True)
    path = models.CharField(_("folder below the bundles' home"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.BUILDING)
    recipe = models.JSONField(_("recipe"), default=dict)
    window = models.JSONField(_("training window"), default=dict)
    evaluation = models.JSONField(_("evaluation"), default=dict)
    gate = models.JSONField(_("gate"), default=dict, help_text=_("Verdict and reasons in words."))
    absent = models.JSONField(_("absent parts"), default=dict, help_text=_("Part name to the reason it is missing."))
    n_items = models.PositiveIntegerField(_("items"), default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    promoted_at = models.DateTimeField(_("promoted"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("bundle")
        verbose_name_plural = _("bundles")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"bundle {self.pk}"


class Ruleset(models.Model):
    """Knobs, rules and layout compiled on publishing: immutable, known by its hash."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="rulesets")
    hash = models.CharField(_("hash"), max_length=64)
    content = models.JSONField(_("content"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(_("published"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("ruleset")
        verbose_name_plural = _("rulesets")
        ordering = ["-published_at"]
        constraints = [models.UniqueConstraint(fields=["shop", "hash"], name="ruleset_unique_hash")]

    def __str__(self) -> str:
        return self.hash[:12]


class TrendSnapshot(models.Model):
    """What is bought and looked at now, by segment and department: counts, refreshed by a worker."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(_("when"), default=timezone.now)
    item_ids = ArrayField(models.BigIntegerField(), default=list)
    counts = ArrayField(models.FloatField(), default=list, help_text=_("Decayed count, same order as the items."))

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("trend snapshot")
        verbose_name_plural = _("trend snapshots")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"trend {self.at:%Y-%m-%d %H:%M}"


class Live(models.Model):
    """The one row read per request: which bundle, ruleset and trend serve this shop."""

    shop = models.OneToOneField(Shop, primary_key=True, on_delete=models.CASCADE, related_name="live")
    bundle = models.ForeignKey(BundleVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    previous_bundle = models.ForeignKey(BundleVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    ruleset = models.ForeignKey(Ruleset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    trend = models.ForeignKey(TrendSnapshot, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("live pointer")
        verbose_name_plural = _("live pointers")

    def __str__(self) -> str:
        return f"live of {self.shop_id}"


class TextVector(models.Model):
    """A text's vector, reused across bundles: keyed by item, encoder fingerprint and content hash."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="text_vectors")
    encoder = models.CharField(_("encoder fingerprint"), max_length=64)
    content_hash = models.CharField(_("content hash"), max_length=64)
    vector = HalfVectorField(_("vector"), dimensions=TEXT_DIM)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("text vector")
        verbose_name_plural = _("text vectors")
        constraints = [models.UniqueConstraint(fields=["item", "encoder", "content_hash"], name="textvector_unique")]

    def __str__(self) -> str:
        return f"text vector of {self.item_id}"


class ItemVector(models.Model):
    """An item's vector in one bundle; the table is partitioned by bundle, HNSW stands on each partition."""

    pk = models.CompositePrimaryKey("bundle_id", "item_id")
    bundle = models.ForeignKey(BundleVersion, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    vector = VectorField(_("vector"), dimensions=ITEM_DIM)
    after_training = models.BooleanField(_("newer than the bundle"), default=False)

    class Meta:
        verbose_name = _("item vector")
        verbose_name_plural = _("item vectors")

    def __str__(self) -> str:
        return f"vector of {self.item_id} in bundle {self.bundle_id}"


class Impression(models.Model):
    """A decision that was shown: one row with one array entry per slot, in page order. Partitioned by month of id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    shopper = models.ForeignKey(Shopper, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    session = models.CharField(_("session"), max_length=64, blank=True)
    surface = models.CharField(_("surface"), max_length=40)
    page = models.PositiveSmallIntegerField(_("page"), default=0)
    decision_key = models.CharField(
        _("decision key"), max_length=64, help_text=_("Hash of the seed's parts: a reload has the same key and is no second exposure.")
    )
    shown_at = models.DateTimeField(_("shown"), default=timezone.now)
    bundle_id = models.BigIntegerField(_("bundle"), null=True, blank=True)
    ruleset_hash = models.CharField(_("ruleset"), max_length=64, blank=True)
    state_version = models.PositiveBigIntegerField(_("state version"), default=0)
    item_ids = ArrayField(models.BigIntegerField(), default=list)
    section_of = ArrayField(models.PositiveSmallIntegerField(), default=list, help_text=_("Index into the sections."))
    sections = models.JSONField(_("sections"), default=list, help_text=_("Code, subject and propensity, in page order."))
    propensities = ArrayField(models.FloatField(), default=list, help_text=_("NaN: a filled hole, kept out of learning."))
    forced = ArrayField(models.BooleanField(), default=list)
    dropped = ArrayField(models.BooleanField(), default=list)
    seen = ArrayField(models.BooleanField(), default=list, help_text=_("Reported visible by the browser."))
    scores = ArrayField(models.FloatField(), default=list)
    pool_ids = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text=_("Allowed set of the first slot where it was logged.")
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
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    shopper = models.ForeignKey(Shopper, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(_("when"), default=timezone.now)
    seed = models.DecimalField(_("seed"), max_digits=20, decimal_places=0)
    bundle_id = models.BigIntegerField(_("bundle"), null=True, blank=True)
    ruleset_hash = models.CharField(_("ruleset"), max_length=64, blank=True)
    runtime = models.CharField(_("numeric runtime"), max_length=120, help_text=_("onnxruntime, numpy and CPU flags."))
    payload = models.BinaryField(_("context and gathered"))

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("request log")
        verbose_name_plural = _("request logs")
        indexes = [models.Index(fields=["at"], name="requestlog_age")]

    def __str__(self) -> str:
        return str(self.impression)


class PrecomputedList(models.Model):
    """A shopper's list made in the background: fallback and push read it."""

    shopper = models.OneToOneField(Shopper, primary_key=True, on_delete=models.CASCADE, related_name="+")
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    bundle_id = models.BigIntegerField(_("bundle"), null=True, blank=True)
    item_ids = ArrayField(models.BigIntegerField(), default=list)
    scores = ArrayField(models.FloatField(), default=list)
    made_at = models.DateTimeField(_("made"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("precomputed list")
        verbose_name_plural = _("precomputed lists")

    def __str__(self) -> str:
        return f"list of {self.shopper_id}"


def _share(default: float, low: float, high: float, name: str, help_text: str) -> models.FloatField:
    return models.FloatField(
        name, default=default, validators=[MinValueValidator(low), MaxValueValidator(high)], help_text=help_text
    )


class Knobs(models.Model):
    """The dials of a shop, as a draft: they take effect when published in a ruleset."""

    shop = models.OneToOneField(Shop, primary_key=True, on_delete=models.CASCADE, related_name="knobs")
    exploration = _share(0.02, 0.0, 0.5, _("exploration"), _("Share of slots drawn evenly from all allowed items (ε)."))
    temperature = _share(0.15, 0.01, 5.0, _("temperature"), _("How loosely the best items are drawn (τ); low is strict."))
    diversity = _share(0.15, 0.0, 2.0, _("diversity"), _("Weight of being unlike what is already on the page (λ)."))
    policy_weight = _share(0.0, 0.0, 2.0, _("long-term value"), _("Weight of the policy's Q value (w)."))
    freshness = _share(0.1, 0.0, 2.0, _("freshness"), _("Bonus of new items, halved every 14 days."))
    popularity = _share(0.0, -1.0, 1.0, _("popularity"), _("Extra weight of what everybody buys; negative favours the long tail."))
    calibration = _share(0.1, 0.0, 2.0, _("calibration"), _("Pull towards the shopper's own mix of departments."))
    brand_cap = models.PositiveSmallIntegerField(_("items of one brand per row"), default=3)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("knobs")
        verbose_name_plural = _("knobs")

    def __str__(self) -> str:
        return f"knobs of {self.shop_id}"


class Rule(models.Model):
    """A wish of the staff: pin, boost, bury or exclude what matches, in a time window, for a segment."""

    class Action(models.TextChoices):
        PIN = "pin", _("pin to a slot")
        BOOST = "boost", _("boost")
        BURY = "bury", _("bury")
        EXCLUDE = "exclude", _("exclude")

    class Target(models.TextChoices):
        ITEM = "item", _("items")
        BRAND = "brand", _("brand")
        CATEGORY = "category", _("category")
        TAG = "tag", _("tag")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(_("name"), max_length=120)
    action = models.CharField(_("action"), max_length=10, choices=Action)
    target = models.CharField(_("what"), max_length=10, choices=Target)
    target_ids = ArrayField(models.BigIntegerField(), verbose_name=_("which"), default=list)
    factor = models.FloatField(
        _("strength"), default=1.5, validators=[MinValueValidator(0.0), MaxValueValidator(100.0)],
        help_text=_("For boost and bury: the score is multiplied by it."),
    )
    slot = models.PositiveSmallIntegerField(_("slot"), null=True, blank=True, help_text=_("For pin: 1 is the first."))
    section = models.CharField(_("section"), max_length=40, blank=True, help_text=_("Empty: every section."))
    surface = models.CharField(_("surface"), max_length=40, blank=True, help_text=_("Empty: every surface."))
    segment = models.CharField(_("segment"), max_length=60, blank=True, help_text=_("Empty: everybody."))
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    priority = models.IntegerField(_("priority"), default=0, help_text=_("Higher wins where rules contradict."))
    enabled = models.BooleanField(_("enabled"), default=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["-priority", "id"]

    def __str__(self) -> str:
        return self.name


class HomepageLayout(models.Model):
    """Which sections a page may have and how long they are, as a draft."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    surface = models.CharField(_("surface"), max_length=40, default="homepage")
    section = models.CharField(_("section"), max_length=40)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    n = models.PositiveSmallIntegerField(_("cards"), default=8)
    minimum = models.PositiveSmallIntegerField(_("fewest cards"), default=4, help_text=_("A thinner section is not shown."))
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
    """Arms that differ in their knobs, drawn per shopper with known shares."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="experiments")
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


class JobRun(models.Model):
    """One piece of background work with its progress, log and outcome."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        PARKED = "parked", _("parked after three tries")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(_("kind"), max_length=40)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    step = models.CharField(_("step"), max_length=120, blank=True)
    done = models.FloatField(_("done"), default=0.0)
    total = models.FloatField(_("of"), default=1.0)
    eta_seconds = models.FloatField(_("seconds left"), null=True, blank=True)
    log = models.TextField(_("log"), blank=True)
    curves = models.JSONField(_("curves"), default=dict, help_text=_("Name to a list of (step, value)."))
    params = models.JSONField(_("parameters"), default=dict)
    result = models.JSONField(_("result"), default=dict)
    error = models.TextField(_("error"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class GateAttempt(models.Model):
    """One trial of the gate, promoted or refused: the ledger that keeps false promotions in check."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    bundle = models.ForeignKey(BundleVersion, on_delete=models.CASCADE, related_name="gate_attempts")
    against = models.ForeignKey(BundleVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    metric = models.CharField(_("metric"), max_length=40)
    difference = models.FloatField(_("difference"), null=True, blank=True)
    lower = models.FloatField(_("lower bound"), null=True, blank=True)
    upper = models.FloatField(_("upper bound"), null=True, blank=True)
    margin = models.FloatField(_("margin δ"), default=0.0)
    verdict = models.CharField(_("verdict"), max_length=40)
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("gate attempt")
        verbose_name_plural = _("gate ledger")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.verdict
