"""A request survives its way through the log byte for byte, and stays small."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from recommender.data.ruleset import KnobValues, RulesetValue
from recommender.data.types import Context, DataError, Gathered
from recommender.serving import pack
from recommender.serving.bundle import Bundle
from recommender.serving.decide import decide
from recommender.serving.pack import context_trim, request_pack, request_unpack
from tests.fixtures.requests import NOW_US, context_of, gathered_of
from tests.fixtures.tiny_bundle import tiny_bundle
from users.kinds import Kind

Make = Callable[..., tuple[Context, Gathered]]
LIMIT = 4096


def assert_equal(one: object, other: object) -> None:
    for entry in fields(one):  # type: ignore[arg-type]
        ours, theirs = getattr(one, entry.name), getattr(other, entry.name)
        if hasattr(ours, "item_ids") and entry.name == "history":
            assert_equal(ours, theirs)
        elif isinstance(ours, np.ndarray):
            np.testing.assert_array_equal(ours, theirs, err_msg=entry.name)
            assert ours.dtype == theirs.dtype, entry.name
        else:
            assert ours == theirs, entry.name


def test_a_request_comes_back_as_it_went(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12, query="鲜花 & lamps", arm="b", arm_probability=0.25)
    gathered = replace(
        gathered,
        price_minor=np.where(np.arange(len(gathered)) % 5 == 0, 1, gathered.price_minor),
        rating=np.where(np.arange(len(gathered)) % 2 == 0, 4.3, np.nan).astype(np.float32),
        trend=gathered.trend.astype(np.float16).astype(np.float32),
        timed_out=("search",),
        fresh_history_vectors=np.zeros((0, 64), np.float32),
    )
    context = replace(context, query_vector=np.linspace(-1, 1, 384, dtype=np.float32))
    back = request_unpack(request_pack(context, gathered, bundle), bundle)
    assert_equal(context, back[0])
    assert_equal(gathered, back[1])


def test_a_request_without_a_bundle_comes_back(bundle: Bundle) -> None:
    gathered = gathered_of([5, 9], price_minor=[3, -1], group=[0, 2**40])
    context = context_of(items=[5])
    back = request_unpack(request_pack(context, gathered, None), None)
    assert_equal(context, back[0])
    np.testing.assert_array_equal(gathered.price_minor, back[1].price_minor)


def test_five_hundred_candidates_of_a_busy_shopper_fit_into_four_kilobytes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rng = np.random.default_rng(5)
    n = 2000
    ids = 40_000 + np.arange(n)
    departments = rng.integers(1, 13, n)
    bundle = tiny_bundle(tmp_path_factory.mktemp("b") / "big", item_ids=ids, departments=departments)
    index = np.sort(rng.choice(n, 500, replace=False))
    hours = 3_600_000_000
    sources = rng.choice(np.array([2, 4, 6, 8, 1 << 12, 3 << 12, 1 << 19], np.uint32), 500)
    given = [(row, kind) for row in range(500) for kind in (1, 2, 12, 19) if sources[row] >> kind & 1]
    given = [one for one in given for _ in range(rng.integers(1, 3))]  # about 600 pieces of evidence
    gathered = gathered_of(
        ids[index],
        index=index,
        sources=(),
        price_minor=bundle.arrays.price_minor[index],
        department=departments[index],
        category=departments[index],
        brand=np.zeros(500, np.int64),
        list_price_minor=np.where(rng.random(500) < 0.2, rng.integers(10, 400, 500) * 100, -1),
        published_us=np.where(rng.random(500) < 0.2, 1_780_000_000_000_000 // hours * hours - hours * 50, 0),
        rating=np.round(rng.uniform(1, 5, 500), 1).astype(np.float32),
        trend=np.where(rng.random(500) < 0.16, rng.random(500), 0).astype(np.float16).astype(np.float32),
        evidence_row=[row for row, _ in given],
        evidence_source=[kind for _, kind in given],
        evidence_item=ids[rng.integers(0, 10, len(given))],
    )
    gathered = replace(gathered, sources=sources)
    context = context_of(items=rng.choice(ids, 100).tolist())
    context = replace(
        context,
        history=replace(
            context.history,
            times_us=np.sort(context.now_us - rng.integers(0, 60 * 864_000, 100) * 100_000),
            kinds=rng.choice(np.array([Kind.VIEW, Kind.CLICK, Kind.CART], np.int8), 100),
        ),
        purchased_ids=rng.choice(ids, 60),
    )
    assert len(request_pack(context, gathered, bundle)) <= LIMIT


def test_trimming_the_context_changes_no_decision(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    context = replace(
        context,
        hidden_ids=np.array([1, 2, 3]),
        fatigue_ids=np.array([1, int(gathered.item_ids[5])]),
        fatigue_counts=np.array([9, 4]),
    )
    ruleset = RulesetValue("x", KnobValues())
    trimmed = context_trim(context, gathered)
    assert len(trimmed.hidden_ids) == 0
    before, after = (decide(one, gathered, ruleset, bundle, 3) for one in (context, trimmed))
    assert before.item_ids.tolist() == after.item_ids.tolist()
    assert before.scores.tolist() == after.scores.tolist()


@pytest.mark.parametrize("payload", [b"", b"not deflated", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_damaged_bytes_are_an_error_that_says_so(payload: bytes) -> None:
    with pytest.raises(DataError, match="cannot be"):
        request_unpack(payload, None)


def test_dates_and_list_prices_come_back_whatever_they_are() -> None:
    rng, n = np.random.default_rng(2), 80
    price = np.where(rng.random(n) < 0.1, -1, rng.integers(0, 9000, n))
    list_price = np.where(rng.random(n) < 0.5, -1, rng.integers(0, 20_000, n))
    published = np.where(rng.random(n) < 0.5, 0, NOW_US - rng.integers(0, 10**13, n))
    gathered = gathered_of(range(1, n + 1), price_minor=price, list_price_minor=list_price, published_us=published)
    context = context_of()
    back = request_unpack(request_pack(context, gathered, None), None)[1]
    assert back.list_price_minor.tolist() == list_price.tolist()
    assert back.published_us.tolist() == published.tolist()


def evidence_of(gathered: Gathered) -> list[tuple[int, int, int]]:
    columns = (gathered.evidence_row, gathered.evidence_source, gathered.evidence_item)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize(
    "given",
    [
        [],
        [(0, 1, 7), (0, 1, 8), (0, 2, 7), (2, 1, 9)],  # as the sources say
        [(0, 1, 7), (2, 1, 9)],  # a source without evidence
        [(0, 1, 7), (0, 2, 7), (1, 1, 5), (2, 1, 9)],  # evidence without its source
        [(2, 1, 9), (0, 2, 7), (0, 1, 7)],  # in no order
    ],
)
def test_evidence_comes_back_whatever_the_sources_say(given: list[tuple[int, int, int]]) -> None:
    rows, kinds, items = (list(column) for column in zip(*given, strict=True)) if given else ([], [], [])
    gathered = gathered_of([1, 2, 3], evidence_row=rows, evidence_source=kinds, evidence_item=items)
    gathered = replace(gathered, sources=np.array([6, 0, 2], np.uint32))
    assert evidence_of(request_unpack(request_pack(context_of(), gathered, None), None)[1]) == given


def test_a_log_of_the_version_before_is_read(request_of: Make, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    context, gathered = request_of(0, 6, 12)
    monkeypatch.setattr(pack, "VERSION", 2)
    monkeypatch.setattr(pack, "_evidence", lambda one: iter((one.evidence_row, one.evidence_source, one.evidence_item)))
    payload = request_pack(context, gathered, bundle)
    assert evidence_of(gathered)
    assert evidence_of(request_unpack(payload, bundle)[1]) == evidence_of(gathered)
