"""Which shop a request or a command is about."""

from django.conf import settings
from django.http import Http404, HttpRequest

from catalog.models import Shop

SHOP_HEADER = "X-Shop"

_FIRST = "SELECT * FROM catalog_shop ORDER BY id LIMIT 1"  # asked by every page: composing it costs thrice its answer


def shop_named(code: str = "") -> Shop:
    """The shop with this code; without a code the one that DPE_SHOP names, and without that the first one.

    Raises:
        Shop.DoesNotExist: there is no such shop, or none at all yet.
    """
    wanted = code or settings.DPE_SHOP
    if wanted:
        return Shop.objects.get(code=wanted)
    first = next(iter(Shop.objects.raw(_FIRST)), None)
    if first is None:
        raise Shop.DoesNotExist("There is no shop yet: load one with `manage.py load_demo` or `import_dataset`.")
    return first


def shop_of(request: HttpRequest) -> Shop:
    """The shop that a request to the API names in its header ``X-Shop``; without one the site's own.

    Raises:
        Http404: there is no such shop.
    """
    try:
        return shop_named(request.headers.get(SHOP_HEADER, ""))
    except Shop.DoesNotExist as error:
        raise Http404(f"There is no such shop: leave {SHOP_HEADER} out or name another.") from error
