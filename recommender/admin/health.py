"""One plain sentence on how a shop does, and where to go about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Outbox, Shop
from catalog.moments import microseconds
from recommender.admin.figures import Day
from recommender.admin.rule_words import absent_words
from recommender.models import Impression, JobRun, Live
from recommender.serving.decide import RULES_LEFT_ASIDE
from recommender.store.rule_warnings import absent_of
from recommender.store.rulesets import ruleset_read
from recommender.store.switches import Switches, switches_read

_UNDER_WAY = (JobRun.Status.QUEUED, JobRun.Status.RUNNING)
OLD_BUNDLE = timedelta(days=8)
LATE = timedelta(minutes=2)
LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class Health:
    """The sentence, its tone (``good`` or ``bad``), and a link that helps."""

    tone: str
    sentence: str
    address: str = ""
    link: str = ""


def health_of(shop: Shop, today: Day, now: datetime) -> Health:
    """The most pressing trouble, or that all is well."""
    pressing = _gave_up(shop) or _waits(shop, now) or _switched(shop) or _rules_bar(shop, now)
    return pressing or _bundle_trouble(shop, now) or _asked_in_vain(shop, now) or _degraded(today) or _well(shop)


def _bad(sentence: str, view: str, link: str) -> Health:
    return Health("bad", sentence, reverse(f"admin:{view}"), link)


def _gave_up(shop: Shop) -> Health | None:
    parked = Outbox.objects.of(shop).filter(parked_at__isnull=False).count()
    stopped = JobRun.objects.of(shop).filter(status=JobRun.Status.PARKED).count()
    if stopped:
        words = ngettext("%(n)d job gave up after three tries.", "%(n)d jobs gave up after three tries.", stopped) % {
            "n": stopped
        }
        return _bad(words, "recommender_jobrun_changelist", _("Look and try again"))
    if parked:
        words = ngettext(
            "%(n)d message gave up after three tries.", "%(n)d messages gave up after three tries.", parked
        )
        return _bad(words % {"n": parked}, "catalog_outbox_changelist", _("Look and send again"))
    return None


def _waits(shop: Shop, now: datetime) -> Health | None:
    waiting = Outbox.objects.of(shop).filter(published_at__isnull=True, parked_at__isnull=True)
    late = waiting.filter(created_at__lt=now - LATE).count()
    if not late:
        return None
    words = ngettext(
        "%(n)d message waits for more than two minutes: is the default worker running?",
        "%(n)d messages wait for more than two minutes: is the default worker running?",
        late,
    )
    return _bad(words % {"n": late}, "catalog_outbox_changelist", _("What waits"))


def _switched(shop: Shop) -> Health | None:
    """An emergency switch that somebody may have forgotten."""
    switches = switches_read(shop)
    if switches == Switches():
        return None
    words = _("All rules are off.") if switches.rules_off else _("Some pages are the same for everybody.")
    return _bad(words, "recommender_ruleset_changelist", _("Look at the emergency switches"))


def _rules_bar(shop: Shop, now: datetime) -> Health | None:
    """Rules that left a page nothing to show, lately."""
    barred = Impression.objects.of(shop).filter(degraded=RULES_LEFT_ASIDE, shown_at__gte=now - LATELY).count()
    if not barred:
        return None
    words = ngettext(
        "Rules left %(n)d page of the last hour nothing to show: they were left aside on it.",
        "Rules left %(n)d pages of the last hour nothing to show: they were left aside on them.",
        barred,
    )
    return _bad(words % {"n": barred}, "recommender_rule_changelist", _("Look at the rules"))


def _asked_in_vain(shop: Shop, now: datetime) -> Health | None:
    """A rule in force that asks for an item which was deleted, hidden or sold out since."""
    live = Live.objects.select_related("ruleset").filter(shop=shop).first()
    if live is None or live.ruleset is None:
        return None
    now_us = microseconds(now)
    rules = ruleset_read(live.ruleset).rules
    absent = absent_of(rule for rule in rules if rule.starts_us <= now_us < (rule.ends_us or now_us + 1))
    return _bad(absent_words(absent[0]), "recommender_rule_changelist", _("Look at the rules")) if absent else None


def _bundle_trouble(shop: Shop, now: datetime) -> Health | None:
    live = Live.objects.select_related("bundle").filter(shop=shop).first()
    bundle = live.bundle if live else None
    if bundle is None:
        if JobRun.objects.of(shop).filter(kind="train", status__in=_UNDER_WAY).exists():
            words = _("No bundle is live yet: pages show what is popular until the training under way is done.")
            return _bad(words, "recommender_bundleversion_train_now", _("See how far it is"))
        words = _("No bundle is live yet: pages show what is popular.")
        return _bad(words, "recommender_bundleversion_train_now", _("Train one"))
    if bundle.promoted_at and now - bundle.promoted_at > OLD_BUNDLE:
        words = _("%(bundle)s has been live for more than a week.") % {"bundle": str(bundle).capitalize()}
        return _bad(words, "recommender_bundleversion_train_now", _("Train a newer one"))
    return None


def _degraded(today: Day) -> Health | None:
    if not today.degraded:
        return None
    words = _("%(count)d of today's %(pages)d pages used a fallback.") % {
        "count": today.degraded,
        "pages": today.pages,
    }
    return _bad(words, "recommender_impression_changelist", _("Look at the pages"))


def _well(shop: Shop) -> Health:
    live = Live.objects.select_related("bundle").get(shop=shop)
    return Health(
        "good", _("All is well: %(bundle)s is live, nothing waits and nothing gave up.") % {"bundle": live.bundle}
    )
