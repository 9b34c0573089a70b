"""Who a page is for: the shop, the identity behind the request and its shopper, each found at most once."""

from collections.abc import Callable
from functools import cached_property
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse

from catalog.models import Shop
from catalog.shops import shop_named
from users.identity import GUEST_COOKIE, GUEST_SECONDS, Identity, guest_new, guest_token, guest_token_read
from users.models import Shopper
from users.shoppers import shopper_find
from users.standing import Standing, standing_read

VISIT_COOKIE = "dpe_visit"
CHOICE_COOKIE = "dpe_choice"
YEAR_SECONDS = 365 * 24 * 3600
_SAFE = ("GET", "HEAD")


class Visitor:
    """The person behind one request.

    Somebody we have not met has no identity until the first event; ``identity_ensure`` then mints a guest, whose
    cookie is set on the way out.
    """

    def __init__(self, request: HttpRequest) -> None:
        """Remember the request; nothing is read yet."""
        self._request = request
        self._minted: Identity | None = None
        self._standing: Standing | None = None
        self.leaving = False

    @cached_property
    def shop(self) -> Shop:
        """The shop of this site.

        Raises:
            Http404: none has been loaded yet.
        """
        try:
            return shop_named()
        except Shop.DoesNotExist as error:
            raise Http404(str(error)) from error

    @property
    def identity(self) -> Identity:
        """The login, the guest of the cookie, or nobody."""
        if self._request.user.is_authenticated:
            return Identity(user_id=self._request.user.pk)
        return self.guest

    @property
    def guest(self) -> Identity:
        """The guest of the cookie, also where a login is in front of it."""
        if self._minted or self.leaving:
            return self._minted or Identity()
        return guest_token_read(self.shop.pk, self._request.COOKIES.get(GUEST_COOKIE, ""))

    def identity_ensure(self) -> Identity:
        """The identity that an event counts for; a guest is minted for somebody we have not met."""
        if not self.identity.is_known:
            self._minted = guest_new()
        return self.identity

    @cached_property
    def shopper(self) -> Shopper | None:
        """The shopper, or None before the first event."""
        return shopper_find(shop=self.shop, identity=self.identity) if self.identity.is_known else None

    def shopper_forget(self) -> None:
        """Look the shopper up again when next asked for: something was written."""
        self.__dict__.pop("shopper", None)
        self._standing = None

    @property
    def standing(self) -> Standing:
        """What the person has said and kept; read once while nothing is written, anew each time else."""
        if self._standing is None or self._request.method not in _SAFE:
            self._standing = standing_read(self.shopper)
        return self._standing

    @property
    def must_ask(self) -> bool:
        """Whether the page has to ask before anything is remembered."""
        is_open = self.shop.consent_required and CHOICE_COOKIE not in self._request.COOKIES
        return is_open and self.standing.allowed is None

    @property
    def may_remember(self) -> bool:
        """Whether what this person looks at may become a fact."""
        said = self.standing.allowed
        return said if said is not None else not self.shop.consent_required

    @cached_property
    def visit(self) -> str:
        """Id of this visit, gone with the browser's window: two people we have not met are shown two pages."""
        return self._request.COOKIES.get(VISIT_COOKIE, "")[:64] or uuid4().hex

    @property
    def agent(self) -> str:
        """What the browser calls itself."""
        return str(self._request.headers.get("User-Agent", ""))[:400]

    def guest_leave(self) -> None:
        """Drop the guest's cookie with the answer; the next event makes a new guest."""
        self.leaving = True
        self._minted = None

    def cookies_set(self, response: HttpResponse) -> None:
        """Give the browser what it has to keep; lasting only where that was allowed."""
        secure = self._request.is_secure()
        if self.leaving:
            response.delete_cookie(GUEST_COOKIE)
            response.delete_cookie(VISIT_COOKIE)
        if self._minted and self._minted.guest_key:
            lasting = GUEST_SECONDS if self.may_remember else None
            token = guest_token(self.shop.pk, self._minted.guest_key)
            response.set_cookie(GUEST_COOKIE, token, max_age=lasting, httponly=True, samesite="Lax", secure=secure)
        if "visit" in self.__dict__ and not self.leaving and VISIT_COOKIE not in self._request.COOKIES:
            response.set_cookie(VISIT_COOKIE, self.visit, httponly=True, samesite="Lax", secure=secure)


def visitor_of(request: HttpRequest) -> Visitor:
    """The visitor of a request, made on first use."""
    found: Visitor | None = getattr(request, "visitor", None)
    if found is None:
        found = Visitor(request)
        request.visitor = found  # type: ignore[attr-defined]
    return found


class VisitorMiddleware:
    """Sends the cookies of a guest met during the request, and keeps personal pages out of every cache.

    A browser goes back to a page that it may store without asking again: what was hidden since would stand there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap ``get_response``."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; only views that asked for the visitor pay for it."""
        response = self.get_response(request)
        found: Visitor | None = getattr(request, "visitor", None)
        if found is not None:
            found.cookies_set(response)
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
