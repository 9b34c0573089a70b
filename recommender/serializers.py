"""Shapes of the API around pages and events."""

import math
from typing import Any

from rest_framework import serializers

from catalog.serializers import picture_address
from recommender.page import Card, Cause
from recommender.redecided import Basis, SlotChange
from users.event_parsing import MAX_SEEN, SEEN
from users.kinds import KIND_BY_WORD

DEEDS = list(KIND_BY_WORD)
EVENT_KINDS = [*DEEDS, SEEN]
SLOT_CHANGES = ["in", "out", "moved", "rescored"]


class ActionSerializer(serializers.Serializer):
    """Something the shopper can do about a card."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the member is called so
    item = serializers.CharField(source="external_id", help_text="Send it with the wish or event.")
    item_id = serializers.IntegerField()
    tag_id = serializers.IntegerField(help_text="The taste that `not_this_taste` is about, else 0.")


class LabelSerializer(serializers.Serializer):
    """A badge."""

    code = serializers.CharField()
    text = serializers.CharField()


class CauseSerializer(serializers.Serializer):
    """An item of the past that brought a card here."""

    item = serializers.CharField(source="external_id")
    title = serializers.CharField()
    picture = serializers.SerializerMethodField()
    kind = serializers.CharField(help_text="The latest thing done to it.")

    def get_picture(self, cause: Cause) -> str:
        """Absolute address, empty where there is none."""
        return picture_address(cause.picture, self.context.get("request"))


class CardSerializer(serializers.Serializer):
    """One shown item."""

    id = serializers.IntegerField()
    item = serializers.CharField(source="external_id", help_text="Report events with it.")
    position = serializers.IntegerField(help_text="Report events with it.")
    title = serializers.CharField()
    description = serializers.CharField()
    brand = serializers.CharField()
    department_id = serializers.IntegerField(help_text="0: none.")
    price_minor = serializers.IntegerField(allow_null=True)
    list_price_minor = serializers.IntegerField(allow_null=True, help_text="Only where it is higher than the price.")
    currency = serializers.CharField()
    picture = serializers.SerializerMethodField()
    picture_alt = serializers.CharField()
    picture_width = serializers.IntegerField(help_text="0: unknown.")
    picture_height = serializers.IntegerField()
    rating = serializers.FloatField(allow_null=True)
    rating_count = serializers.IntegerField()
    labels = LabelSerializer(many=True)
    reason = serializers.CharField(help_text="Why it is here, in one true sentence.")
    reason_code = serializers.CharField()
    causes = CauseSerializer(many=True)
    actions = ActionSerializer(many=True)

    def get_picture(self, card: Card) -> str:
        """Absolute address, empty where there is none."""
        return picture_address(card.picture, self.context.get("request"))


class SectionSerializer(serializers.Serializer):
    """A row of cards."""

    code = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField()
    subject = serializers.IntegerField(help_text="Item or department the title speaks of, 0: none.")
    cards = CardSerializer(many=True)


class PillSerializer(serializers.Serializer):
    """Says that the page moved, and how to take it back."""

    text = serializers.CharField()
    undo = ActionSerializer()


class PageSerializer(serializers.Serializer):
    """A page. Report what was visible with a `seen` event and what was clicked with the card's position."""

    request_id = serializers.UUIDField()
    impression_id = serializers.UUIDField(allow_null=True, help_text="Report events with it.")
    surface = serializers.CharField()
    page = serializers.IntegerField()
    personalised = serializers.BooleanField()
    degraded = serializers.CharField(help_text="Empty, or the fallback that was used.")
    cursor = serializers.CharField(help_text="Ask with it for the next page; empty at the end.")
    pill = PillSerializer(allow_null=True)
    sections = SectionSerializer(many=True)
    guest_token = serializers.SerializerMethodField(help_text="Send it as X-Guest-Token with the next request.")

    def get_guest_token(self, page: Any) -> str:
        """The caller's token, empty for a login."""
        return str(self.context.get("guest_token", ""))


class EventSerializer(serializers.Serializer):
    """Something a shopper did. Each kind needs an `item` except search, share, undo and seen."""

    client_id = serializers.UUIDField(help_text="Your own id: the same when you send the event again.")
    kind = serializers.ChoiceField(choices=EVENT_KINDS)
    item = serializers.CharField(max_length=200, required=False, help_text="The item's external id.")
    occurred_at = serializers.DateTimeField(
        required=False, help_text="With its zone; at most 30 days ago. Default: now."
    )
    quantity = serializers.IntegerField(min_value=1, default=1)
    price_minor = serializers.IntegerField(min_value=0, required=False)
    currency = serializers.CharField(max_length=3, required=False)
    order = serializers.CharField(max_length=64, required=False)
    session = serializers.CharField(max_length=64, required=False)
    search = serializers.UUIDField(required=False)
    surface = serializers.CharField(max_length=40, required=False)
    impression = serializers.UUIDField(required=False)
    position = serializers.IntegerField(min_value=0, required=False)
    value = serializers.FloatField(required=False, help_text="rate: 1 to 5; dwell: seconds.")
    positions = serializers.ListField(
        child=serializers.IntegerField(min_value=0), max_length=MAX_SEEN, required=False, help_text="seen: which cards."
    )
    undoes = serializers.UUIDField(required=False, help_text="undo: client id of the event to take back …")
    undoes_kind = serializers.ChoiceField(
        choices=DEEDS, required=False, help_text="… or the latest of this kind with `item`."
    )


class EventBatchSerializer(serializers.Serializer):
    """Up to 1,000 events of one shopper."""

    events = EventSerializer(many=True)


class ProblemErrorSerializer(serializers.Serializer):
    """What is wrong with one field."""

    pointer = serializers.CharField(help_text="JSON pointer into the request's body.")
    detail = serializers.CharField()
    code = serializers.CharField()


class EventResultSerializer(serializers.Serializer):
    """What became of one event."""

    index = serializers.IntegerField()
    status = serializers.ChoiceField(choices=["accepted", "duplicate", "conflict", "refused"])
    client_id = serializers.UUIDField(allow_null=True)
    interaction_id = serializers.UUIDField(allow_null=True)
    errors = ProblemErrorSerializer(many=True)  # type: ignore[assignment]  # the member is called so


class EventsTakenSerializer(serializers.Serializer):
    """One result per event, in order."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = EventResultSerializer(many=True)
    guest_token = serializers.CharField(help_text="Send it as X-Guest-Token with the next request; empty for a login.")


class ProblemSerializer(serializers.Serializer):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]


class EventsProblemSerializer(ProblemSerializer, EventsTakenSerializer):
    """A problem document about a batch: some or all events were refused, the others are kept."""


class SlotChangeSerializer(serializers.Serializer):
    """An item whose slot or score would not be what it was."""

    kind = serializers.ChoiceField(choices=SLOT_CHANGES)
    item = serializers.CharField(source="external_id")
    title = serializers.CharField()
    slot_before = serializers.IntegerField(source="before", help_text="1 is the first, 0: not on the page.")
    slot_after = serializers.IntegerField(source="after")
    score_before = serializers.SerializerMethodField()
    score_after = serializers.SerializerMethodField()

    def get_score_before(self, change: SlotChange) -> float | None:
        """Null where it was not there, or not scored."""
        return known(change.score_before)

    def get_score_after(self, change: SlotChange) -> float | None:
        """Null where it is not there, or not scored."""
        return known(change.score_after)


class ReplaySerializer(serializers.Serializer):
    """A logged request decided again."""

    request_id = serializers.UUIDField()
    basis = serializers.ChoiceField([basis.value for basis in Basis])
    bundle = serializers.IntegerField(allow_null=True)
    ruleset = serializers.CharField(help_text="Hash of the ruleset; “draft” for drafts.")
    same = serializers.BooleanField(
        help_text="Of the day: equal to the last bit on the machine it was made on. Otherwise: nothing differs."
    )
    changes = SlotChangeSerializer(many=True)


class TraceSerializer(serializers.Serializer):
    """Everything a decision looked at; the numbers are told in docs/algorithms/trace.md."""

    candidates = serializers.ListField(child=serializers.DictField())
    sections = serializers.ListField(child=serializers.DictField())
    timed_out = serializers.ListField(child=serializers.CharField())
    versions = serializers.DictField()
    stages_ms = serializers.DictField(child=serializers.FloatField())


def known(number: float) -> float | None:
    """The number, None for NaN, which JSON does not have."""
    return None if math.isnan(number) else number


class ListSerializer(serializers.Serializer):
    """One shopper's list."""

    shopper_id = serializers.IntegerField()
    shopper = serializers.CharField(allow_blank=True, help_text="The shop's own id; empty for a guest.")
    made_at = serializers.DateTimeField()
    arm = serializers.CharField(allow_blank=True, help_text="Of the running experiment; empty: none.")
    items = serializers.ListField(child=serializers.CharField(), help_text="The shop's own ids, best first.")


class ListsSerializer(serializers.Serializer):
    """A page of lists."""

    lists = ListSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Give it as `after`; null: these were the last.")
