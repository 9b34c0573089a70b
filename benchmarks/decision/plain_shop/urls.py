"""The addresses of the site, and those of the plain pages."""

from django.urls import path

from benchmarks.decision.plain_shop import views
from dpe_site import urls as site

urlpatterns = [
    path("plain/<int:cards>/", views.plain),
    path("plain-drawn-anew/<int:cards>/", views.plain_drawn_anew),
    *site.urlpatterns,
]

handler400, handler403, handler404, handler500 = (
    site.handler400,
    site.handler403,
    site.handler404,
    site.handler500,
)
