"""What was learned: bundles, the pointer to what serves, vectors and the gate's ledger."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, VectorField

from catalog.models import Item, Shop
from catalog.scoping import ShopQuerySet
from recommender.retrieval.search_space import EXTRA

ITEM_DIM = 64
TEXT_DIM = 384
PLACE_DIM = ITEM_DIM + EXTRA


class BundleVersion(models.Model):
    """One trained generation: where its files are, what made it, how it was judged."""

    class Status(models.TextChoices):
        BUILDING = "building", _("building")
        READY = "ready", _("ready")
        REFUSED = "refused", _("refused by the gate")
        LIVE = "live", _("live")
        RETIRED = "retired", _("retired")
        BROKEN = "broken", _("broken")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="bundles", verbose_name=_("shop"))
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
        return gettext("bundle %(number)s") % {"number": self.pk}


class TextVector(models.Model):
    """A text's vector, reused across bundles: keyed by item, encoder fingerprint and content hash."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="text_vectors", verbose_name=_("item"))
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
    bundle = models.ForeignKey(
        BundleVersion,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("bundle"),
    )
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, verbose_name=_("item")
    )
    vector = VectorField(_("vector"), dimensions=ITEM_DIM)
    place = HalfVectorField(_("place in the search index"), dimensions=PLACE_DIM, null=True)
    after_training = models.BooleanField(_("newer than the bundle"), default=False)

    class Meta:
        verbose_name = _("item vector")
        verbose_name_plural = _("item vectors")

    def __str__(self) -> str:
        return f"vector of {self.item_id} in bundle {self.bundle_id}"


class GateAttempt(models.Model):
    """One trial of the gate, promoted or refused: the ledger that keeps false promotions in check."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    bundle = models.ForeignKey(
        BundleVersion, on_delete=models.CASCADE, related_name="gate_attempts", verbose_name=_("bundle")
    )
    against = models.ForeignKey(
        BundleVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("against")
    )
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
