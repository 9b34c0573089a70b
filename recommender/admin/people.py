"""Forgetting a person, from the admin."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Shop
from recommender.admin.confirmation import confirmed
from recommender.erase import shopper_erase
from users.models import Interaction, Shopper


def erase_view(request: HttpRequest, shopper_id: int) -> HttpResponse:
    """Ask, then remove everything about a shopper; the receipt names nobody."""
    if not request.user.has_perm("users.delete_shopper"):
        raise PermissionDenied
    shopper = get_object_or_404(Shopper, pk=shopper_id)
    return confirmed(
        request,
        title=_("Forget %(shopper)s") % {"shopper": shopper},
        consequence=_(
            "Everything about this person goes: what they did, saw, bought and kept. This cannot be undone. What was "
            "learned holds no person and is replaced with the next bundle."
        ),
        button=_("Forget for good"),
        back=reverse("admin:users_shopper_changelist"),
        do=lambda: _erased(shopper),
        details=[(_("interactions"), Interaction.objects.filter(shopper=shopper).count())],
    )


def _erased(shopper: Shopper) -> str:
    shop = Shop.objects.get(pk=shopper.shop_id)
    receipt = shopper_erase(shop=shop, shopper=shopper, now=timezone.now())
    rows = sum(receipt.rows.values())
    words = ngettext("Forgotten: %(rows)d row. Receipt %(id)s.", "Forgotten: %(rows)d rows. Receipt %(id)s.", rows)
    return words % {"rows": rows, "id": receipt.id}
