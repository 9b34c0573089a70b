"""Pages of the shop, asked in process: how many queries they make, who they remember, where they send people."""

import json

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.models import Item
from dpe_site.shop.views.feelings import better_find
from recommender.homepage import homepage_page
from recommender.models import Impression, Knobs
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import TinyShop
from users.consent import consent_granted
from users.identity import GUEST_COOKIE
from users.kinds import Kind
from users.models import Consent, Interaction, Shopper, User
from users.shoppers import shopper_for_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def known(tiny: TinyShop) -> Client:
    """The browser of somebody who has looked at three things."""
    client = Client()
    for item in tiny.items[:3]:
        client.get(f"/item/{item.pk}/")
    return client


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/", 40),
        ("/department/d1/", 45),
        ("/favourites/", 10),
        ("/basket/", 40),
        ("/taste/", 14),
        ("/search/?q=item", 40),
    ],
)
def test_queries_are_few(
    known: Client, path: str, most: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    known.get(path)
    with django_assert_max_num_queries(most):
        assert known.get(path).status_code == 200


def test_the_homepage_goes_on_below_its_end_and_repeats_nothing(known: Client) -> None:
    page = BeautifulSoup(known.get("/").content, "html.parser")
    further = page.select_one("main .pager a")
    assert further is not None
    more = BeautifulSoup(known.get(str(further["hx-get"]), headers=HTMX).content, "html.parser")
    shown, added = ([card["data-item"] for card in part.select(".card")] for part in (page, more))
    assert added
    assert not set(shown) & set(added)
    assert not more.select("#first-row, header, #strip")
    without_script = BeautifulSoup(known.get(str(further["href"])).content, "html.parser")
    assert [card["data-item"] for card in without_script.select("main .card")] == added
    assert not without_script.select("#strip")


def test_a_cursor_of_nobody_is_the_first_page(known: Client) -> None:
    first = known.get("/").context["page"]
    for cursor in ("nonsense", "x" * 5000):
        assert known.get("/", {"cursor": cursor}).context["page"].impression_id == first.impression_id


def test_queries_do_not_grow_with_the_page(known: Client, tiny: TinyShop) -> None:
    counts = []
    for items in (tiny.items[:2], tiny.items[2:12]):
        for item in items:
            known.post("/do/favourite/", {"pick": item.pk})
        known.get("/favourites/")
        with CaptureQueriesContext(connection) as queries:
            known.get("/favourites/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_looking_at_a_product_makes_a_guest(client: Client, tiny: TinyShop) -> None:
    client.get("/")
    assert not Shopper.objects.exists()
    response = client.get(f"/item/{tiny.items[0].pk}/")
    assert response.cookies[GUEST_COOKIE]["max-age"]
    assert Interaction.objects.get().kind == Kind.VIEW


def test_a_reload_is_the_same_look(client: Client, tiny: TinyShop) -> None:
    for _ in range(3):
        client.get(f"/item/{tiny.items[0].pk}/")
    assert Interaction.objects.count() == 1


def test_a_prefetch_is_no_look(client: Client, tiny: TinyShop) -> None:
    client.get(f"/item/{tiny.items[0].pk}/", headers={"Sec-Purpose": "prefetch"})
    client.head(f"/item/{tiny.items[0].pk}/")
    assert not Interaction.objects.exists()


def test_an_altered_guest_cookie_names_nobody(known: Client, tiny: TinyShop) -> None:
    known.cookies[GUEST_COOKIE] = known.cookies[GUEST_COOKIE].value[:-1] + "x"
    known.post("/do/like/", {"pick": tiny.items[5].pk})
    assert Shopper.objects.count() == 2


@pytest.mark.parametrize("pick", ["", "x", "1-x", "99999999999999999999", "1-70000", "-1", "1e3", "１"])
def test_unreadable_buttons_are_refused(client: Client, tiny: TinyShop, pick: str) -> None:
    assert client.post("/do/like/", {"pick": pick}).status_code == 404
    assert not Shopper.objects.exists()


def test_an_unknown_button_is_refused(client: Client, tiny: TinyShop) -> None:
    assert client.post("/do/explode/", {"pick": tiny.items[0].pk}).status_code == 404


@pytest.mark.parametrize("address", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_nobody_is_sent_away(client: Client, tiny: TinyShop, address: str) -> None:
    response = client.post("/do/like/", {"pick": tiny.items[0].pk, "next": address})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize(
    "query", ["page=x", "page=99999", "brand=x&brand=9", "price_from=NaN", "price_to=-3", "sort=no"]
)
def test_odd_filters_are_ignored(client: Client, tiny: TinyShop, query: str) -> None:
    assert client.get(f"/department/d1/?{query}").status_code == 200


def test_filters_narrow(client: Client, tiny: TinyShop) -> None:
    page = BeautifulSoup(client.get("/department/d1/?price_from=11&price_to=12&sort=price").content, "html.parser")
    wanted = [item.pk for item in tiny.of_department(1) if 1100 <= (item.price_minor or 0) <= 1200]
    assert [int(str(card["data-item"])) for card in page.select(".card")] == wanted


def test_live_dislike_answers_with_a_better_card(known: Client, tiny: TinyShop) -> None:
    page = BeautifulSoup(known.get("/").content, "html.parser")
    shown = [str(card["data-item"]) for card in page.select("main .card")]
    sent = {"pick": f"{shown[0]}-0", "surface": "homepage", "shown": ",".join(shown)}
    answer = BeautifulSoup(known.post("/do/not_interested/", sent, headers=HTMX).content, "html.parser")
    better = answer.select_one(".card[data-better]")
    assert better is not None
    assert better["data-item"] not in shown
    assert answer.select_one("[data-toast] button") is not None


def test_a_live_dislike_taken_back_leaves_the_row_to_the_page_that_puts_the_card_back(
    known: Client, tiny: TinyShop
) -> None:
    page = BeautifulSoup(known.get("/").content, "html.parser")
    item = str(page.select("#first-row .card")[0]["data-item"])
    sent = {"pick": f"{item}-0", "surface": "homepage", "shown": item}
    known.post("/do/not_interested/", sent, headers=HTMX)
    answer = known.post("/undo/not_interested/", sent, headers=HTMX)
    assert json.loads(answer.headers["HX-Trigger"]) == {"dpe:restore": {"item": int(item)}}
    assert BeautifulSoup(answer.content, "html.parser").select_one("#first-row") is None


def test_dislikes_one_after_another_are_each_answered_with_a_card_of_a_page_that_was_logged(
    known: Client, tiny: TinyShop
) -> None:
    page = BeautifulSoup(known.get("/").content, "html.parser")
    screen = [str(card["data-item"]) for card in page.select("main .card")]
    for _press in range(8):
        gone = screen.pop(0)
        sent = {"pick": f"{gone}-0", "surface": "homepage", "shown": ",".join([gone, *screen])}
        answer = BeautifulSoup(known.post("/do/not_interested/", sent, headers=HTMX).content, "html.parser")
        better = answer.select_one(".card[data-better]")
        assert better is not None
        assert better["data-item"] not in [gone, *screen]
        logged = Impression.objects.get(pk=str(better["data-impression"]))
        assert str(logged.item_ids[int(str(better["data-position"]))]) == better["data-item"]
        assert str(better["data-impression"]) in str(better["hx-vals"])
        screen.append(str(better["data-item"]))


def test_where_a_page_has_nothing_new_the_next_one_is_asked(tiny: TinyShop) -> None:
    first, second = (
        homepage_page(shop=tiny.shop, session="a", now=timezone.now(), cursor=cursor)
        for cursor in ("", homepage_page(shop=tiny.shop, session="a", now=timezone.now()).cursor)
    )
    gone, *others = [card.id for card in first.cards]
    said = {"pick": (gone, 0), "shown": frozenset(others), "row": frozenset(), "section": second.sections[-1].code}
    page, card = better_find(iter([first, second]), said, 0)
    assert (page, card) == (second, second.sections[-1].cards[0])
    seen = said | {"shown": frozenset([*others, *(card.id for card in second.cards)])}
    assert better_find([first, second], seen, 0) == (second, None)
    assert better_find([first, second], said | {"shown": frozenset(others[1:])}, 0) == (first, first.cards[1])


def test_no_variant_of_what_is_on_the_screen_takes_the_place_of_a_card(tiny: TinyShop) -> None:
    page = homepage_page(shop=tiny.shop, session="a", now=timezone.now())
    gone, stays, twin, other, *_rest = [card.id for card in page.sections[0].cards]
    said = {"pick": (gone, 0), "shown": frozenset({stays}), "row": frozenset(), "section": page.sections[0].code}

    def better() -> int:
        card = better_find([page], said, 0)[1]
        assert card is not None
        return card.id

    assert better() == twin
    Item.objects.filter(pk__in=(stays, twin)).update(group="chair")
    assert better() == other
    Item.objects.filter(pk__in=(gone, other)).update(group="lamp")
    assert better() not in (twin, other)


def test_no_brand_joins_a_row_that_has_as_many_of_it_as_there_may_be(tiny: TinyShop) -> None:
    page = homepage_page(shop=tiny.shop, session="a", now=timezone.now())
    gone, *row, same, other = [card.id for card in page.sections[0].cards][:5]
    Item.objects.filter(pk__in=(*row, same)).update(brand=tiny.brands[0])
    Item.objects.filter(pk__in=(gone, other)).update(brand=tiny.brands[1])
    said = {
        "pick": (gone, 0),
        "shown": frozenset(row),
        "row": frozenset([gone, *row]),
        "section": page.sections[0].code,
    }
    assert [getattr(better_find([page], said, cap)[1], "id", 0) for cap in (0, 3, 2, 1)] == [same, same, other, other]


def test_what_comes_into_a_filtered_list_fits_the_filter(known: Client, tiny: TinyShop) -> None:
    def better(query: str) -> int:
        screen = BeautifulSoup(known.get(f"/department/d1/?{query}").content, "html.parser").select("main .card")
        shown = [str(card["data-item"]) for card in screen][:2]
        sent = {"pick": f"{shown[0]}-0", "surface": "department", "shown": ",".join(shown)}
        sent["next"] = f"/department/d1/?{query}"
        answer = BeautifulSoup(known.post("/do/not_interested/", sent, headers=HTMX).content, "html.parser")
        card = answer.select_one(".card[data-better]")
        return int(str(card["data-item"])) if card else 0

    dear = min(item.price_minor or 0 for item in tiny.of_department(1)[-8:])
    prices = {item.pk: item.price_minor or 0 for item in tiny.of_department(1)}
    assert better("") in prices
    for _press in range(3):
        assert prices[better(f"price_from={dear / 100}")] >= dear
    assert better("page=2") == 0


def test_the_dial_says_how_many_of_a_brand_there_may_be(known: Client, tiny: TinyShop) -> None:
    Item.objects.update(brand=tiny.brands[0])
    sent = {"pick": f"{tiny.items[0].pk}-0", "surface": "homepage"}
    sent |= {"row": ",".join(str(item.pk) for item in tiny.items[:3])}  # two are left, and three may be

    def has_better() -> bool:
        return b"data-better" in known.post("/do/not_interested/", sent, headers=HTMX).content

    assert has_better()
    Knobs.objects.create(shop=tiny.shop, brand_cap=2)
    ruleset_publish(shop=tiny.shop)
    assert not has_better()


def test_the_shop_asks_first_where_it_must(client: Client, tiny: TinyShop) -> None:
    tiny.shop.consent_required = True
    tiny.shop.save()
    assert b'class="consent"' in client.get("/").content
    response = client.get(f"/item/{tiny.items[0].pk}/")
    assert GUEST_COOKIE not in response.cookies
    assert not Shopper.objects.exists()


def test_a_no_is_kept_without_a_shopper(client: Client, tiny: TinyShop) -> None:
    tiny.shop.consent_required = True
    tiny.shop.save()
    client.post("/choice/", {"choice": "no"})
    assert b'class="consent"' not in client.get("/").content
    assert not Shopper.objects.exists()


def test_a_yes_makes_a_lasting_guest(client: Client, tiny: TinyShop) -> None:
    tiny.shop.consent_required = True
    tiny.shop.save()
    response = client.post("/choice/", {"choice": "yes"})
    assert response.cookies[GUEST_COOKIE]["max-age"]
    shopper = Shopper.objects.get()
    assert consent_granted(shop=tiny.shop, shopper=shopper, purpose=Consent.Purpose.LEARNING)
    client.get(f"/item/{tiny.items[0].pk}/")
    assert Interaction.objects.filter(shopper=shopper).count() == 1


def test_a_basket_before_consent_lasts_as_long_as_the_window(client: Client, tiny: TinyShop) -> None:
    tiny.shop.consent_required = True
    tiny.shop.save()
    response = client.post("/basket/add/", {"item": tiny.items[0].pk})
    assert not response.cookies[GUEST_COOKIE]["max-age"]


def test_orders_are_private(known: Client, client: Client, tiny: TinyShop) -> None:
    known.post("/basket/add/", {"item": tiny.items[0].pk})
    address = {"name": "Ada", "street": "1 Mill Lane", "town": "Ely", "postcode": "CB7"}
    placed = known.post("/checkout/", address).headers["Location"]
    assert known.get(placed).status_code == 200
    assert client.get(placed).status_code == 404


def test_somebody_elses_reasons_are_private(known: Client, client: Client) -> None:
    page = BeautifulSoup(known.get("/").content, "html.parser")
    why = page.select_one(".card__why")
    assert why is not None
    assert known.get(str(why["href"])).status_code == 200
    other = client.get(str(why["href"]))
    assert other.status_code == 410
    assert BeautifulSoup(other.content, "html.parser").select_one(".why__item, .why__cause") is None


def test_turning_an_interest_down_leaves_its_items_out(known: Client, tiny: TinyShop) -> None:
    department = tiny.items[0].department_id
    known.post("/taste/interest/", {"facet": "departments", "key": department, "counts": 0})
    state = Shopper.objects.get().state
    assert state.ignored_items == [tiny.items[0].pk]
    known.post("/taste/interest/", {"facet": "departments", "key": department, "counts": 100})
    state.refresh_from_db()
    assert state.ignored_items == []


@pytest.mark.parametrize(
    ("address", "undoes"), [("/do/not_interested/", True), ("/basket/add/", False), ("/taste/interest/", False)]
)
def test_a_toast_offers_undo_only_where_there_is_one(known: Client, tiny: TinyShop, address: str, undoes: bool) -> None:
    item = tiny.items[0]
    said = {"pick": item.pk, "item": item.pk, "facet": "departments", "key": item.department_id, "counts": 0}
    answer = BeautifulSoup(known.post(address, said, headers=HTMX).content, "html.parser")
    (toast,) = answer.select(".toast")
    assert (toast.select_one(".toast__action") is not None) == undoes


def test_login_with_a_wrong_password_says_so(client: Client, tiny: TinyShop) -> None:
    User.objects.create_user("ada", password="lovelace-1815")
    page = BeautifulSoup(client.post("/login/", {"username": "ada", "password": "no"}).content, "html.parser")
    assert page.select_one("form .errorlist") is not None


def test_signing_up_takes_the_guest_along(known: Client) -> None:
    guest = Shopper.objects.get()
    known.post("/signup/", {"username": "ada", "password1": "lovelace-1815", "password2": "lovelace-1815"})
    guest.refresh_from_db()
    person = shopper_for_user(shop=guest.shop, user_id=User.objects.get().pk, at=timezone.now())
    assert guest.merged_into == person


@pytest.mark.parametrize(
    "path", ["/nothing/", "/item/999999/", "/department/none/", "/department/%00/", "/why/?i=x&p=1"]
)
def test_missing_pages_have_a_way_on(client: Client, tiny: TinyShop, path: str) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert BeautifulSoup(response.content, "html.parser").select_one(".empty a[href='/']") is not None


def test_a_shop_that_is_not_there_yet_is_no_crash(client: Client) -> None:
    assert client.get("/", headers={"Accept": "text/html"}).status_code == 404
