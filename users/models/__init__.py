"""Facts about people, one file per subject."""

from users.models.interactions import KIND_CHOICES, EventReceipt, Interaction
from users.models.opinions import Favourite, Review, Search
from users.models.people import Consent, Device, Shopper, Suspicion, User
from users.models.shopping import Basket, BasketLine, Order, OrderLine
from users.models.state import ShopperState

__all__ = [
    "KIND_CHOICES",
    "Basket",
    "BasketLine",
    "Consent",
    "Device",
    "EventReceipt",
    "Favourite",
    "Interaction",
    "Order",
    "OrderLine",
    "Review",
    "Search",
    "Shopper",
    "ShopperState",
    "Suspicion",
    "User",
]
