"""Background work as rows."""

from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from catalog.ids import uuid7
from catalog.models import Shop
from catalog.scoping import ShopQuerySet
from users.models import User

KIND_WORDS = {
    "train": _("training"),
    "precompute": _("lists made ahead"),
    "import": _("import"),
    "load_demo": _("demo shop"),
    "embed": _("text vectors"),
    "what_if": _("trial of a draft"),
}


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
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="jobs", verbose_name=_("shop"))
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
    asked_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("asked by")
    )
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
        at = formats.date_format(timezone.localtime(self.created_at), "SHORT_DATETIME_FORMAT")
        return f"{self.kind_words} · {at}"

    @property
    def kind_words(self) -> str:
        """The kind in words; the kind itself where there are none."""
        return str(KIND_WORDS.get(self.kind, self.kind))

    def parts(self) -> "models.QuerySet[JobRun]":
        """The jobs that this one has asked for to share its work, in the order of their shards."""
        return JobRun.objects.of(self.shop).filter(params__part_of=str(self.pk)).order_by("params__shard")
