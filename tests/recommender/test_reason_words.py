"""Each cause has its sentence in both languages, and the undo that removes it: the next page does not cite it."""

import pytest
from django.utils import timezone, translation

from catalog.models import Shop, Tag
from recommender.data.types import Reason
from recommender.homepage import homepage_page
from recommender.page import Card, Page
from recommender.store.card_facts import CardFacts, tag_names
from recommender.wording import Names, action_labels, actions_of, reason_sentence
from tests.fixtures.tiny_shop import TinyShop, shopper_with, tiny_served
from users.kinds import Kind
from users.models import Shopper
from users.wishes import item_ignore

CODES = (
    "rule", "sponsored", "small_provider", "keep_browsing", "search", "similar", "exploration", "department_trend",
    "trending", "new", "deal", "taste", "buy_again", "segment_trend", "cold", "history", "popular", "fill",
)  # fmt: skip


class Facts:
    def __init__(self, title: str) -> None:
        self.title = title


def facts(item_id: int) -> CardFacts:
    values: dict[str, object] = dict.fromkeys(CardFacts._fields)
    return CardFacts(**(values | {"id": item_id, "external_id": f"item-{item_id}"}))  # type: ignore[arg-type]


NAMES = Names({7: Facts("Lamp"), 8: Facts("Kettle")}, tags={3: "linen"}, done={7: Kind.PURCHASE.word})  # type: ignore[dict-item]


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_a_sentence_of_its_own_in_both_languages(code: str) -> None:
    others = {reason_sentence(Reason(one), NAMES) for one in CODES if one != code}
    english = reason_sentence(Reason(code), NAMES)
    assert english not in others
    with translation.override("zh-hans"):
        chinese = reason_sentence(Reason(code), NAMES)
    assert chinese != english
    assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)


@pytest.mark.parametrize(
    ("reason", "english", "chinese"),
    [
        (Reason("because_item", items=(7,)), "Because you bought “Lamp”", "Lamp"),
        (Reason("because_item", items=(7, 8)), "Because of “Lamp” and “Kettle”", "Kettle"),
        (Reason("source_rules", items=(8,)), "Often chosen together with “Kettle”", "Kettle"),
        (Reason("taste", subject=3), "Because you like “linen”", "linen"),
    ],
)
def test_what_a_reason_speaks_of_is_named(reason: Reason, english: str, chinese: str) -> None:
    assert reason_sentence(reason, NAMES) == english
    with translation.override("zh-hans"):
        sentence = reason_sentence(reason, NAMES)
    assert chinese in sentence
    assert sentence != english


def test_each_cited_item_can_be_left_out_of_the_page() -> None:
    offered = actions_of(facts(1), Reason("because_item", items=(7, 8)), action_labels(), {7: facts(7)})
    assert {("ignore_item", 7), ("gift", 7), ("ignore_item", 8), ("gift", 8)} <= {(a.code, a.item_id) for a in offered}
    assert {(a.item_id, a.external_id) for a in offered} == {(1, "item-1"), (7, "item-7"), (8, "")}


def test_a_taste_can_be_left_out_of_the_page() -> None:
    offered = actions_of(facts(1), Reason("taste", subject=3), action_labels(), {})
    assert ("not_this_taste", 1, 3, "item-1") in {(a.code, a.item_id, a.tag_id, a.external_id) for a in offered}


@pytest.mark.django_db
def test_tags_are_named_in_the_language_of_the_page() -> None:
    shop = Shop.objects.create(code="s", name="S")
    tag = Tag.objects.create(shop=shop, name="linen", names={"zh-hans": "亚麻"})
    assert tag_names(shop.pk, [tag.pk], "zh-hans") == {tag.pk: "亚麻"}
    assert tag_names(shop.pk, [tag.pk], "en") == {tag.pk: "linen"}
    assert tag_names(shop.pk + 1, [tag.pk], "en") == {}


@pytest.fixture
def tiny(db: None) -> TinyShop:
    return tiny_served()


def cards(page: Page) -> list[Card]:
    return [card for section in page.sections for card in section.cards]


def citing(page: Page, item: int) -> list[Card]:
    return [card for card in cards(page) if item in [cause.id for cause in card.causes] and card.id != item]


def page_of(tiny: TinyShop, shopper: Shopper) -> Page:
    return homepage_page(shop=tiny.shop, shopper=shopper, now=timezone.now())


def test_an_item_that_is_left_out_is_cited_no_more_until_that_is_undone(tiny: TinyShop) -> None:
    history = [tiny.items[k] for k in (0, 7, 14, 20, 27)]
    shopper = shopper_with(tiny, history, at=timezone.now())
    before = page_of(tiny, shopper)
    cited = {item.pk: citing(before, item.pk) for item in history}
    tried = [item for item, found in cited.items() if found]
    assert tried
    for item in tried:
        offered = [(action.code, action.item_id) for action in cited[item][0].actions]
        assert ("ignore_item", item) in offered
        item_ignore(shopper=shopper, item_id=item, at=timezone.now())
        after = page_of(tiny, shopper)
        assert after.impression_id != before.impression_id
        assert not citing(after, item)
        assert item not in [section.subject for section in after.sections if section.code == "because_you_viewed"]
        item_ignore(shopper=shopper, item_id=item, at=timezone.now(), undo=True)
    assert any(citing(page_of(tiny, shopper), item) for item in tried)


def test_what_one_looked_at_leaves_keep_browsing_when_it_is_left_out(tiny: TinyShop) -> None:
    shopper = shopper_with(tiny, [tiny.items[k] for k in (0, 7, 14, 20, 27)], at=timezone.now())
    row = next(section for section in page_of(tiny, shopper).sections if section.code == "keep_browsing")
    card = row.cards[0]
    assert ("ignore_item", card.id) in [(action.code, action.item_id) for action in card.actions]
    item_ignore(shopper=shopper, item_id=card.id, at=timezone.now())
    rows = [section for section in page_of(tiny, shopper).sections if section.code == "keep_browsing"]
    assert card.id not in [other.id for section in rows for other in section.cards]
