"""The emergency switches: one click, at once, without drafts; logged, and taken back the same way."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.test import Client

from recommender.homepage import homepage_page
from recommender.models import Impression, Live, Rule
from recommender.replay import replay
from recommender.store.live import serving_read
from recommender.store.rulesets import ruleset_publish
from recommender.store.switches import switches_read
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_served

pytestmark = pytest.mark.django_db
TURN, LIST = "/admin/recommender/ruleset/switch/", "/admin/recommender/ruleset/"


@pytest.fixture
def live() -> TinyShop:
    tiny = tiny_served()
    Rule.objects.create(
        shop=tiny.shop, name="pinned", action="pin", target="item", target_ids=[tiny.items[7].pk], slot=1,
        section="top_picks",
    )  # fmt: skip
    ruleset_publish(shop=tiny.shop)
    return tiny


def turn(staff: Client, tiny: TinyShop, pick: str) -> None:
    answer = staff.post(TURN, {"shop": tiny.shop.code, "pick": pick, "back": LIST})
    assert answer["Location"] == LIST


def first_of_top_picks(tiny: TinyShop, **who: object) -> int:
    page = homepage_page(shop=tiny.shop, now=NOW, session="s", **who)
    return next(section.cards[0].id for section in page.sections if section.code == "top_picks")


def serves(staff: Client) -> bool:
    """What the list of rules says of its only one."""
    listed = staff.get("/admin/recommender/rule/").context["cl"]
    return bool(listed.model_admin.serving(listed.result_list[0]))


def test_all_rules_off_at_once_and_on_again(staff: Client, live: TinyShop) -> None:
    pinned, before = live.items[7].pk, Live.objects.get(shop=live.shop).ruleset
    assert first_of_top_picks(live) == pinned
    turn(staff, live, "rules-on")
    assert serving_read(live.shop.pk).ruleset.rules == ()
    assert first_of_top_picks(live) != pinned
    assert not serves(staff)
    turn(staff, live, "rules-off")
    assert first_of_top_picks(live) == pinned
    assert Live.objects.get(shop=live.shop).ruleset == before
    assert serves(staff)
    said = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert said == ["All rules are off from the next request on.", "Rules hold again from the next request on."]


def test_publishing_drafts_does_not_turn_rules_on_again(staff: Client, live: TinyShop) -> None:
    turn(staff, live, "rules-on")
    Rule.objects.update(slot=2)
    ruleset_publish(shop=live.shop)
    assert switches_read(live.shop).rules_off
    assert serving_read(live.shop.pk).ruleset.rules == ()


def test_a_surface_falls_back_to_the_same_list_for_everybody(staff: Client, live: TinyShop) -> None:
    who = [shopper_with(live, [live.items[k] for k in met]) for met in ((0, 6, 12), (1, 7, 13))]

    def pages() -> list[list[int]]:
        return [[card.id for card in homepage_page(shop=live.shop, shopper=one, now=NOW).cards] for one in who]

    personal = pages()
    turn(staff, live, "homepage-on")
    plain = homepage_page(shop=live.shop, shopper=who[0], now=NOW)
    assert not {card.reason_code for card in plain.cards} & {"because_item", "source_rules", "keep_browsing"}
    assert not any(card.causes for card in plain.cards)
    assert all(replay(shown.pk).same for shown in Impression.objects.all())
    turn(staff, live, "homepage-off")
    assert pages() == personal


def test_the_switches_stand_on_the_page_of_rulesets(staff: Client, live: TinyShop) -> None:
    for address in (LIST, "/admin/recommender/rule/"):
        page = BeautifulSoup(staff.get(address).content, "html.parser")
        form = page.find("form", action=TURN)
        assert form.find_parent("form") is None
        assert form.find("button", value="rules-on").text == "All rules off"
    turn(staff, live, "rules-on")
    page = BeautifulSoup(staff.get(LIST).content, "html.parser")
    assert "All rules are off." in page.find("form", action=TURN).text


def test_who_may_not_publish_may_not_switch(client: Client, staff: Client, live: TinyShop) -> None:
    assert client.post(TURN, {"shop": live.shop.code, "pick": "rules-on"}).status_code in (302, 403)
    assert not switches_read(live.shop).rules_off
    staff.post(TURN, {"shop": live.shop.code, "pick": "gravity-on", "back": "https://elsewhere.example/"})
    assert not switches_read(live.shop).rules_off
