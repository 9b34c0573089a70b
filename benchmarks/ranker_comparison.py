"""Networks of the ranker beside each other: per head, on held-out shoppers' late pages, with intervals by shopper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.ranker_rows import ShopRows
from recommender.data.folds import FOLDS, shopper_folds
from recommender.data.reward import HEADS
from recommender.data.types import Floats, Ints
from recommender.evaluation.bootstrap import Interval
from recommender.ranking.binary_metrics import EPSILON, calibration_error
from recommender.ranking.cross_fitting import CrossFit
from recommender.ranking.multi_task_net import net_fit, net_logits
from recommender.ranking.ranker_config import RankerConfig
from recommender.ranking.ranker_evaluation import HeldOut, calibrations_fit

SINGLE, SHARED, MMOE, CGC = "single-task nets", "shared bottom", "MMoE", "CGC (PLE)"
NETWORKS = {SINGLE: "shared", SHARED: "shared", MMOE: "mmoe", CGC: "cgc"}
MEASURES = ("AUC", "AUC explored", "log-loss")
DRAWS = 500
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Score:
    """One network, one head, one measure."""

    network: str
    head: str
    measure: str
    value: Interval
    beside_shared: Interval  # difference to the shared bottom


@dataclass(frozen=True)
class Comparison:
    """All networks on all shops."""

    scores: tuple[Score, ...]
    relative_loss: Mapping[str, Interval]  # network → mean over heads of log-loss / the shared bottom's, minus 1
    calibration_errors: Mapping[str, Mapping[str, float]]  # network → head → ECE on exploration rows, mean
    parameters: Mapping[str, int]
    positives: Mapping[str, int]
    rows: int


def networks_compare(shops: Sequence[ShopRows], net_seeds: int) -> Comparison:
    """Fit every network on every shop with ``net_seeds`` seeds each; figures are means over seeds, then over shops."""
    values = np.zeros((len(shops), len(NETWORKS), len(HEADS), len(MEASURES), DRAWS + 1))
    errors = np.zeros((len(shops), len(NETWORKS), len(HEADS)))
    parameters, positives, rows = dict.fromkeys(NETWORKS, 0), dict.fromkeys(HEADS, 0), 0
    for s, shop in enumerate(shops):
        halves = shopper_folds(shop.shoppers, seed=s)
        for n, (name, network) in enumerate(NETWORKS.items()):
            for seed in range(net_seeds):
                config = RankerConfig(network=network)
                held, parameters[name] = _held_out(shop, halves, config, seed, single=name == SINGLE)
                judged = _Judged(held, seed=s)
                values[s, n] += judged.measures() / net_seeds
                errors[s, n] += judged.calibration_errors() / net_seeds
        rows += int(judged.held.late.sum())
        positives = {head: positives[head] + int(judged.labels[:, h].sum()) for h, head in enumerate(HEADS)}
    mean, shared = values.mean(axis=0), list(NETWORKS).index(SHARED)
    scores = tuple(
        Score(name, head, measure, _interval(mean[n, h, m]), _interval(mean[n, h, m] - mean[shared, h, m]))
        for h, head in enumerate(HEADS)
        for m, measure in enumerate(MEASURES)
        for n, name in enumerate(NETWORKS)
    )
    losses = mean[:, :, MEASURES.index("log-loss")]
    relative = {name: _interval((losses[n] / losses[shared]).mean(axis=0) - 1) for n, name in enumerate(NETWORKS)}
    of_networks = dict(zip(NETWORKS, errors.mean(axis=0).tolist(), strict=True))
    told = {name: dict(zip(HEADS, of_heads, strict=True)) for name, of_heads in of_networks.items()}
    return Comparison(scores, relative, told, parameters, positives, rows)


def _held_out(shop: ShopRows, halves: Ints, config: RankerConfig, seed: int, *, single: bool) -> tuple[HeldOut, int]:
    """Every row's logits by nets that never met its shopper, and how many parameters one fit has."""
    fit = CrossFit(shop.rows, shop.offset, config, FOLDS * seed, CPU)
    if not single:
        nets, held = fit.halves(halves)
        return held, sum(one.numel() for one in nets[0].parameters())
    half, logits, count = halves[shop.rows.shopper], np.zeros_like(shop.rows.labels), 0
    for h in range(len(HEADS)):
        for fold in range(FOLDS):
            mask = (half == fold) & ~fit.late
            columns = (shop.rows.labels[mask][:, [h]], fit.weights[mask][:, [h]], shop.offset[mask])
            net = net_fit(shop.rows.features[mask], *columns, config, seed=FOLDS * seed + fold, device=CPU)
            logits[half != fold, h] = net_logits(net, shop.rows.features[half != fold])[:, 0]
        count += sum(one.numel() for one in net.parameters())
    return fit.held_out(logits), count


class _Judged:
    """Late rows of held-out shoppers, said and happened; column 0 of every measure is all rows, the others draws."""

    def __init__(self, held: HeldOut, *, seed: int) -> None:
        """Calibrate on early pages; ``seed`` fixes the draws of shoppers, equal for all networks of a shop."""
        self.held, late = held, held.late
        self.labels, self.logits, self.known = held.labels[late], held.logits[late], held.known[late]
        self.exploration, placed = held.exploration[late], held.logits[late] + held.offset[late, None]
        calibrations = calibrations_fit(held, ~late)
        self.said = np.stack([one.apply(placed[:, h]) for h, one in enumerate(calibrations)], axis=1)
        shoppers, self.owner = np.unique(held.shopper[late], return_inverse=True)
        drawn = np.random.default_rng(seed).multinomial(len(shoppers), np.full(len(shoppers), 1 / len(shoppers)), DRAWS)
        self.times = np.concatenate([np.ones((1, len(shoppers))), drawn])  # (DRAWS + 1, shoppers)

    def measures(self) -> np.ndarray:
        """(H, M, DRAWS + 1)."""
        return np.stack([self._of_head(h) for h in range(len(HEADS))])

    def calibration_errors(self) -> np.ndarray:
        """(H,) ECE on exploration rows."""
        said, happened = self.said.astype(np.float32), self.labels
        weights = self.known * self.exploration[:, None]
        return np.array([calibration_error(said[:, h], happened[:, h], weights[:, h]) for h in range(len(HEADS))])

    def _of_head(self, h: int) -> np.ndarray:
        known, said = self.known[:, h], np.clip(self.said[:, h], EPSILON, 1 - EPSILON)
        loss = -np.where(self.labels[:, h] > 0, np.log(said), np.log1p(-said))
        return np.stack(
            [
                self._auc(self.said[:, h], self.labels[:, h], known),
                self._auc(self.logits[:, h], self.labels[:, h], known * self.exploration),
                self._sums(known * loss) / self._sums(known),
            ]
        )

    def _sums(self, values: Floats) -> np.ndarray:
        return self.times @ np.bincount(self.owner, values, self.times.shape[1])

    def _auc(self, scores: Floats, labels: Floats, weights: Floats) -> np.ndarray:
        """(DRAWS + 1,) probability that a yes scores above a no, for every draw of shoppers."""
        order = np.argsort(scores, kind="stable")
        place = np.cumsum(np.diff(scores[order], prepend=scores[order[0]]) > 0)
        found = np.empty(len(self.times))
        for number, times in enumerate(self.times):
            w = (weights * times[self.owner])[order]
            yes, no = (np.bincount(place, w * (labels[order] == y)) for y in (1, 0))
            found[number] = yes @ (np.cumsum(no) - no / 2) / (yes.sum() * no.sum())
        return found


def _interval(values: np.ndarray) -> Interval:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Interval(float(values[0]), float(low), float(high))


@dataclass(frozen=True)
class Doubt:
    """Late cards from the least to the most of something: the mean of it, and of the click's standard deviation."""

    by_showings: list[tuple[float, float]]  # of the item, in all logged pages
    by_distance: list[tuple[float, float]]  # to the nearest training rows, in standard deviations of features


def doubt_measure(
    shop: ShopRows, config: RankerConfig, *, parts: int = 4, sample: int = 3000, nearest: int = 20
) -> Doubt:
    """Where the net is unsure: by how often an item was shown, and by how near a sample of training rows lies."""
    fit = CrossFit(shop.rows, shop.offset, config, 0, CPU)
    net, rng = fit.net(~fit.late, 0), np.random.default_rng(0)
    asked = np.sort(rng.choice(np.flatnonzero(fit.late), sample, replace=False))
    features = torch.from_numpy(shop.rows.features)
    with torch.no_grad():
        deviation = net.logits_and_deviations(features[asked])[1][:, 0].numpy()
        scaled = (features - net.mean) / net.spread
        known = scaled[rng.choice(np.flatnonzero(~fit.late), sample, replace=False)]
        distance = torch.cdist(scaled[asked], known).topk(nearest, dim=1, largest=False).values.mean(dim=1).numpy()

    def told(values: Floats) -> list[tuple[float, float]]:
        groups = np.array_split(np.argsort(values, kind="stable"), parts)
        return [(float(values[rows].mean()), float(deviation[rows].mean())) for rows in groups]

    return Doubt(told(shop.shown[asked]), told(distance))
