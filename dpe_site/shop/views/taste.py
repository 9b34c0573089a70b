"""What the shop believes about a shopper, in words; where to turn it down, switch it off or erase it."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dpe_site.shop.answers import back, is_live
from dpe_site.shop.deeds import shopper_met
from dpe_site.shop.forms import ConsentForm, InterestForm, KindForm, StartOverForm
from dpe_site.shop.hidden import put_aside_of
from dpe_site.shop.profile import fewer_kinds, portrait_of
from dpe_site.shop.visitor import Visitor, visitor_of
from recommender.erase import shopper_erase
from users.consent import consent_granted, consent_record
from users.models import Consent
from users.profiles import interest_turn, interests_reset
from users.wishes import kind_fewer

SWITCHES = (
    (
        Consent.Purpose.PERSONALISATION,
        gettext_lazy("Personal pages"),
        gettext_lazy("The homepage, search and rows follow what you do here."),
    ),
    (
        Consent.Purpose.LEARNING,
        gettext_lazy("Learning"),
        gettext_lazy("What you do helps to choose better for everybody, without your name."),
    ),
)


@dataclass(frozen=True)
class Switch:
    """One purpose, and whether the shopper allows it."""

    purpose: str
    title: str | Promise
    sentence: str | Promise
    granted: bool


@require_safe
def taste(request: HttpRequest) -> HttpResponse:
    """Interests with their dials, the switches, and the way out."""
    visitor = visitor_of(request)
    language = get_language() or "en"
    words = {
        "portrait": portrait_of(visitor.shop, visitor.shopper, language, timezone.now()),
        "fewer": fewer_kinds(visitor.shopper, language),
        "aside": put_aside_of(visitor.shop, visitor.shopper),
        "switches": _switches(visitor),
        "here": "taste",
    }
    return render(request, "shop/taste.html", words)


@require_POST
def kind_again(request: HttpRequest) -> HttpResponse:
    """Show as many items of a category as before."""
    visitor, form = visitor_of(request), KindForm(request.POST)
    if visitor.shopper is not None and form.is_valid():
        kind_fewer(shopper=visitor.shopper, category_id=form.cleaned_data["kind"], at=timezone.now(), undo=True)
    return back(request)


@require_POST
def interest(request: HttpRequest) -> HttpResponse:
    """Turn one interest up or down."""
    visitor, form = visitor_of(request), InterestForm(request.POST)
    if visitor.shopper is None or not form.is_valid():
        return redirect("shop:taste")
    said, now = form.cleaned_data, timezone.now()
    interest_turn(
        shop=visitor.shop, shopper=visitor.shopper, facet=said["facet"], key=said["key"], percent=said["counts"], at=now
    )
    return _portrait_answer(request, visitor, now)


@require_POST
def start_over(request: HttpRequest) -> HttpResponse:
    """Leave everything that was done so far out of the page, or use it again."""
    visitor, form = visitor_of(request), StartOverForm(request.POST)
    if visitor.shopper is None or not form.is_valid():
        return redirect("shop:taste")
    now = timezone.now()
    interests_reset(shopper=visitor.shopper, at=now, undo=form.cleaned_data["undo"])
    return _portrait_answer(request, visitor, now)


def _portrait_answer(request: HttpRequest, visitor: Visitor, now: datetime) -> HttpResponse:
    """The dials as they stand now, in place or as the whole page."""
    if not is_live(request):
        return redirect("shop:taste")
    portrait = portrait_of(visitor.shop, visitor.shopper, get_language() or "en", now)
    words = {"portrait": portrait, "toast": {"text": _("Your page follows.")}}
    return render(request, "shop/components/interests_answer.html", words)


@require_POST
def consent(request: HttpRequest) -> HttpResponse:
    """Flip one switch."""
    form = ConsentForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        shopper = shopper_met(visitor_of(request))
        consent_record(shopper=shopper, purpose=said["purpose"], granted=said["granted"], at=timezone.now())
    return back(request)


@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """Forget the shopper and show the receipt; the browser forgets too."""
    visitor = visitor_of(request)
    if visitor.shopper is None or "sure" not in request.POST:
        return redirect("shop:taste")
    with_login = "with_login" in request.POST
    receipt = shopper_erase(shop=visitor.shop, shopper=visitor.shopper, now=timezone.now(), with_login=with_login)
    logout(request)
    visitor.guest_leave()
    visitor.shopper_forget()
    return render(request, "shop/erased.html", {"receipt": receipt, "n_rows": sum(receipt.rows.values())})


def _switches(visitor: Visitor) -> list[Switch]:
    return [
        Switch(purpose, title, sentence, consent_granted(shop=visitor.shop, shopper=visitor.shopper, purpose=purpose))
        for purpose, title, sentence in SWITCHES
    ]
