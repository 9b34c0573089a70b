"""Every address of the site, in the order a visitor meets them."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from dpe_site import media

urlpatterns = [
    path("media/<path:path>", media.media),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/", RedirectView.as_view(pattern_name="api-docs")),
    path("api/v1/", include("recommender.urls")),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("", include("dpe_site.shop.urls")),
]

handler400 = "dpe_site.problems.bad_request"
handler403 = "dpe_site.problems.permission_denied"
handler404 = "dpe_site.problems.page_not_found"
handler500 = "dpe_site.problems.server_error"
