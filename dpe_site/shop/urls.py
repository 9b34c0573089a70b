"""Addresses of the shop, in the order a visitor meets them."""

from django.urls import path

from dpe_site.shop.views import (
    account,
    basket,
    department,
    favourites,
    feelings,
    home,
    product,
    pwa,
    reviews,
    search,
    strip,
    taste,
    why,
)

app_name = "shop"

urlpatterns = [
    path("", home.home, name="home"),
    path("first-row/", home.first_row, name="first-row"),
    path("more/", home.more, name="more"),
    path("strip/tap/", strip.tap, name="strip-tap"),
    path("strip/skip/", strip.skip, name="strip-skip"),
    path("item/", home.home, name="items"),
    path("item/<int:item_id>/", product.product, name="item"),
    path("item/<int:item_id>/review/", reviews.write, name="review"),
    path("department/<str:slug>/", department.department, name="department"),
    path("search/", search.search, name="search"),
    path("do/<slug:code>/", feelings.do, name="do"),
    path("undo/<slug:code>/", feelings.undo, name="undo"),
    path("why/", why.why, name="why"),
    path("favourites/", favourites.favourites, name="favourites"),
    path("basket/", basket.basket, name="basket"),
    path("basket/add/", basket.add, name="basket-add"),
    path("basket/change/", basket.change, name="basket-change"),
    path("basket/remove/", basket.remove, name="basket-remove"),
    path("checkout/", basket.checkout, name="checkout"),
    path("order/<uuid:order_id>/", basket.order, name="order"),
    path("taste/", taste.taste, name="taste"),
    path("taste/interest/", taste.interest, name="interest"),
    path("taste/kind/", taste.kind_again, name="kind-again"),
    path("taste/start-over/", taste.start_over, name="start-over"),
    path("taste/consent/", taste.consent, name="consent-change"),
    path("taste/erase/", taste.erase, name="erase"),
    path("choice/", account.choice, name="consent"),
    path("signup/", account.signup, name="signup"),
    path("login/", account.login, name="login"),
    path("logout/", account.logout, name="logout"),
    path("offline/", pwa.offline, name="offline"),
    path("service-worker.js", pwa.service_worker, name="service-worker"),
]
