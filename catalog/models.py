"""Facts about things: shops, items and what describes them."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.ids import uuid7
from catalog.querysets import ItemQuerySet, OutboxQuerySet
from catalog.scoping import ShopQuerySet
from catalog.time_zones import time_zone_validate


class Shop(models.Model):
    """A tenant: every root, fact, cache key, bundle and live pointer belongs to one."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    currency = models.CharField(_("currency"), max_length=3, default="GBP")
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[time_zone_validate],
        help_text=_("By its midnight figures are counted and pages are drawn anew."),
    )
    language = models.CharField(_("language"), max_length=16, default="en")
    adult = models.BooleanField(
        _("sells things for adults"), default=False, help_text=_("Shown to shoppers who are of age and ask for them.")
    )
    consent_required = models.BooleanField(_("consent required before a lasting id"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """Who makes a thing."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    name = models.CharField(_("name"), max_length=200)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="brand_unique_name")]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A department (no parent) or a category within one."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children", verbose_name=_("parent")
    )
    slug = models.SlugField(_("slug"), max_length=120, allow_unicode=True)
    name = models.CharField(_("name"), max_length=200)
    names = models.JSONField(_("names by language"), default=dict, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["shop", "slug"], name="category_unique_slug")]

    def __str__(self) -> str:
        return self.name_in(get_language() or "")

    def name_in(self, language: str) -> str:
        """The name in ``language``, or the default one."""
        return str(self.names.get(language) or self.name)


class Tag(models.Model):
    """A word that describes items: a material, a style, a genre."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    name = models.CharField(_("name"), max_length=120)
    names = models.JSONField(_("names by language"), default=dict, blank=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="tag_unique_name")]

    def __str__(self) -> str:
        return self.name_in(get_language() or "")

    def name_in(self, language: str) -> str:
        """The name in ``language``, or the default one."""
        return str(self.names.get(language) or self.name)


class Item(models.Model):
    """A thing that can be shown. Never deleted from the table: ``deleted_at`` hides it."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        HIDDEN = "hidden", _("hidden")
        DRAFT = "draft", _("draft")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="items", verbose_name=_("shop"))
    external_id = models.CharField(_("external id"), max_length=200)
    domain = models.CharField(_("domain"), max_length=40, default="product")
    provider = models.CharField(_("provider"), max_length=120, blank=True)
    group = models.CharField(_("variant group"), max_length=200, blank=True)
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="items", verbose_name=_("category")
    )
    department = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("department")
    )
    brand = models.ForeignKey(
        Brand, null=True, blank=True, on_delete=models.SET_NULL, related_name="items", verbose_name=_("brand")
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="items", verbose_name=_("tags"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    region = models.CharField(_("region"), max_length=40, blank=True)
    adult = models.BooleanField(_("adult"), default=False)
    sponsored = models.BooleanField(_("sponsored"), default=False)
    price_minor = models.BigIntegerField(_("price (minor units)"), null=True, blank=True)
    list_price_minor = models.BigIntegerField(_("price before discount (minor units)"), null=True, blank=True)
    cost_minor = models.BigIntegerField(_("cost (minor units)"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    stock = models.IntegerField(_("stock"), null=True, blank=True, help_text=_("Empty: not tracked."))
    rating_average = models.FloatField(_("average rating"), null=True, blank=True)
    rating_count = models.PositiveIntegerField(_("ratings"), default=0)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    content_hash = models.CharField(_("content hash"), max_length=64, blank=True)
    published_at = models.DateTimeField(_("published"))
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints = [models.UniqueConstraint(fields=["shop", "external_id"], name="item_unique_external_id")]
        indexes = [
            models.Index(fields=["shop", "department", "-published_at"], name="item_department"),
            models.Index(fields=["shop", "-published_at"], name="item_newest"),
            models.Index(fields=["shop", "group"], name="item_group"),
            models.Index(
                "shop",
                models.ExpressionWrapper(
                    Cast("price_minor", models.FloatField()) / models.F("list_price_minor"), models.FloatField()
                ),
                "id",
                name="item_most_reduced",
                condition=models.Q(list_price_minor__gt=models.F("price_minor"), price_minor__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def in_stock(self) -> bool:
        """True when stock is not tracked or above zero."""
        return self.stock is None or self.stock > 0


class ItemText(models.Model):
    """Title and description of an item in one language."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="texts", verbose_name=_("item"))
    language = models.CharField(_("language"), max_length=16)
    title = models.CharField(_("title"), max_length=500)
    description = models.TextField(_("description"), blank=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("item text")
        verbose_name_plural = _("item texts")
        constraints = [models.UniqueConstraint(fields=["item", "language"], name="itemtext_unique_language")]
        indexes = [GinIndex(SearchVector("title", "description", config="simple"), name="itemtext_words")]

    def __str__(self) -> str:
        return self.title


class Media(models.Model):
    """A picture of an item: a path below the media folder or an absolute address."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="media", verbose_name=_("item"))
    path = models.CharField(_("path or address"), max_length=500)
    alt = models.CharField(_("alternative text"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    width = models.PositiveIntegerField(_("width"), default=0)
    height = models.PositiveIntegerField(_("height"), default=0)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["item", "position"]
        constraints = [models.UniqueConstraint(fields=["item", "position"], name="media_unique_position")]

    def __str__(self) -> str:
        return self.path


class Relation(models.Model):
    """A typed edge between two items: accessory of, goes with, sequel of and others."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    source = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="relations", verbose_name=_("source"))
    target = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="related_from", verbose_name=_("target"))
    kind = models.SlugField(_("kind"), max_length=60)
    weight = models.FloatField(_("weight"), default=1.0)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        constraints = [models.UniqueConstraint(fields=["source", "target", "kind"], name="relation_unique")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"


class Outbox(models.Model):
    """A message written in the transaction of its cause and delivered to the broker afterwards, at least once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    topic = models.CharField(_("topic"), max_length=80)
    payload = models.JSONField(_("payload"), default=dict)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(
        _("attempts"), default=0, help_text=_("How often it was handed to the broker.")
    )
    error = models.TextField(_("error"), blank=True)
    parked_at = models.DateTimeField(_("parked"), null=True, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox")
        indexes = [
            models.Index(
                fields=["created_at"],
                name="outbox_waiting",
                condition=models.Q(published_at__isnull=True, parked_at__isnull=True),
            ),
            models.Index(
                fields=["published_at"],
                name="outbox_under_way",
                condition=models.Q(handled_at__isnull=True, parked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"
