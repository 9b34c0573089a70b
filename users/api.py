"""REST around people: a guest's token, an app's token, consent."""

from django.contrib.auth import authenticate
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from users.consent import consent_latest, consent_record
from users.models import Consent
from users.requests import caller_of, guest_cookie_set
from users.serializers import ConsentSerializer, CredentialsSerializer, GuestSerializer, TokenSerializer
from users.shoppers import shopper_ensure


class GuestView(APIView):
    """A guest of one's own."""

    throttle_scope = "page"

    @extend_schema(operation_id="guest_create", request=None, responses=GuestSerializer, tags=["identity"])
    def post(self, request: Request) -> Response:
        """A token for somebody without a login. Nothing is stored until the first event."""
        caller = caller_of(request)
        return Response({"guest_token": caller.guest_token})


class TokenView(APIView):
    """Login for apps."""

    authentication_classes = []
    throttle_scope = "login"

    @extend_schema(
        operation_id="token_create", request=CredentialsSerializer, responses=TokenSerializer, tags=["identity"]
    )
    def post(self, request: Request) -> Response:
        """The token of a login, for an app that cannot keep cookies."""
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = authenticate(request, **given.validated_data)
        if user is None:
            raise ValidationError("There is no such login with this password.", code="credentials")
        token, _ = Token.objects.get_or_create(user=user)
        return Response({"token": token.key})


class ConsentsView(APIView):
    """What the caller allowed."""

    throttle_scope = "page"

    @extend_schema(operation_id="consents_list", responses=ConsentSerializer(many=True), tags=["identity"])
    def get(self, request: Request) -> Response:
        """The latest decision about each purpose; a purpose nobody asked about is missing."""
        shopper = caller_of(request).shopper
        latest = [consent_latest(shopper.pk, purpose) for purpose in Consent.Purpose.values] if shopper else []
        return Response(ConsentSerializer([row for row in latest if row], many=True).data)

    @extend_schema(
        operation_id="consents_create", request=ConsentSerializer, responses={201: ConsentSerializer}, tags=["identity"]
    )
    def post(self, request: Request) -> Response:
        """Record a decision; the next page honours it."""
        given = ConsentSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        caller, now = caller_of(request), timezone.now()
        shopper = shopper_ensure(shop=caller.shop, identity=caller.identity, at=now)
        row = consent_record(shopper=shopper, at=now, **given.validated_data)
        response = Response(ConsentSerializer(row).data, status=201)
        guest_cookie_set(request, response, caller)
        return response
