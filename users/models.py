"""Facts about people: who acts, what they allowed, what they did."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.ids import uuid7
from catalog.models import Item, Shop
from catalog.scoping import ShopQuerySet
from users.kinds import Kind
from users.querysets import PersonFactQuerySet

KIND_CHOICES = [
    (Kind.VIEW, _("view")),
    (Kind.CLICK, _("click")),
    (Kind.DWELL, _("dwell")),
    (Kind.LIKE, _("like")),
    (Kind.DISLIKE, _("dislike")),
    (Kind.UNDO, _("undo")),
    (Kind.FAVOURITE, _("favourite")),
    (Kind.CART, _("cart")),
    (Kind.REMOVE, _("remove")),
    (Kind.PURCHASE, _("purchase")),
    (Kind.RETURN, _("return")),
    (Kind.RATE, _("rate")),
    (Kind.SEARCH, _("search")),
    (Kind.SHARE, _("share")),
]


class User(AbstractUser):
    """A login. Facts never point here: they point to the shopper."""

    class Meta(AbstractUser.Meta):
        verbose_name = _("login")  # type: ignore[assignment]
        verbose_name_plural = _("logins")  # type: ignore[assignment]


class Shopper(models.Model):
    """Who acts, guest or signed in. Made at the first event, not at the first page view."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="shoppers", verbose_name=_("shop"))
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="shoppers", verbose_name=_("user")
    )
    guest_key = models.UUIDField(
        _("guest key"), null=True, blank=True, help_text=_("Held by the guest's signed cookie.")
    )
    external_id = models.CharField(_("external id"), max_length=200, blank=True)
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged_from",
        verbose_name=_("merged into"),
    )
    merged_at = models.DateTimeField(_("merged"), null=True, blank=True)
    segment = models.CharField(_("segment"), max_length=60, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    adult = models.BooleanField(
        _("wants things for adults"), default=False, help_text=_("Of age, and asked to see them.")
    )
    synthetic = models.BooleanField(_("generated"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("shopper")
        verbose_name_plural = _("shoppers")
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "user"],
                name="shopper_unique_user",
                condition=models.Q(user__isnull=False, merged_into__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["shop", "guest_key"], name="shopper_unique_guest", condition=models.Q(guest_key__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["shop", "external_id"], name="shopper_unique_external", condition=~models.Q(external_id="")
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or str(_("shopper %(id)s") % {"id": self.pk})


class Device(models.Model):
    """An app installation that can be pushed to."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="devices", verbose_name=_("shopper"))
    platform = models.CharField(_("platform"), max_length=20)
    push_token = models.CharField(_("push token"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def __str__(self) -> str:
        return f"{self.platform} {self.pk}"


class Consent(models.Model):
    """One decision of a shopper about one purpose. Append-only: the latest row counts."""

    class Purpose(models.TextChoices):
        PERSONALISATION = "personalisation", _("personalised pages")
        LEARNING = "learning", _("learning from what I do")
        PUSH = "push", _("push messages")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="consents", verbose_name=_("shopper"))
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    granted = models.BooleanField(_("granted"))
    version = models.PositiveIntegerField(_("version of the text"), default=1)
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["shopper", "purpose", "-at"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.purpose} {'yes' if self.granted else 'no'}"


class Interaction(models.Model):
    """Something a shopper did. Append-only; the table is partitioned by month of its id (see the migration)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, verbose_name=_("shop")
    )
    shopper = models.ForeignKey(
        Shopper, on_delete=models.CASCADE, related_name="interactions", db_index=False, verbose_name=_("shopper")
    )
    item = models.ForeignKey(
        Item,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="interactions",
        db_index=False,
        verbose_name=_("item"),
    )
    kind = models.PositiveSmallIntegerField(_("kind"), choices=KIND_CHOICES)
    occurred_at = models.DateTimeField(_("occurred"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    quantity = models.IntegerField(_("quantity"), default=1)
    price_minor = models.BigIntegerField(_("price (minor units)"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    order = models.CharField(_("order"), max_length=64, blank=True)
    session = models.CharField(_("session"), max_length=64, blank=True)
    search = models.UUIDField(_("search"), null=True, blank=True)
    surface = models.CharField(_("surface"), max_length=40, blank=True)
    impression = models.UUIDField(_("impression"), null=True, blank=True)
    position = models.SmallIntegerField(_("position on the page"), null=True, blank=True)
    value = models.FloatField(_("value"), null=True, blank=True, help_text=_("Rating, or seconds of dwell."))
    consent_version = models.PositiveIntegerField(_("consent version"), default=0)
    undoes = models.UUIDField(_("undoes"), null=True, blank=True, help_text=_("For undo: the interaction taken back."))

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("interaction")
        verbose_name_plural = _("interactions")
        indexes = [
            models.Index(fields=["shopper", "-id"], name="interaction_shopper"),
            models.Index(fields=["item", "-id"], name="interaction_item"),
            models.Index(
                fields=["impression"], name="interaction_impression", condition=models.Q(impression__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{Kind(self.kind).word} {self.item_id}"


class EventReceipt(models.Model):
    """Proof that a client's event was taken: makes a repeated batch harmless. Primary key (shop, client id)."""

    pk = models.CompositePrimaryKey("shop_id", "client_id")
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, verbose_name=_("shop")
    )
    client_id = models.UUIDField(_("client id"))
    shopper = models.ForeignKey(
        Shopper, on_delete=models.CASCADE, related_name="+", db_index=True, verbose_name=_("shopper")
    )
    interaction = models.UUIDField(_("interaction"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("event receipt")
        verbose_name_plural = _("event receipts")
        indexes = [models.Index(fields=["received_at"], name="receipt_age")]

    def __str__(self) -> str:
        return str(self.client_id)


class ShopperState(models.Model):
    """What a decision needs to know about a shopper, kept with every event: one row read per request."""

    shopper = models.OneToOneField(
        Shopper, primary_key=True, on_delete=models.CASCADE, related_name="state", verbose_name=_("shopper")
    )
    shop = models.ForeignKey(
        Shop, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, verbose_name=_("shop")
    )
    version = models.PositiveBigIntegerField(_("version"), default=0)
    recent_items = ArrayField(
        models.BigIntegerField(), verbose_name=_("recent items"), default=list, help_text=_("Last 100, oldest first.")
    )
    recent_kinds = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("recent kinds"), default=list)
    recent_times = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("recent times"),
        default=list,
        help_text=_("Microseconds since 1970, UTC."),
    )
    recent_values = ArrayField(models.FloatField(), verbose_name=_("recent values"), default=list)
    hidden_items = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("hidden items"),
        default=list,
        help_text=_("Not interested, with their near twins."),
    )
    purchased_items = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("purchased items"),
        default=list,
        help_text=_("Last 200 bought, oldest first."),
    )
    ignored_items = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("ignored items"),
        default=list,
        help_text=_("History the shopper asked to leave out."),
    )
    fewer_kinds = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("kinds to show fewer of"),
        default=list,
        blank=True,
        help_text=_("Categories, as the shopper asked."),
    )
    raised_items = models.JSONField(
        _("raised items"),
        default=dict,
        blank=True,
        help_text=_("Item id to when the shopper asked for more like it, in microseconds since 1970."),
    )
    taste = models.JSONField(_("interest profile"), default=dict, help_text=_("Weights by tag, department and brand."))
    fatigue = models.JSONField(_("shown without a click"), default=dict, help_text=_("Item id to count."))
    fatigue_next = models.JSONField(
        _("seen since the last version"),
        default=dict,
        help_text=_("Joins the fatigue with the next version, so that a reload changes nothing."),
    )
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("shopper state")
        verbose_name_plural = _("shopper states")

    def __str__(self) -> str:
        return f"state {self.version} of shopper {self.pk}"


class Suspicion(models.Model):
    """A mark on a shopper or session that looks like a bot or a flood: kept out of learning, never dropped."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="suspicions", verbose_name=_("shopper"))
    session = models.CharField(_("session"), max_length=64, blank=True)
    cause = models.CharField(_("cause"), max_length=60)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("suspicion")
        verbose_name_plural = _("suspicions")

    def __str__(self) -> str:
        return self.cause


class Search(models.Model):
    """What a shopper looked for."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(
        Shopper, null=True, blank=True, on_delete=models.CASCADE, related_name="searches", verbose_name=_("shopper")
    )
    query = models.CharField(_("query"), max_length=300)
    language = models.CharField(_("language"), max_length=16, blank=True)
    found = models.PositiveIntegerField(_("found"), default=0)
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("search")
        verbose_name_plural = _("searches")

    def __str__(self) -> str:
        return self.query


class Review(models.Model):
    """A shopper's rating and words about an item."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("shopper"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("item"))
    rating = models.PositiveSmallIntegerField(_("rating"))
    text = models.TextField(_("text"), blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = [models.UniqueConstraint(fields=["shopper", "item"], name="review_unique")]

    def __str__(self) -> str:
        return f"{self.rating}/5 {self.item_id}"


class Favourite(models.Model):
    """An item a shopper keeps."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="favourites", verbose_name=_("shopper"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", verbose_name=_("item"))
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        constraints = [models.UniqueConstraint(fields=["shopper", "item"], name="favourite_unique")]

    def __str__(self) -> str:
        return str(self.item_id)


class Basket(models.Model):
    """What a shopper is about to buy: one per shopper."""

    shopper = models.OneToOneField(Shopper, on_delete=models.CASCADE, related_name="basket", verbose_name=_("shopper"))
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = _("basket")
        verbose_name_plural = _("baskets")

    def __str__(self) -> str:
        return f"basket of {self.shopper_id}"


class BasketLine(models.Model):
    """An item in a basket and how many."""

    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="lines", verbose_name=_("basket"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", verbose_name=_("item"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)

    class Meta:
        verbose_name = _("basket line")
        verbose_name_plural = _("basket lines")
        constraints = [models.UniqueConstraint(fields=["basket", "item"], name="basketline_unique")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item_id}"


class Order(models.Model):
    """A (simulated) checkout."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", verbose_name=_("shop"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="orders", verbose_name=_("shopper"))
    total_minor = models.BigIntegerField(_("total (minor units)"))
    currency = models.CharField(_("currency"), max_length=3)
    placed_at = models.DateTimeField(_("placed"), default=timezone.now)

    objects = PersonFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at"]

    def __str__(self) -> str:
        return str(self.id)


class OrderLine(models.Model):
    """An item bought in an order, at the price of that moment."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", verbose_name=_("order"))
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", verbose_name=_("item"))
    quantity = models.PositiveIntegerField(_("quantity"))
    price_minor = models.BigIntegerField(_("price (minor units)"))

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item_id}"
