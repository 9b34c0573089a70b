"""Shapes of the API around identity, consent and the interest profile."""

from rest_framework import serializers

from users.interests import Stage
from users.kinds import KIND_BY_WORD
from users.models import Consent
from users.taste import FACETS


class GuestSerializer(serializers.Serializer):
    """A guest's token."""

    guest_token = serializers.CharField(read_only=True, help_text="Send it as X-Guest-Token with every request.")


class CredentialsSerializer(serializers.Serializer):
    """Login and password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=128, trim_whitespace=False, style={"input_type": "password"})


class TokenSerializer(serializers.Serializer):
    """An app's token for one login."""

    token = serializers.CharField(read_only=True, help_text="Send it as `Authorization: Token …`.")


class ConsentSerializer(serializers.Serializer):
    """A decision about one purpose."""

    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    granted = serializers.BooleanField()
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, default=1, help_text="Of the text agreed to.")
    at = serializers.DateTimeField(read_only=True)


class EvidenceSerializer(serializers.Serializer):
    """A deed behind an interest."""

    item = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(choices=list(KIND_BY_WORD), read_only=True)
    at = serializers.DateTimeField(read_only=True)
    weight = serializers.FloatField(read_only=True, help_text="What it weighs now; it halves in thirty days.")


class InterestSerializer(serializers.Serializer):
    """A department, brand, tag or colour."""

    facet = serializers.ChoiceField(choices=FACETS, read_only=True)
    key = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True, help_text="In the language asked for.")
    weight = serializers.FloatField(read_only=True, help_text="Below 0: disliked.")
    share = serializers.FloatField(read_only=True, help_text="Of what its facet's liked keys weigh together.")
    counts = serializers.IntegerField(read_only=True, help_text="0 left out of pages, 100 as it is, 200 twice.")
    evidence = EvidenceSerializer(many=True, read_only=True)
    rest = serializers.FloatField(
        read_only=True, help_text="What deeds that are not named left; with them it adds up to the weight."
    )


class PriceBandSerializer(serializers.Serializer):
    """Where most prices of what is liked lie."""

    low_minor = serializers.IntegerField(read_only=True)
    middle_minor = serializers.IntegerField(read_only=True)
    high_minor = serializers.IntegerField(read_only=True)
    currency = serializers.CharField(read_only=True)
    evidence = EvidenceSerializer(many=True, read_only=True)


class NoveltySerializer(serializers.Serializer):
    """How much of what is liked was new in the shop."""

    share = serializers.FloatField(read_only=True)
    evidence = EvidenceSerializer(many=True, read_only=True)


class BuyingStageSerializer(serializers.Serializer):
    """How near to buying."""

    stage = serializers.ChoiceField(choices=[stage.value for stage in Stage], read_only=True)
    department = serializers.CharField(read_only=True, allow_blank=True)
    evidence = EvidenceSerializer(many=True, read_only=True)


class ProfileSerializer(serializers.Serializer):
    """The interest profile."""

    as_of = serializers.DateTimeField(read_only=True)
    interests = InterestSerializer(many=True, read_only=True)
    price_band = PriceBandSerializer(read_only=True, allow_null=True)
    novelty = NoveltySerializer(read_only=True, allow_null=True)
    buying_stage = BuyingStageSerializer(read_only=True)


class InterestTurnSerializer(serializers.Serializer):
    """How much of an interest its owner wants."""

    facet = serializers.ChoiceField(choices=FACETS)
    key = serializers.CharField(max_length=60)
    counts = serializers.IntegerField(min_value=0, max_value=200)


class StartOverSerializer(serializers.Serializer):
    """Whether to leave out what was done so far, or to use it again."""

    undo = serializers.BooleanField(default=False)
