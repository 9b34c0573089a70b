"""The ranker on generated shops: what heads gain by sharing, whether they are honest, how sure, how fast.

    python -m benchmarks.ranker [--shops 3] [--net-seeds 3] [--rows FOLDER]

Each shop is generated from a seed of its own; its pages come from a policy known exactly. Nets are fitted on early
pages of one half of the shoppers, calibrated on early pages of the other and judged on the latest quarter of the
other's pages. Intervals are of a bootstrap over shoppers within shops; differences are paired.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from threadpoolctl import threadpool_limits

from benchmarks.machine import machine_read
from benchmarks.ranker_comparison import (
    MEASURES,
    NETWORKS,
    SHARED,
    Comparison,
    Score,
    doubt_measure,
    networks_compare,
)
from benchmarks.ranker_rows import ShopRows, Size, shop_rows
from benchmarks.ranker_speed import CANDIDATES, Speed, speed_measure
from dpe_site import environment
from recommender.data.reward import HEADS
from recommender.ranking.ranker_config import RankerConfig

GOAL_ECE, GOAL_MS, GOAL_PARITY = 0.02, 3.0, 1e-4


def main(words: Sequence[str]) -> int:
    """Measure, show and write."""
    options = _options(words)
    began, size = time.perf_counter(), Size(options.products, options.shoppers, options.days)
    with threadpool_limits(1), TemporaryDirectory() as scratch:
        shops = [shop_rows(seed, size, options.rows) for seed in range(1, options.shops + 1)]
        compared = networks_compare(shops, options.net_seeds)
        speeds = {name: speed_measure(shops[0], size, _config(name), Path(scratch)) for name in _SERVED}
        doubt = doubt_measure(shops[0], RankerConfig())
    told = {
        "hardware": machine_read().words,
        "shops": [_shop_words(shop) for shop in shops],
        "net_seeds": options.net_seeds,
        "seconds": round(time.perf_counter() - began),
        "scores": [asdict(score) | {"verdict": _verdict(score)} for score in compared.scores],
        "relative_log_loss": {name: asdict(one) for name, one in compared.relative_loss.items()},
        "calibration_error_explored": compared.calibration_errors,
        "parameters": compared.parameters,
        "positives": compared.positives,
        "speed_ms": {name: asdict(speed) for name, speed in speeds.items()},
        "deviation": asdict(doubt),
    }
    page = page_of(told, compared, speeds)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "ranker.json").write_text(json.dumps(told, indent=1) + "\n")
    (options.results / "ranker.md").write_text(page)
    Console(soft_wrap=True).print(page, highlight=False)
    return 0


_SERVED = tuple(name for name in NETWORKS if "single" not in name)


def _config(name: str) -> RankerConfig:
    return RankerConfig(network=NETWORKS[name])


def page_of(told: dict[str, Any], compared: Comparison, speeds: dict[str, Speed]) -> str:
    """The results as a page."""
    parts = [
        "# Ranker: single tasks, shared bottom, MMoE, CGC",
        f"Command: `python -m benchmarks.ranker --shops {len(told['shops'])} --net-seeds {told['net_seeds']}`. "
        f"Hardware: {told['hardware']}, one thread. "
        f"{len(told['shops'])} generated shops, {told['net_seeds']} seeds of the nets on each, {compared.rows:,} late "
        "cards of held-out shoppers; positives: "
        + ", ".join(f"{head} {count:,}" for head, count in compared.positives.items())
        + ". 95 % intervals by a bootstrap over shoppers; **bold** where the paired difference to the shared bottom "
        "excludes 0.",
    ]
    for measure in MEASURES:
        parts += [f"## {_TITLES[measure]}", _table(compared, measure)]
    parts.append(
        "Log-loss relative to the shared bottom's, mean over heads: "
        + ", ".join(
            f"{name} {100 * one.mean:+.2f} % [{100 * one.low:+.2f}, {100 * one.high:+.2f}]"
            for name, one in compared.relative_loss.items()
            if name != SHARED
        )
        + "."
    )
    parts += ["## Calibration, uncertainty, speed", *_facts(told, compared, speeds)]
    return "\n\n".join(parts) + "\n"


_TITLES = {
    "AUC": "AUC of the prediction where the card stood",
    "AUC explored": "AUC, rows weighted as exploration, the place left out",
    "log-loss": "Log-loss, nats per card",
}


def _table(compared: Comparison, measure: str) -> str:
    rows = [f"| head | {' | '.join(NETWORKS)} |", "|---|" + "---|" * len(NETWORKS)]
    for head in HEADS:
        found = [score for score in compared.scores if score.head == head and score.measure == measure]
        rows.append(f"| {head} | {' | '.join(_cell(score) for score in found)} |")
    return "\n".join(rows)


def _cell(score: Score) -> str:
    digits = 5 if score.measure == "log-loss" else 3
    value, beside = score.value, score.beside_shared
    told = f"{value.mean:.{digits}f} [{value.low:.{digits}f}, {value.high:.{digits}f}]"
    if score.network == SHARED:
        return told
    difference = f"{beside.mean:+.{digits}f} [{beside.low:+.{digits}f}, {beside.high:+.{digits}f}]"
    return f"{told}; {difference if _verdict(score) == 'inconclusive' else f'**{difference}**'}"


def _verdict(score: Score) -> str:
    verdict = score.beside_shared.verdict
    if score.measure == "log-loss":
        return {"better": "worse", "worse": "better"}.get(verdict, verdict)
    return verdict


def _facts(told: dict[str, Any], compared: Comparison, speeds: dict[str, Speed]) -> list[str]:
    lines = [
        "| network | parameters | " + " | ".join(f"ECE {head}" for head in HEADS) + " |",
        "|---|---|" + "---|" * len(HEADS),
    ]
    for name, errors in compared.calibration_errors.items():
        cells = " | ".join(f"{errors[head]:.4f}" for head in HEADS)
        lines.append(f"| {name} | {compared.parameters[name]:,} | {cells} |")
    worst = max(errors["click"] for errors in compared.calibration_errors.values())
    honest = f"ECE is on exploration rows; of clicks at most {worst:.4f} (goal ≤ {GOAL_ECE}: {_met(worst, GOAL_ECE)})."
    costs = [
        f"| network | components | features | network | features + network, p50 | p99 | goal ≤ {GOAL_MS:g} ms | "
        f"parity (goal ≤ {GOAL_PARITY:g}) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, speed in speeds.items():
        costs.append(
            f"| {name} | {speed.components:.2f} | {speed.features:.2f} | {speed.network:.2f} | "
            f"{speed.features_and_network:.2f} | {speed.features_and_network_p99:.2f} | "
            f"{_met(speed.features_and_network, GOAL_MS)} | {speed.parity:.1e} {_met(speed.parity, GOAL_PARITY)} |"
        )
    seldom, far = (
        " → ".join(f"{deviation:.3f} ({of:.{digits}f})" for of, deviation in told["deviation"][by])
        for by, digits in (("by_showings", 0), ("by_distance", 1))
    )
    return [
        "\n".join(lines),
        honest,
        f"{CANDIDATES} candidates of a shopper with 100 deeds, ms of processor time on one thread:",
        "\n".join(costs),
        "Mean standard deviation of the click's logit, quarters of the cards from near to far of the training rows "
        f"(mean distance to the nearest): {far}; from items seldom to often shown (mean showings): {seldom}.",
    ]


def _met(value: float, goal: float) -> str:
    return "met" if value <= goal else "missed"


def _shop_words(shop: ShopRows) -> dict[str, int]:
    return {"pages": shop.pages, "shoppers": shop.shoppers, "rows": len(shop.rows)}


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranker", description=__doc__)
    parser.add_argument("--shops", type=int, default=3)
    parser.add_argument("--net-seeds", type=int, default=3)
    for name, value in asdict(Size()).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--rows", type=Path, help="folder that keeps the rows of shops, so that they are made once")
    parser.add_argument("--results", type=Path, default=environment.REPOSITORY / "docs" / "results")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
