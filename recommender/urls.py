"""Addresses of the API, version 1."""

from django.urls import path

from catalog.api import ItemView
from recommender.api import EventsView, HomepageView, SimilarView
from recommender.lists_api import ListsView
from recommender.staff_api import ReplayView, TraceView
from users.api import ConsentsView, GuestView, TokenView
from users.profile_api import InterestView, ProfileView, StartOverView
from users.wishes_api import WishesView

app_name = "api"

urlpatterns = [
    path("homepage", HomepageView.as_view(), name="homepage"),
    path("items/<path:external_id>/similar", SimilarView.as_view(), name="similar"),
    path("items/<path:external_id>", ItemView.as_view(), name="item"),
    path("events", EventsView.as_view(), name="events"),
    path("wishes", WishesView.as_view(), name="wishes"),
    path("requests/<uuid:request_id>/trace", TraceView.as_view(), name="trace"),
    path("requests/<uuid:request_id>/replay", ReplayView.as_view(), name="replay"),
    path("lists", ListsView.as_view(), name="lists"),
    path("guest", GuestView.as_view(), name="guest"),
    path("token", TokenView.as_view(), name="token"),
    path("consents", ConsentsView.as_view(), name="consents"),
    path("profile", ProfileView.as_view(), name="profile"),
    path("profile/interest", InterestView.as_view(), name="interest"),
    path("profile/start-over", StartOverView.as_view(), name="start-over"),
]
