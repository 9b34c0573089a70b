"""The homepage use case on a tiny shop: what is shown, logged, shown again, dropped and filled."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.utils import translation

from catalog.models import Item, ItemText
from recommender.data.types import Section
from recommender.encoders.start_states import StartStates
from recommender.homepage import homepage_page, page_shown
from recommender.models import Experiment, Impression, Knobs, PrecomputedList, RequestLog, Rule
from recommender.page import Page
from recommender.replay import replay
from recommender.serving.pack import request_unpack
from recommender.store import card_facts
from recommender.store.bundles import bundle_path
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_bundle import DIM
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, state_set, tiny_live, tiny_shop, tiny_trend
from users.consent import consent_record
from users.models import Consent, Shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_shop()


@pytest.fixture
def live(tiny: TinyShop) -> TinyShop:
    tiny_trend(tiny)
    tiny_live(tiny)
    return tiny


def page_for(tiny: TinyShop, shopper: Shopper | None = None, **asked: object) -> Page:
    return homepage_page(**{"shop": tiny.shop, "shopper": shopper, "session": "s", "now": NOW, **asked})  # type: ignore[arg-type]


def codes(page: Page) -> list[str]:
    return [section.code for section in page.sections]


def test_a_shop_that_has_learned_nothing_has_a_page(tiny: TinyShop) -> None:
    page = page_for(tiny)
    assert page.degraded == "newest"
    assert {Section.TOP_PICKS, Section.NEW_FOR_YOU, Section.DEALS} <= set(codes(page))
    assert all(card.title and card.picture and card.reason for card in page.cards)


def test_fallbacks_in_their_order(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    assert page_for(tiny).degraded == "shop_trending"
    shopper = shopper_with(tiny, [])
    PrecomputedList.objects.create(
        shop=tiny.shop, shopper=shopper, item_ids=tiny.ids[50:70].tolist(), scores=[1.0] * 20
    )
    page = page_for(tiny, shopper)
    assert page.degraded == "precomputed"
    first = {card.id for card in page.sections[codes(page).index(Section.TOP_PICKS)].cards}
    assert first <= set(tiny.ids[50:70].tolist())


def test_a_known_shopper_gets_sections_reasons_and_no_item_twice(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[k] for k in (0, 6, 12, 18, 1)])
    page = page_for(live, shopper)
    assert not page.degraded
    assert {Section.TOP_PICKS, Section.BECAUSE_YOU_VIEWED, Section.KEEP_BROWSING} <= set(codes(page))
    assert max(Counter(card.id for card in page.cards).values()) == 1
    cited = [card for card in page.cards if card.reason_code in ("because_item", "source_rules")]
    assert cited
    for card in cited:
        assert card.causes[0].title in card.reason
        assert {"ignore_item", "not_interested"} <= {action.code for action in card.actions}


def test_the_impression_says_what_was_shown(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    page = page_for(live, shopper)
    row = Impression.objects.get(pk=page.impression_id)
    assert [row.item_ids[card.position] for card in page.cards] == [card.id for card in page.cards]
    assert row.shopper_id == shopper.pk
    assert [section["code"] for section in row.sections] == codes(page)
    assert all(0 < p <= 1 for p in row.propensities)
    assert not any(row.dropped)
    assert (row.epsilon, row.temperature) == (0.02, 0.15)
    log = RequestLog.objects.get(pk=page.request_id)
    assert len(bytes(log.payload)) <= 4096


def test_a_reload_is_the_same_page_and_no_second_exposure(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0], live.items[6]])
    first = page_for(live, shopper)
    again = page_for(live, shopper, now=NOW + timedelta(minutes=5))
    assert again == first
    assert Impression.objects.count() == 1


def test_any_action_changes_the_page(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    first = page_for(live, shopper)
    state_set(shopper, [live.items[0], live.items[3]])
    second = page_for(live, shopper)
    assert second.impression_id != first.impression_id
    assert [card.id for card in second.cards] != [card.id for card in first.cards]


def test_two_sessions_without_a_shopper_draw_their_own_pages(live: TinyShop) -> None:
    one, other = page_for(live, session="a"), page_for(live, session="b")
    assert [card.id for card in one.cards] != [card.id for card in other.cards]


def test_tomorrow_is_another_page(live: TinyShop) -> None:
    assert page_for(live).impression_id != page_for(live, now=NOW + timedelta(days=1)).impression_id


def test_pages_of_a_cursor_repeat_nothing(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    first = page_for(live, shopper)
    second = page_for(live, shopper, cursor=first.cursor)
    assert second.page == 1
    assert second.cards
    assert not {card.id for card in first.cards} & {card.id for card in second.cards}


@pytest.mark.parametrize("cursor", ["x", "a:b:c", "🙂", "'" * 5000])
def test_a_cursor_that_is_not_ours_is_the_first_page(live: TinyShop, cursor: str) -> None:
    assert page_for(live, cursor=cursor).page == 0


def test_what_sells_out_before_showing_is_dropped_and_the_hole_filled(
    live: TinyShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = shopper_with(live, [live.items[0]])
    read = card_facts.card_facts_read
    gone: list[int] = []

    def sold_out_meanwhile(context: object, item_ids: set[int], now: object) -> object:
        half = sorted(item_ids - {live.items[0].pk})[::2]  # some are cards, some spare cards
        gone.extend(half)
        Item.objects.filter(pk__in=half).update(stock=0)
        return read(context, item_ids, now)  # type: ignore[arg-type]

    monkeypatch.setattr("recommender.homepage.card_facts_read", sold_out_meanwhile)
    page = page_for(live, shopper)
    row = Impression.objects.get(pk=page.impression_id)
    dropped = [item for item, is_dropped in zip(row.item_ids, row.dropped, strict=True) if is_dropped]
    assert dropped
    assert set(dropped) <= set(gone)
    assert not {card.id for card in page.cards} & set(gone)
    fills = [slot for slot, p in enumerate(row.propensities) if np.isnan(p)]
    assert fills
    shown = {card.position: card for card in page.cards}
    assert all(shown[slot].reason_code == "fill" for slot in fills)


def test_what_is_hidden_after_showing_is_gone_from_the_reload(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    first = page_for(live, shopper)
    victim = first.cards[0].id
    Item.objects.filter(pk=victim).update(status=Item.Status.HIDDEN)
    again = page_for(live, shopper)
    assert again.impression_id == first.impression_id
    assert victim not in [card.id for card in again.cards]


def test_published_rules_hold_from_the_next_request_on(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    before = page_for(live, shopper)
    pinned, banned = live.items[77], before.cards[0].id
    Rule.objects.create(
        shop=live.shop, name="pin", action="pin", target="item", target_ids=[pinned.pk], slot=2, section="top_picks"
    )
    Rule.objects.create(shop=live.shop, name="out", action="exclude", target="item", target_ids=[banned])
    assert page_for(live, shopper) == before, "a draft changes nothing"
    ruleset_publish(shop=live.shop)
    page = page_for(live, shopper)
    picks = page.sections[codes(page).index(Section.TOP_PICKS)].cards
    assert picks[1].id == pinned.pk
    assert picks[1].reason_code == "rule"
    assert banned not in [card.id for card in page.cards]


def test_published_knobs_are_logged(live: TinyShop) -> None:
    Knobs.objects.create(shop=live.shop, exploration=0.3, temperature=1.5)
    ruleset_publish(shop=live.shop)
    row = Impression.objects.get(pk=page_for(live).impression_id)
    assert (row.epsilon, row.temperature) == (0.3, 1.5)


def test_a_broken_bundle_is_refused_and_the_page_says_so(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    _, version = tiny_live(tiny)
    (bundle_path(version) / "item_vectors.npy").write_bytes(b"torn")
    page = page_for(tiny)
    assert page.degraded == "shop_trending"
    assert page.cards
    version.refresh_from_db()
    assert "checksum" in version.gate["refused"]


def test_a_product_page_shows_similar_items_but_not_itself(live: TinyShop) -> None:
    anchor = live.items[8]
    page = page_for(live, surface="product", anchor_item=anchor.pk)
    assert codes(page) == [Section.SIMILAR]
    assert anchor.pk not in [card.id for card in page.cards]
    same = [card for card in page.cards if card.department_id == anchor.department_id]
    assert len(same) > len(page.cards) / 2
    assert all(card.causes[0].id == anchor.pk for card in page.cards)


def test_a_product_page_calls_nothing_similar_that_was_only_looked_at(tiny: TinyShop) -> None:
    Item.objects.of(tiny.shop).update(department=None)
    shopper = shopper_with(tiny, tiny.items[:5])
    assert page_for(tiny, shopper, surface="product", anchor_item=tiny.items[8].pk).sections == ()


def test_a_department_page_shows_its_department(live: TinyShop) -> None:
    page = page_for(live, surface="department", department=live.departments[3].pk)
    assert {card.department_id for card in page.cards} == {live.departments[3].pk}


def test_search_puts_the_best_match_first(live: TinyShop) -> None:
    page = page_for(live, surface="search", query="Thing 33 of room 3")
    assert page.cards[0].title == "Thing 33 of room 3"
    assert "Thing 33" in page.sections[0].title
    assert page_for(live, surface="search", query="nothing of the kind").sections == ()


def test_chinese_is_searched_sign_by_sign(live: TinyShop) -> None:
    wanted = live.items[7]
    ItemText.objects.filter(item=wanted, language="zh-hans").update(title="暖光落地灯", description="适合夜读")
    for query in ("暖灯", "夜读灯", "暖光"):
        page = page_for(live, surface="search", query=query, language="zh-hans")
        assert page.cards[0].id == wanted.pk, query
    assert page_for(live, surface="search", query="暖椅").sections == ()


def test_the_page_speaks_the_language_asked_for(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    page = page_for(live, shopper)
    with translation.override("zh-hans"):
        chinese = page_for(live, shopper, language="zh-hans")
    assert [card.id for card in chinese.cards] == [card.id for card in page.cards]
    assert all(card.title.startswith("东西") for card in chinese.cards)
    assert chinese.impression_id == page.impression_id


def test_without_consent_the_page_is_for_everybody_and_names_nobody(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    consent_record(shopper=shopper, purpose=Consent.Purpose.PERSONALISATION, granted=False, at=NOW)
    page = page_for(live, shopper)
    assert not page.personalised
    assert Section.KEEP_BROWSING not in codes(page)
    row = Impression.objects.get(pk=page.impression_id)
    assert (row.shopper_id, row.session) == (None, "")


def test_the_pill_names_the_newest_cause_and_takes_it_back(live: TinyShop) -> None:
    newest = live.items[12]
    shopper = shopper_with(live, [newest])
    page = page_for(live, shopper)
    assert page.pill is not None
    assert page.pill.text == "More Department 0 for you"
    assert (page.pill.undo.code, page.pill.undo.item_id) == ("ignore_item", newest.pk)


def test_a_shown_page_can_be_worded_again_after_the_rules_have_changed(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    page = page_for(live, shopper)
    Knobs.objects.create(shop=live.shop, temperature=3.0)
    ruleset_publish(shop=live.shop)
    assert page.impression_id is not None
    shown = page_shown(shop=live.shop, shopper=shopper, impression_id=page.impression_id, language="en", now=NOW)
    assert shown is not None
    assert [(card.id, card.reason) for card in shown.cards] == [(card.id, card.reason) for card in page.cards]
    stranger = shopper_with(live, [], name="stranger")
    assert (
        page_shown(shop=live.shop, shopper=stranger, impression_id=page.impression_id, language="en", now=NOW) is None
    )


def departments(page: Page) -> set[int | None]:
    return {card.department_id for card in page.cards}


def department_banned(tiny: TinyShop, **when: object) -> int:
    """A published rule that hides the department which our shoppers like, in some circumstances."""
    banned = tiny.departments[0].pk
    out = {"name": "out", "action": "exclude", "target": "category", "target_ids": [banned]}
    Rule.objects.create(shop=tiny.shop, **out, **when)
    ruleset_publish(shop=tiny.shop)
    return banned


def test_a_rule_takes_effect_on_the_reload_after_its_time_has_come(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    noon, end = NOW + timedelta(minutes=10), NOW + timedelta(minutes=20)
    banned = department_banned(live, starts_at=noon, ends_at=end)
    before = page_for(live, shopper, now=noon - timedelta(seconds=1))
    during = page_for(live, shopper, now=noon)
    assert banned in departments(before)
    assert banned not in departments(during)
    assert page_for(live, shopper, now=end - timedelta(seconds=1)) == during
    assert page_for(live, shopper, now=end).impression_id == before.impression_id


def test_a_new_segment_counts_on_the_next_reload(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    banned = department_banned(live, segment="loyal")
    assert banned in departments(page_for(live, shopper))
    shopper.segment = "loyal"
    assert banned not in departments(page_for(live, shopper))


def test_rules_of_a_segment_leave_out_who_withdrew_consent(live: TinyShop) -> None:
    shopper = shopper_with(live, [live.items[0]])
    shopper.segment = "loyal"
    banned = department_banned(live, segment="loyal")
    assert banned not in departments(page_for(live, shopper))
    consent_record(shopper=shopper, purpose=Consent.Purpose.PERSONALISATION, granted=False, at=NOW)
    assert banned in departments(page_for(live, shopper))


def test_the_fallback_of_who_withdrew_consent_is_everybodys(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    shopper = shopper_with(tiny, [tiny.items[0]])
    PrecomputedList.objects.create(shop=tiny.shop, shopper=shopper, item_ids=tiny.ids[50:70].tolist())
    assert page_for(tiny, shopper).degraded == "precomputed"
    consent_record(shopper=shopper, purpose=Consent.Purpose.PERSONALISATION, granted=False, at=NOW)
    assert page_for(tiny, shopper).degraded == "shop_trending"


def test_without_a_bundle_the_favourite_department_trends_before_the_shop(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    liked = tiny.departments[4]
    shopper = shopper_with(tiny, [tiny.items[k] for k in (1, 4, 10, 16)])
    page = page_for(tiny, shopper)
    assert page.degraded == "segment_trending"
    picks = page.sections[codes(page).index(Section.TOP_PICKS)].cards
    assert sum(card.department_id == liked.pk for card in picks) > len(picks) / 2
    assert replay(page.impression_id).same
    assert page_for(tiny, shopper_with(tiny, [])).degraded == "shop_trending"


def experiment_live(tiny: TinyShop, **fields: object) -> None:
    arms = [
        {"name": "control", "share": 0.25, "knobs": {}},
        {"name": "bolder", "share": 0.75, "knobs": {"exploration": 0.4, "temperature": 2.0}},
    ]
    Experiment.objects.create(shop=tiny.shop, **{"name": "dare", "arms": arms, "enabled": True, **fields})
    Knobs.objects.create(shop=tiny.shop, exploration=0.1)
    ruleset_publish(shop=tiny.shop)


def test_the_arm_of_an_experiment_turns_the_knobs_is_logged_and_can_be_replayed(live: TinyShop) -> None:
    experiment_live(live)
    rows = [Impression.objects.get(pk=page_for(live, session=f"s{k}").impression_id) for k in range(16)]
    seen = {(row.arm, row.arm_probability, row.epsilon, row.temperature) for row in rows}
    assert seen == {("dare/control", 0.25, 0.1, 0.15), ("dare/bolder", 0.75, 0.4, 2.0)}
    assert len({row.ruleset_hash for row in rows}) == 1
    assert all(replay(row.pk).same for row in rows)


def test_a_shopper_keeps_the_arm_and_a_reload_the_page(live: TinyShop) -> None:
    experiment_live(live)
    shopper = shopper_with(live, [live.items[0]])
    first = page_for(live, shopper)
    assert page_for(live, shopper, session="elsewhere") == first
    state_set(shopper, [live.items[0], live.items[3]])
    page_for(live, shopper)
    assert len(set(Impression.objects.values_list("arm", flat=True))) == 1
    assert Impression.objects.count() == 2


def test_an_experiment_ends_on_time(live: TinyShop) -> None:
    experiment_live(live, ends_at=NOW + timedelta(minutes=5))
    shopper = shopper_with(live, [live.items[0]])
    rows = [
        Impression.objects.get(pk=page_for(live, shopper, now=NOW + timedelta(minutes=minutes)).impression_id)
        for minutes in (0, 5)
    ]
    assert rows[0].arm.startswith("dare/")
    assert (rows[1].arm, rows[1].arm_probability, rows[1].epsilon) == ("", 1.0, 0.1)


def test_a_list_made_under_another_arm_is_no_fallback(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    experiment_live(tiny)
    shopper = shopper_with(tiny, [])
    drawn = Impression.objects.get(pk=page_for(tiny, shopper).impression_id).arm
    made = PrecomputedList.objects.create(shop=tiny.shop, shopper=shopper, item_ids=tiny.ids[50:70].tolist())
    for arm, degraded in (("", "shop_trending"), (drawn, "precomputed")):
        made.arm = arm
        made.save()
        shopper.state.version += 1
        shopper.state.save()
        assert page_for(tiny, shopper).degraded == degraded


@pytest.fixture
def situated(tiny: TinyShop) -> TinyShop:
    """A shop whose bundle knows what newcomers of a segment and of a language begin with."""
    towards = np.random.default_rng(3).normal(size=DIM).astype(np.float32)
    shifts = np.stack([2 * towards, -2 * towards, -4 * towards])
    tiny_live(tiny, start_states=StartStates(("segment=new", "segment=loyal", "language=zh-hans"), shifts, "UTC"))
    return tiny


def newcomer(shop: TinyShop, segment: str) -> Shopper:
    return Shopper.objects.create(shop=shop.shop, external_id=segment, segment=segment)


def test_newcomers_of_two_segments_get_two_pages_and_each_replays(situated: TinyShop) -> None:
    firsts = {}
    for segment in ("new", "loyal"):
        page = page_for(situated, newcomer(situated, segment))
        assert replay(page.impression_id).same
        firsts[segment] = {card.id for card in page.sections[codes(page).index(Section.TOP_PICKS)].cards}
    assert len(firsts["new"] & firsts["loyal"]) < len(firsts["new"]) / 2


def test_without_consent_the_segment_says_nothing(situated: TinyShop) -> None:
    shopper = newcomer(situated, "new")
    consent_record(shopper=shopper, purpose=Consent.Purpose.PERSONALISATION, granted=False, at=NOW)
    page = page_for(situated, shopper)
    payload = RequestLog.objects.get(pk=page.impression_id).payload
    context, _ = request_unpack(bytes(payload), None)
    assert context.segment == ""
    assert context.language == "en"


def test_a_newcomers_page_stays_when_its_words_change(situated: TinyShop) -> None:
    shopper = newcomer(situated, "new")
    english = page_for(situated, shopper)
    with translation.override("zh-hans"):
        chinese = page_for(situated, shopper, language="zh-hans")
    assert [card.id for card in chinese.cards] == [card.id for card in english.cards]
    assert [card.reason_code for card in chinese.cards] == [card.reason_code for card in english.cards]
    assert chinese.cards[0].title.startswith("东西")
