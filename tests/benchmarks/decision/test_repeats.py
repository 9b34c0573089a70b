"""Medians of repeats and ratios between what was measured in turn."""

import pytest

from benchmarks.decision.repeats import Ratio, Repeats
from benchmarks.report import MET, MISSED, Goal

GOALS = (Goal("p50", 2.0), Goal("p99", 2.0))


def test_a_repeat_that_was_disturbed_does_not_move_the_medians():
    calm, disturbed = [0.010] * 99 + [0.050], [0.900] * 100
    measure = Repeats([calm, disturbed, calm]).measure("Homepage")
    assert (measure.p50, measure.p95, measure.p99, measure.n) == pytest.approx((10.0, 10.0, 10.0, 300))
    assert measure.unit == "ms"


def test_ratios_compare_within_a_repeat():
    ours = Repeats([[0.030] * 10, [0.300] * 10, [0.020] * 10])  # the second repeat was slow for both
    other = Repeats([[0.020] * 10, [0.100] * 10, [0.010] * 10])
    ratio = Ratio.of("ours ÷ other", ours, other)
    assert ratio.ratios["p50"] == pytest.approx([1.5, 3.0, 2.0])
    assert ratio.measure(*GOALS).p50 == pytest.approx(2.0)
    assert ratio.words.startswith("ours ÷ other: p50 2.00 (1.50–3.00)")
    assert Ratio.of("quick", Repeats([[0.001]]), Repeats([[0.4]])).words.startswith("quick: p50 0.0025 ")


@pytest.mark.parametrize(("slowest", "verdict"), [(0.040, MET), (0.041, MISSED)])
def test_both_ends_are_judged(slowest, verdict):
    ours, other = Repeats([[0.010, 0.010, slowest]]), Repeats([[0.010, 0.010, 0.020]])
    assert Ratio.of("ours ÷ other", ours, other).measure(*GOALS).verdict == verdict


def test_repeats_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        Ratio.of("ours ÷ other", Repeats([[1.0], [1.0]]), Repeats([[1.0]]))
