"""A draft tried on logged pages: what moves, what it would have earned, in parts that add up, and nothing changed."""

from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from catalog.ids import uuid7_at
from catalog.models import Item, Outbox, Tag
from recommender.homepage import homepage_page
from recommender.jobs import job_run
from recommender.models import BundleVersion, Impression, JobRun, RequestLog, Rule
from recommender.store.outcomes import CREDIT
from recommender.store.rulesets import rule_compile, ruleset_compile, ruleset_publish
from recommender.what_if import PARTS, pages_tried, what_if_ask, what_if_do, what_if_jobs, what_if_read
from tests.fixtures.tiny_shop import TinyShop, shopper_with, tiny_served
from users.kinds import Kind
from users.models import Interaction

pytestmark = pytest.mark.django_db
NOW = timezone.now()
BEFORE = NOW - timedelta(hours=3)


@pytest.fixture
def tiny() -> TinyShop:
    tiny = tiny_served()
    ruleset_publish(shop=tiny.shop)
    return tiny


def shown(tiny: TinyShop, n: int = 4, at=BEFORE) -> list[Impression]:
    pages = []
    for k in range(n):
        shopper = shopper_with(tiny, tiny.of_department(k % 6)[:4], at=at, name=f"s{k}")
        page = homepage_page(shop=tiny.shop, shopper=shopper, now=at + timedelta(seconds=k))
        pages.append(Impression.objects.get(pk=page.impression_id))
    return pages


def tried(tiny: TinyShop, content: dict):
    trial = what_if_ask(shop=tiny.shop, content=content)
    for job in what_if_jobs(trial):
        job_run(job.pk, {"what_if": what_if_do})
    jobs = what_if_jobs(trial)
    assert [job.status for job in jobs] == [JobRun.Status.SUCCEEDED] * PARTS, [job.log for job in jobs]
    return what_if_read(jobs)


def rule(tiny: TinyShop, action: str, target: str, ids: list[int], **fields) -> dict:
    made = Rule(shop=tiny.shop, pk=900, name="r", action=action, target=target, target_ids=ids, **fields)
    content = ruleset_compile(tiny.shop)
    return content | {"rules": [*content["rules"], asdict(rule_compile(made))]}


def clicked(page: Impression, slot: int, kind: Kind = Kind.CLICK, **fields) -> None:
    at = page.shown_at + timedelta(minutes=1)
    item = page.item_ids[slot]
    Interaction.objects.create(
        id=uuid7_at(at, f"{page.pk}{slot}{kind}"), shop=page.shop, shopper=page.shopper, item_id=item, kind=int(kind),
        occurred_at=at, received_at=at, impression=page.pk, position=slot, **fields,
    )  # fmt: skip


def test_the_same_rules_move_nothing(tiny: TinyShop) -> None:
    shown(tiny)
    found = tried(tiny, ruleset_compile(tiny.shop))
    assert (found.pages, found.different, found.replaced) == (4, 0, 0)
    assert found.before == found.after
    difference = found.earning("clicks").difference
    assert difference.value == pytest.approx(0, abs=1e-9)
    assert found.weights.total == pytest.approx(found.weights.n)


def test_an_excluded_item_is_displaced_and_its_clicks_are_lost(tiny: TinyShop) -> None:
    pages = shown(tiny, 6)
    victim = pages[0].item_ids[0]
    holding = [(page, page.item_ids.index(victim)) for page in pages if victim in page.item_ids]
    for page, slot in holding:
        clicked(page, slot)
        clicked(page, slot, Kind.PURCHASE, price_minor=700, quantity=2)
    found = tried(tiny, rule(tiny, "exclude", "item", [victim]))
    assert found.before[victim] == len(holding)
    assert found.after[victim] == 0
    assert found.different >= len(holding)
    clicks, revenue = found.earning("clicks"), found.earning("revenue")
    assert clicks.now > 0
    assert revenue.now == pytest.approx(1400 * clicks.now)
    assert clicks.draft == 0
    assert not clicks.difference.conclusive
    assert Impression.objects.count() == 6


def test_a_pinned_item_that_no_source_brought_comes_up(tiny: TinyShop) -> None:
    wanted = tiny.items[50]
    Item.objects.filter(pk=wanted.pk).update(stock=0)
    pages = shown(tiny, 3)
    Item.objects.filter(pk=wanted.pk).update(stock=3)
    found = tried(tiny, rule(tiny, "pin", "item", [wanted.pk], slot=1, section="top_picks"))
    assert found.before[wanted.pk] == 0
    assert found.after[wanted.pk] == len(pages)


def test_a_rule_about_a_tag_finds_it_though_nobody_asked_for_it_then(tiny: TinyShop) -> None:
    pages = shown(tiny, 3)
    tag = Tag.objects.create(shop=tiny.shop, name="linen")
    for item in pages[0].item_ids[:3]:
        tiny.items[list(tiny.ids).index(item)].tags.add(tag)
    found = tried(tiny, rule(tiny, "exclude", "tag", [tag.pk]))
    assert all(found.after[item] == 0 for item in pages[0].item_ids[:3])


def test_a_rule_of_tomorrow_is_tried_as_if_it_were_there(tiny: TinyShop) -> None:
    pages = shown(tiny, 2)
    victim, tomorrow = pages[0].item_ids[0], NOW + timedelta(days=1)
    found = tried(tiny, rule(tiny, "exclude", "item", [victim], starts_at=tomorrow, ends_at=tomorrow + timedelta(2)))
    assert found.after[victim] == 0
    over = tried(tiny, rule(tiny, "exclude", "item", [victim], starts_at=BEFORE, ends_at=NOW - timedelta(minutes=5)))
    assert over.different == 0


def test_young_pages_say_what_moves_but_nothing_of_clicks(tiny: TinyShop) -> None:
    shown(tiny, 2, at=timezone.now() - CREDIT / 2)
    found = tried(tiny, ruleset_compile(tiny.shop) | {"layout": []})
    assert found.pages == 2
    assert found.seen == 0


def test_pages_of_a_bundle_that_is_gone_are_counted_apart(tiny: TinyShop) -> None:
    shown(tiny, 2)
    BundleVersion.objects.update(path="")
    found = tried(tiny, ruleset_compile(tiny.shop))
    assert (found.pages, found.gone) == (0, 2)


def test_the_parts_share_the_pages_of_the_last_day(tiny: TinyShop) -> None:
    pages = shown(tiny, 5)
    RequestLog.objects.filter(pk=pages[0].pk).update(at=NOW - timedelta(days=1, minutes=1))
    ids = pages_tried(tiny.shop, timezone.now())
    assert set(ids) == {page.pk for page in pages[1:]}
    trial = what_if_ask(shop=tiny.shop, content=ruleset_compile(tiny.shop))
    assert isinstance(trial, UUID)
    assert [job.params["part"] for job in what_if_jobs(trial)] == list(range(PARTS))
    assert Outbox.objects.filter(topic="job.asked").count() == PARTS
