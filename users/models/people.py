"""Who acts, what they allowed, and who looks like a bot."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Shop
from catalog.scoping import ShopQuerySet
from users.querysets import PersonFactQuerySet


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
