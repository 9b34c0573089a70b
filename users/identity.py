"""Who a request comes from: a login, or a guest known by a signed key."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core import signing

GUEST_COOKIE = "dpe_guest"
GUEST_HEADER = "X-Guest-Token"
GUEST_SECONDS = 180 * 24 * 3600
_SALT = "dpe.guest"


@dataclass(frozen=True)
class Identity:
    """A login's id, or a guest's key, or neither: somebody we have not met."""

    user_id: int | None = None
    guest_key: UUID | None = None

    @property
    def is_known(self) -> bool:
        """Whether facts can be kept for this identity."""
        return self.user_id is not None or self.guest_key is not None

    @property
    def visit(self) -> str:
        """Tells apart people who have not done anything yet: the session of the pages that an app is shown."""
        return self.guest_key.hex if self.guest_key else f"user{self.user_id}" if self.user_id is not None else ""


def guest_new() -> Identity:
    """A guest nobody has met; also what a logout leaves behind."""
    return Identity(guest_key=uuid4())


def guest_token(shop_id: int, guest_key: UUID) -> str:
    """What a guest's browser or app holds: the key, signed for one shop."""
    return signing.TimestampSigner(salt=_SALT).sign(f"{shop_id}.{guest_key.hex}")


def guest_token_read(shop_id: int, token: str) -> Identity:
    """The guest a token names; an altered, foreign or expired token names nobody."""
    try:
        value = signing.TimestampSigner(salt=_SALT).unsign(token, max_age=GUEST_SECONDS)
        shop, _, key = value.partition(".")
        return Identity(guest_key=UUID(hex=key)) if shop == str(shop_id) else Identity()
    except (signing.BadSignature, ValueError):
        return Identity()
