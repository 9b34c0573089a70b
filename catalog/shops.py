"""Which shop a request or a command is about."""

from catalog.models import Shop


def shop_named(code: str = "") -> Shop:
    """The shop with this code; without a code the first one.

    Raises:
        Shop.DoesNotExist: there is no such shop, or none at all yet.
    """
    if code:
        return Shop.objects.get(code=code)
    first = Shop.objects.order_by("pk").first()
    if first is None:
        raise Shop.DoesNotExist("There is no shop yet: load one with `manage.py load_demo` or `import_dataset`.")
    return first
