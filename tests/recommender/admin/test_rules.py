"""Rules: the form speaks of names, shows its reach, warns of quarrels, and what is published is what was typed."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from catalog.models import Tag
from recommender.admin.rule_names import about_words, rule_title
from recommender.admin.rule_words import windows
from recommender.admin.ruleset_changes import changes_of
from recommender.models import JobRun, Knobs, Live, Rule
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import NOW, TinyShop, tiny_shop

pytestmark = pytest.mark.django_db
ADD = "/admin/recommender/rule/add/"


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_shop(n=40, departments=4)


def typed(tiny: TinyShop, **changes: object) -> dict[str, object]:
    brand = tiny.brands[0].pk
    return {
        "action": "boost",
        "factor": "2",
        "target": "brand",
        "brands": [brand],
        "priority": "0",
        "enabled": "on",
        **changes,
    }


def test_promote_a_brand_this_weekend(staff: Client, tiny: TinyShop) -> None:
    weekend = windows(tiny.shop, datetime(2026, 6, 3, tzinfo=UTC))[1]
    answer = staff.post(ADD, typed(tiny, starts_at=weekend.starts, ends_at=weekend.ends, _publish="1"))
    assert answer["Location"].startswith(reverse("admin:recommender_rule_publish"))
    rule = Rule.objects.get()
    assert (rule.name, rule_title(rule)) == ("", "brand Brand 0: shows sooner, score × 2")
    assert (rule.target_ids, rule.created_by.username) == ([tiny.brands[0].pk], "ada")
    staff.post(answer["Location"])
    (served,) = Live.objects.get(shop=tiny.shop).ruleset.content["rules"]
    assert (served["factor"], served["starts_us"]) == (2.0, round(rule.starts_at.timestamp() * 1e6))


def test_times_are_the_shops_own(staff: Client, tiny: TinyShop) -> None:
    tiny.shop.time_zone = "Asia/Shanghai"
    tiny.shop.save()
    staff.post(ADD, typed(tiny, starts_at="2026-06-06T00:00", ends_at="2026-06-08T00:00"))
    rule = Rule.objects.get()
    assert rule.starts_at == datetime(2026, 6, 5, 16, tzinfo=UTC)
    page = staff.get(reverse("admin:recommender_rule_change", args=[rule.pk])).content.decode()
    assert 'value="2026-06-06T00:00"' in page


@pytest.mark.parametrize(
    ("day", "starts", "ends"),
    [
        (3, "2026-06-06T00:00", "2026-06-08T00:00"),
        (6, "2026-06-06T00:00", "2026-06-08T00:00"),
        (7, "2026-06-06T00:00", "2026-06-08T00:00"),
        (8, "2026-06-13T00:00", "2026-06-15T00:00"),
    ],
)
def test_this_weekend(tiny: TinyShop, day: int, starts: str, ends: str) -> None:
    weekend = windows(tiny.shop, datetime(2026, 6, day, 12, tzinfo=UTC))[1]
    assert (weekend.starts, weekend.ends) == (starts, ends)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"brands": []}, "brands", "Choose what the rule is about"),
        ({"target": "item", "items": "T1, nowhere"}, "items", "no item nowhere"),
        ({"action": "pin", "target": "item", "items": "T1"}, "slot", "1 is the first"),
        ({"action": "pin", "slot": "1"}, "target", "single items"),
        ({"starts_at": "2026-06-08T00:00", "ends_at": "2026-06-06T00:00"}, "ends_at", "end before it starts"),
        ({"section": "attic"}, "section", "attic"),
        ({"surface": "moon"}, "surface", "moon"),
        ({"factor": "-1"}, "factor", "greater than or equal to 0"),
        ({"brands": [99_999_999]}, "brands", "99999999"),
    ],
)
def test_what_cannot_work_is_said_beside_its_field(
    staff: Client, tiny: TinyShop, changes: dict[str, object], field: str, words: str
) -> None:
    answer = staff.post(ADD, typed(tiny, **changes))
    assert answer.status_code == 200
    assert not Rule.objects.exists()
    errors = answer.context["adminform"].form.errors
    assert any(words in error for error in errors[field]), errors
    assert words in answer.content.decode()


def test_another_shops_brand_cannot_be_chosen(staff: Client, tiny: TinyShop) -> None:
    other = tiny_shop(n=8, departments=2, code="other")
    answer = staff.post(ADD, typed(tiny, brands=[other.brands[0].pk]))
    assert "brands" in answer.context["adminform"].form.errors
    staff.post(f"{ADD}?shop=other", typed(tiny, brands=[other.brands[0].pk]))
    assert Rule.objects.get().shop == other.shop


def preview(staff: Client, tiny: TinyShop, **changes: object) -> dict[str, str]:
    answer = staff.get(reverse("admin:recommender_rule_preview"), typed(tiny, **changes))
    return {line.what: line.words for line in answer.context["lines"]}


def test_reach_is_shown_while_one_types(staff: Client, tiny: TinyShop) -> None:
    tiny.items[0].stock = 0
    tiny.items[0].save()
    linen = Tag.objects.create(shop=tiny.shop, name="linen")
    linen.items.add(*tiny.items[:3])
    assert preview(staff, tiny)["reaches"] == "4 items, 3 of them can be shown now"
    assert preview(staff, tiny, target="category", categories=[tiny.departments[1].pk])["reaches"] == "10 items"
    assert preview(staff, tiny, target="tag", tags=[linen.pk])["reaches"] == "3 items, 2 of them can be shown now"
    lines = preview(
        staff, tiny, action="pin", slot="2", target="item", items="T1,T2", surface="homepage", section="deals"
    )
    assert lines["reaches"] == "2 items"
    assert (lines["does"], lines["to"]) == ("pins to slot 2", "items T1, T2")
    assert lines["where"] == "homepage, row “Deals”"
    assert preview(staff, tiny, brands=[])["to"] == "nothing chosen yet"
    unknown = preview(staff, tiny, action="pin", slot="1", target="item", items="T1, nowhere")
    assert unknown["but"] == "Items: The shop has no item nowhere."
    assert "but" not in preview(staff, tiny, target="item", items="")
    assert not Rule.objects.exists()


def test_half_typed_forms_are_no_trouble(staff: Client, tiny: TinyShop) -> None:
    address = reverse("admin:recommender_rule_preview")
    for query in ({}, {"action": "boost"}, {"action": "x", "target": "y"}, typed(tiny, factor="1.", starts_at="2026-")):
        assert staff.get(address, query).status_code == 200


@pytest.mark.parametrize(
    ("changes", "does", "but"),
    [
        ({"factor": "1000"}, "shows sooner, score × …", "Strength: Ensure this value is less than or equal to 100.0."),
        ({"action": "bury", "factor": "-1"}, "shows later, score ÷ …", "Strength: Ensure this value is greater"),
        ({"action": "pin", "target": "item", "items": "T1", "slot": "40000"}, "pins to slot …", "Slot: Ensure this"),
        ({"priority": "high"}, "shows sooner, score × 2", "Priority: Enter a whole number."),
    ],
)
def test_what_is_typed_and_out_of_range_is_told_and_never_replaced_by_something_else(
    staff: Client, tiny: TinyShop, changes: dict[str, str], does: str, but: str
) -> None:
    lines = preview(staff, tiny, **changes)
    assert lines["does"] == does
    assert lines["but"].startswith(but)
    tried = staff.post(reverse("admin:recommender_rule_try") + "?shop=tiny", typed(tiny, **changes))
    assert tried.context["problem"].startswith(but)
    assert not JobRun.objects.exists()


def test_what_was_typed_for_another_action_is_passed_over(staff: Client, tiny: TinyShop) -> None:
    left = {"factor": "1000", "slot": "40000", "most": "-3"}
    assert "but" not in preview(staff, tiny, action="exclude", **left)
    staff.post(ADD, typed(tiny, action="exclude", name="No", **left))
    made = Rule.objects.get(name="No")
    assert (made.action, made.factor, made.slot, made.most) == ("exclude", 1.5, None, None)
    refused = staff.post(ADD, typed(tiny, action="exclude", priority="high", **left))
    assert list(refused.context["adminform"].form.errors) == ["priority"]
    assert not refused.context["adminform"].form.fields["factor"].disabled, "it is there once boost is chosen"


def test_quarrels_are_told_before_and_after_saving(staff: Client, tiny: TinyShop) -> None:
    staff.post(ADD, typed(tiny, name="More of it"))
    assert "More of it" in preview(staff, tiny, action="exclude")["but"]
    assert "but" not in preview(staff, tiny, action="exclude", brands=[tiny.brands[1].pk])
    assert "but" not in preview(staff, tiny, action="boost")
    answer = staff.post(ADD, typed(tiny, action="bury", name="Less of it"), follow=True)
    assert any("both count" in str(message) for message in answer.context["messages"])


def test_rules_that_never_meet_do_not_quarrel(staff: Client, tiny: TinyShop) -> None:
    staff.post(ADD, typed(tiny, surface="homepage", ends_at="2026-06-01T00:00"))
    assert "but" not in preview(staff, tiny, action="exclude", surface="search")
    assert "but" not in preview(staff, tiny, action="exclude", starts_at="2026-06-02T00:00")
    assert "but" in preview(staff, tiny, action="exclude")


def test_drafts_are_told_above_the_list_in_words(staff: Client, tiny: TinyShop) -> None:
    staff.post(ADD, typed(tiny, name="More of it", _publish="1"))
    staff.post(reverse("admin:recommender_rule_publish"))
    Rule.objects.update(factor=3.0)
    changes = staff.get("/admin/recommender/rule/").context["draft_changes"]
    assert changes == [("More of it", "strength: 2.0 → 3.0")]


def test_changes_of_action_and_count_are_told_in_the_language_of_the_page(tiny: TinyShop) -> None:
    rule = Rule.objects.create(shop=tiny.shop, name="N", action="boost", target="brand", target_ids=[1], factor=2.0)
    ruleset_publish(shop=tiny.shop)
    Rule.objects.filter(pk=rule.pk).update(action="quota", least=2, per_row=True)
    Knobs.objects.create(shop=tiny.shop, diversity_by="mmr")
    with translation.override("zh-hans"):
        words = "\n".join(change for _what, change in changes_of(tiny.shop))
    assert "提升 → 至少或至多" in words
    assert "否 → 是" in words
    assert not re.search("boost|quota|mmr|True", words)


def test_a_rule_speaks_of_departments_in_the_language_of_the_page(tiny: TinyShop) -> None:
    rule = Rule(shop=tiny.shop, action="boost", target="category", target_ids=[tiny.departments[1].pk])
    assert about_words(rule) == "category Department 1"
    with translation.override("zh-hans"):
        assert about_words(rule).endswith("部门 1")


def test_what_a_rule_asks_for_and_cannot_be_shown_is_told_on_saving_and_publishing(
    staff: Client, tiny: TinyShop
) -> None:
    gone = tiny.items[5]
    gone.deleted_at = NOW
    gone.save()
    pin = typed(tiny, action="pin", target="item", items=gone.external_id, slot="1", name="Pinned")
    said = [str(message) for message in staff.post(ADD, pin, follow=True).context["messages"]]
    assert any(f"“Pinned” asks for {gone.external_id}, which is deleted" in words for words in said)
    publishing = staff.get(reverse("admin:recommender_rule_publish"))
    assert any(f"“Pinned” asks for {gone.external_id}" in words for words in publishing.context["warnings"])
    assert 'role="alert"' in publishing.content.decode()


def test_a_ban_of_everything_is_told(staff: Client, tiny: TinyShop) -> None:
    departments = [department.pk for department in tiny.departments]
    ban = typed(tiny, action="exclude", target="category", categories=departments, name="Nothing")
    said = [str(message) for message in staff.post(ADD, ban, follow=True).context["messages"]]
    assert any("“Nothing” bars everything there is to show" in words for words in said)


def test_a_quota_that_leaves_hardly_a_card_is_told(staff: Client, tiny: TinyShop) -> None:
    departments = [department.pk for department in tiny.departments]
    about = {"action": "quota", "target": "category", "categories": departments, "most": "1", "name": "One"}
    for more, told in (({"per_row": "on"}, False), ({"most": "30"}, False), ({}, True)):
        said = [str(words) for words in staff.post(ADD, typed(tiny, **about | more), follow=True).context["messages"]]
        assert any("“One” leaves a page hardly a card" in words for words in said) is told


@pytest.mark.parametrize(
    ("about", "told"),
    [({"slot": "300"}, True), ({"slot": "12"}, False), ({"slot": "12", "section": "deals"}, True)],
)
def test_a_pin_to_a_slot_that_no_row_has_is_told(
    staff: Client, tiny: TinyShop, about: dict[str, str], told: bool
) -> None:
    pin = typed(tiny, action="pin", target="item", items=tiny.items[5].external_id, name="Far", **about)
    said = [str(words) for words in staff.post(ADD, pin, follow=True).context["messages"]]
    assert any(f"“Far” pins to slot {about['slot']}, which no row" in words for words in said) is told


def test_quotas_and_caps_are_typed_and_published(staff: Client, tiny: TinyShop) -> None:
    staff.post(ADD, typed(tiny, action="quota", least="2", most="4", per_row="on"))
    staff.post(ADD, typed(tiny, action="cap", most="2", brands=[]))
    staff.post(ADD, typed(tiny, action="quota", most="2", section="deals"))
    quota, cap, in_row = Rule.objects.order_by("pk")
    assert rule_title(in_row) == "brand Brand 0: shows at most 2 in its row"
    assert rule_title(quota) == "brand Brand 0: shows at least 2 and at most 4 in each row"
    assert rule_title(cap) == "every brand: shows at most 2 of each on a page"
    staff.post(reverse("admin:recommender_rule_publish"))
    served = Live.objects.get(shop=tiny.shop).ruleset.content["rules"]
    assert [(one["least"], one["most"], one["per_row"]) for one in served] == [
        (2, 4, True),
        (0, 2, False),
        (0, 2, False),
    ]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"action": "quota"}, "least", "how many cards at least"),
        ({"action": "quota", "least": "3", "most": "2"}, "most", "more cards than it allows"),
        ({"action": "cap"}, "most", "how many cards of each"),
        ({"action": "cap", "most": "2", "target": "item", "items": "T1"}, "target", "counts brands"),
    ],
)
def test_counts_that_cannot_work_are_refused(
    staff: Client, tiny: TinyShop, changes: dict[str, object], field: str, words: str
) -> None:
    answer = staff.post(ADD, typed(tiny, **changes))
    assert words in " ".join(answer.context["adminform"].form.errors[field])


def test_a_list_without_rules_says_what_rules_are_for_and_one_that_is_narrowed_leads_back(
    staff: Client, tiny: TinyShop
) -> None:
    empty = staff.get("/admin/recommender/rule/").content.decode()
    assert "A rule pins, promotes or holds back items." in empty
    assert "Show everything" not in empty
    Rule.objects.create(shop=tiny.shop, name="One", action="boost", target="brand", target_ids=[1])
    narrowed = staff.get("/admin/recommender/rule/", {"q": "nowhere"}).content.decode()
    assert "Nothing here fits the search or the filters." in narrowed
    assert "A rule pins" not in narrowed
