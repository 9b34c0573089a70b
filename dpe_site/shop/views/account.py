"""Signing up, logging in and out, and the one question asked at the door."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import login as session_login
from django.contrib.auth import logout as session_logout
from django.contrib.auth.forms import AuthenticationForm
from django.forms.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dpe_site.shop.answers import back, next_address
from dpe_site.shop.deeds import shopper_met
from dpe_site.shop.forms import ChoiceForm, SignUpForm
from dpe_site.shop.visitor import CHOICE_COOKIE, YEAR_SECONDS, visitor_of
from recommender.merge import guest_merge
from users.consent import consent_record
from users.models import Consent, User

REMEMBERED = (Consent.Purpose.PERSONALISATION, Consent.Purpose.LEARNING)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """A new login, which takes over what the guest did."""
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _enter(request, form.save())
    words = {"heading": _("Sign up"), "sentence": _("What you liked so far comes with you.")}
    return _form_page(request, form, words, "shop:login", _("I have a login"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Open an existing login, which takes over what the guest did."""
    form = AuthenticationForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _enter(request, form.get_user())
    words = {"heading": _("Log in"), "sentence": _("What you liked so far comes with you.")}
    return _form_page(request, form, words, "shop:signup", _("I am new here"))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Close the login; whoever comes next is somebody else."""
    visitor_of(request).guest_leave()
    session_logout(request)
    return HttpResponseRedirect(reverse("shop:home"))


@require_POST
def choice(request: HttpRequest) -> HttpResponse:
    """The answer to whether anything may be remembered; a no makes no shopper, only a cookie that says no."""
    form = ChoiceForm(request.POST)
    response = back(request)
    if form.is_valid():
        visitor = visitor_of(request)
        if form.cleaned_data["choice"]:
            shopper = shopper_met(visitor)
            for purpose in REMEMBERED:
                consent_record(shopper=shopper, purpose=purpose, granted=True, at=timezone.now())
            visitor.shopper_forget()
        response.set_cookie(CHOICE_COOKIE, request.POST["choice"], max_age=YEAR_SECONDS, httponly=True, samesite="Lax")
    return response


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    """Log in, merge the guest of this browser into the person and drop the guest's cookie."""
    visitor = visitor_of(request)
    guest = visitor.guest
    session_login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    if guest.guest_key is not None:
        guest_merge(shop=visitor.shop, guest_key=guest.guest_key, user_id=user.pk, now=timezone.now())
        visitor.guest_leave()
    return HttpResponseRedirect(next_address(request))


def _form_page(
    request: HttpRequest, form: BaseForm, words: dict[str, Any], other: str, other_words: str
) -> HttpResponse:
    came_from = next_address(request)
    link = reverse(other) + (f"?{urlencode({'next': came_from})}" if came_from != "/" else "")
    words |= {"form": form, "next": came_from, "other_address": link, "other_words": other_words}
    return render(request, "shop/account.html", words)
