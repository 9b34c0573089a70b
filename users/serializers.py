"""Shapes of the API around identity and consent."""

from rest_framework import serializers

from users.models import Consent


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
