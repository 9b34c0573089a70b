"""Who calls the API: the shop it is about, the identity behind it and the shopper, if there is one yet."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from catalog.models import Shop
from catalog.shops import shop_of
from users.consent import consent_granted
from users.identity import GUEST_COOKIE, GUEST_HEADER, GUEST_SECONDS, Identity, guest_new, guest_token, guest_token_read
from users.models import Consent, Shopper
from users.shoppers import shopper_find


@dataclass(frozen=True)
class Caller:
    """The person behind a request to the API."""

    shop: Shop
    identity: Identity
    shopper: Shopper | None
    is_new: bool  # the identity was made for this request

    @property
    def guest_token(self) -> str:
        """What a guest sends along with the next request; empty for a login."""
        return guest_token(self.shop.pk, self.identity.guest_key) if self.identity.guest_key else ""

    @property
    def visit(self) -> str:
        """Something that tells apart people who have not done anything yet."""
        return self.identity.visit

    @property
    def may_remember(self) -> bool:
        """Whether what this person does may become a fact."""
        return consent_granted(shop=self.shop, shopper=self.shopper, purpose=Consent.Purpose.PERSONALISATION)


def caller_of(request: HttpRequest) -> Caller:
    """The login, else the guest of the header ``X-Guest-Token`` or of the cookie, else a guest made now.

    Raises:
        Http404: the shop of the header ``X-Shop`` does not exist, or there is none at all.
    """
    shop = shop_of(request)
    identity = _known(request, shop)
    if not identity.is_known:
        return Caller(shop, guest_new(), None, is_new=True)
    return Caller(shop, identity, shopper_find(shop=shop, identity=identity), is_new=False)


def guest_cookie_set(request: HttpRequest, response: HttpResponse, caller: Caller) -> None:
    """Let a browser keep the guest that was made for it; an app reads ``guest_token`` from the answer.

    Where nothing may be remembered the cookie lasts as long as the visit.
    """
    if caller.is_new:
        response.set_cookie(
            GUEST_COOKIE,
            caller.guest_token,
            max_age=GUEST_SECONDS if caller.may_remember else None,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )


def _known(request: HttpRequest, shop: Shop) -> Identity:
    if request.user.is_authenticated:
        return Identity(user_id=request.user.pk)
    token = request.headers.get(GUEST_HEADER) or request.COOKIES.get(GUEST_COOKIE, "")
    return guest_token_read(shop.pk, token)
