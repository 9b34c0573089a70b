"""The page "my taste" says what the shop believes, what made it so, and lets its owner start over."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from catalog.models import Item
from dpe_site.shop.profile import portrait_of
from tests.fixtures.tiny_shop import TinyShop, tiny_served
from users.models import Shopper
from users.state_rows import state_read

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny(settings, tmp_path) -> TinyShop:
    settings.DPE_BUNDLES = tmp_path
    made = tiny_served(n=60, departments=3)
    moss = {"colour": "moss", "zh-hans": {"colour": "苔藓绿"}}
    Item.objects.filter(pk__in=[item.pk for item in made.of_department(0)]).update(attributes=moss)
    return made


def looked(client: Client, items: list[Item]) -> BeautifulSoup:
    for item in items:
        client.get(f"/item/{item.pk}/")
    return taste(client)


def taste(client: Client, **headers: str) -> BeautifulSoup:
    return BeautifulSoup(client.get("/taste/", headers=headers).content, "html.parser")


def test_the_page_tells_stage_price_novelty_and_colours_in_both_languages(client: Client, tiny: TinyShop) -> None:
    page = looked(client, tiny.of_department(0)[:4])
    said = [line.get_text() for line in page.select(".portrait li > p")]
    assert said[0] == "You are comparing things in Department 0."
    assert said[1].startswith("Most of what you like costs between £10.")
    assert "had just come in" in said[2]
    assert said[3] == "Colours you come back to: moss."
    chinese = [line.get_text() for line in taste(client, accept_language="zh-hans").select(".portrait li > p")]
    assert "苔藓绿" in chinese[3]
    assert "部门 0" in chinese[0]
    assert not set(said) & set(chinese), "every sentence is translated"


def test_each_interest_names_the_deeds_that_made_it(client: Client, tiny: TinyShop) -> None:
    items = tiny.of_department(0)[:2]
    page = looked(client, items)
    for interest in page.select(".interest"):
        links = {str(link["href"]) for link in interest.select(".interest__why a")}
        assert links
        assert links <= {f"/item/{item.pk}/" for item in items}


def test_a_thing_that_is_left_out_no_longer_says_what_its_owner_pays(client: Client, tiny: TinyShop) -> None:
    cheap, dear = tiny.of_department(0)[:5], tiny.of_department(1)[0]
    Item.objects.filter(pk=dear.pk).update(price_minor=900_000)
    looked(client, cheap)
    before = [line.get_text() for line in taste(client).select(".portrait li > p")]
    page = looked(client, [dear])
    swayed = page.select(".portrait li")[1]
    assert swayed.p.get_text() != before[1]
    button = swayed.select_one(f".interest__why button[value='{dear.pk}']")
    fields = {field["name"]: field["value"] for field in button.find_parent("form").select("input[name]")}
    client.post("/taste/interest/", {**fields, "key": str(button["value"])})
    after = taste(client)
    assert after.select(".portrait li > p")[1].get_text() == before[1]
    assert not after.select_one(f".portrait button[value='{dear.pk}']")
    assert (
        "left out of your page" in after.select_one(".interest .interest__why").find_parent(id="interests").get_text()
    )


def test_interests_stand_by_what_they_are_and_percents_are_of_their_own_kind(client: Client, tiny: TinyShop) -> None:
    page = looked(client, [*tiny.of_department(0)[:3], *tiny.of_department(1)[:1]])
    groups = [head.get_text() for head in page.select(".interests__group")]
    assert groups == ["Departments", "Brands", "Colours"]
    shares: dict[str, int] = {}
    for line in page.select(".interest .small.soft"):
        percent, what = re.match(r"(\d+) % of your taste in (\w+)", line.get_text()).groups()
        shares[what] = shares.get(what, 0) + int(percent)
    assert shares["departments"] == 100
    assert shares["colours"] == 100
    assert "占您对部门喜好的" in taste(client, accept_language="zh-hans").select_one(".interest .small.soft").get_text()


def test_what_is_left_out_is_not_told_as_what_the_page_is_made_from(client: Client, tiny: TinyShop) -> None:
    page = looked(client, [*tiny.of_department(1)[:2], *tiny.of_department(0)[:3]])
    assert {"Department 0", "moss"} <= set(re.findall("Department 0|moss", page.select_one(".portrait").get_text()))
    key = str(tiny.departments[0].pk)
    client.post("/taste/interest/", {"facet": "departments", "key": key, "counts": "0"})
    said = taste(client).select_one(".portrait").get_text()
    assert "You are looking around" in said
    assert not re.search("Department 0|moss", said)
    client.post("/taste/start-over/", {"undo": "no"})
    assert taste(client).select_one(".portrait") is None
    client.post("/taste/start-over/", {"undo": "yes"})
    assert "Department 0" in taste(client).select_one(".portrait").get_text()


def test_starting_over_leaves_everything_out_and_can_be_taken_back(client: Client, tiny: TinyShop) -> None:
    items = tiny.of_department(0)[:3]
    looked(client, items)
    shopper = Shopper.objects.get()
    client.post("/taste/start-over/", {"undo": "no"})
    assert set(state_read(shopper.pk).ignored) == {item.pk for item in items}
    page = taste(client)
    assert page.select_one(".start-over button").get_text() == "Use it again"
    assert {dial["value"] for dial in page.select(".interest__dial input[type=range]")} == {"0"}
    client.post("/taste/start-over/", {"undo": "yes"})
    assert state_read(shopper.pk).ignored == ()
    assert client.post("/taste/start-over/", {"undo": "perhaps"}).status_code == 302


def test_of_nobody_and_of_who_was_away_little_is_said(client: Client, tiny: TinyShop) -> None:
    assert taste(client).select_one(".portrait") is None
    looked(client, tiny.of_department(0)[:4])
    later = timezone.now() + timedelta(days=20)
    portrait = portrait_of(tiny.shop, Shopper.objects.get(), "en", later)
    assert portrait.beliefs[0].words == "You have not looked at anything for two weeks."


def test_who_only_hid_something_is_not_said_to_have_been_away(client: Client, tiny: TinyShop) -> None:
    client.post("/do/not_interested/", {"pick": tiny.items[0].pk, "surface": "homepage"})
    portrait = portrait_of(tiny.shop, Shopper.objects.get(), "en", timezone.now())
    assert not [belief for belief in portrait.beliefs if "two weeks" in belief.words]
