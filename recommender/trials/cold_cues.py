"""How our models rank items that nobody has met: the encoder with the item tower, and what words alone say beside it.

The weights between them are fitted on warm items that are taken for unseen ones: each choice of a held-out shopper is
made among vectors that the tower makes of what is known of the items, as if none had ever been trained on.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from recommender.data.onnx_model import OnnxModel
from recommender.data.sequences import sequences_from_lists
from recommender.data.splits import leave_last_out, validation_thirds
from recommender.data.types import DataError, Floats, Ints
from recommender.encoders.inputs import tower_run
from recommender.encoders.whitening import Whitening
from recommender.ranking.choices import context_of, state_of
from recommender.serving.bundle import Bundle
from recommender.trials.catalogue import Catalogue
from recommender.trials.cold_items import HISTORY, ColdSplit, Understanding, catalogue_part, liked

FITTED_ON, RIVALS = 500, 1000  # shoppers that weigh the cues, and items that each choice is made among


def our_understandings(
    bundle: Bundle, split: ColdSplit, catalogue: Catalogue, *, seed: int
) -> dict[str, Understanding]:
    """Our encoder alone, and together with what the words say.

    Cold items get the vector that the item tower makes of what is known of them, and the mean bias.

    Raises: DataError if the bundle has no item tower or nothing has a text.
    """
    if bundle.item_tower is None or catalogue.text_vectors is None:
        raise DataError("nothing is known of the items, so cold ones cannot be ranked")
    cues = _Cues.of(bundle, bundle.item_tower, split, catalogue)
    weights = cues_fit(cues, split, seed=seed)
    return {"DPE encoder": cues.encoder, "DPE encoder and text": lambda items: cues.of_all(items) @ weights}


@dataclass(frozen=True)
class _Cues:
    """What is known of ``w`` warm and ``c`` cold items when nobody has met the cold ones."""

    bundle: Bundle
    vectors: Floats  # (w + c, d) the warm items' as learned
    bias: Floats  # (w + c,)
    strange: Floats  # (w, d) warm items as if they were unseen
    text: Floats  # (w + c, t) whitened

    @classmethod
    def of(cls, bundle: Bundle, tower: OnnxModel, split: ColdSplit, catalogue: Catalogue) -> "_Cues":
        rows = np.concatenate([split.warm, split.cold])
        part = catalogue_part(catalogue, rows)
        text = np.nan_to_num(np.asarray(part.text_vectors, np.float32))
        unseen = tower_run(tower, text, part.facts)
        known, bias = np.asarray(bundle.arrays.item_vectors, np.float32), np.asarray(bundle.arrays.item_bias)
        w = len(known)
        whitening = Whitening(bundle.arrays.text_mean, bundle.arrays.text_whitening)
        return cls(
            bundle,
            np.concatenate([known, unseen[w:]]),
            np.concatenate([bias, np.full(len(unseen) - w, bias.mean(), np.float32)]),
            unseen[:w],
            whitening.apply(text),
        )

    def state(self, items: Ints) -> Floats:
        """(d,) after warm items, oldest first."""
        arrays = self.bundle.arrays
        history = sequences_from_lists([items.tolist()], len(arrays.item_ids))
        context = context_of(history, 0, arrays.item_ids)
        return state_of(context, items, arrays, self.bundle.state_encoder, self.bundle.manifest.max_length)

    def encoder(self, items: Ints) -> Floats:
        """(w + c,) logits of the encoder alone."""
        return np.asarray(self.vectors @ self.state(items) + self.bias, np.float32)

    def of_all(self, items: Ints) -> Floats:
        """(w + c, 3) logit, cosine to the decayed texts of the history, cosine to the nearest of them."""
        return np.column_stack([self.encoder(items), *self.words(items)])

    def of_strangers(self, items: Ints) -> Floats:
        """(w, 3) the same for warm items as if they were unseen."""
        w = len(self.strange)
        return np.column_stack([self.strange @ self.state(items), *(cue[:w] for cue in self.words(items))])

    def words(self, items: Ints) -> tuple[Floats, Floats]:
        """(w + c,) each: cosine to the decayed texts of the history, cosine to the nearest of them."""
        taste = liked(self.text, items)
        near = (self.text @ self.text[items[::-1][:HISTORY]].T).max(axis=1)
        return self.text @ (taste / max(float(np.linalg.norm(taste)), 1e-9)), near


def cues_fit(cues: _Cues, split: ColdSplit, *, seed: int) -> Floats:
    """(3,) weights under which what shoppers took next is likeliest, everything being taken for unseen.

    The shoppers are those that neither stopped the encoder nor are asked: the second third of ``cold_learn``'s.
    """
    held = leave_last_out(split.histories)
    fit = validation_thirds(held.targets, seed=seed).fusion
    rng = np.random.default_rng(seed)
    asked = rng.permutation(len(fit))[:FITTED_ON]
    asked = asked[[len(held.train.items_of(int(fit.users[row]))) > 0 for row in asked]]
    choices: list[tuple[Floats, int]] = []
    for row in asked.tolist():
        met = held.train.items_of(int(fit.users[row]))
        target = int(fit.of(row)[0])
        others = rng.integers(0, len(cues.strange), RIVALS)
        pool = np.append(target, others[(others != target) & ~np.isin(others, met)])
        choices.append((cues.of_strangers(met)[pool], 0))
    return _likeliest(choices)


def _likeliest(choices: list[tuple[Floats, int]]) -> Floats:
    """Weights of a conditional logit, with a little ridge."""

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        total, slope = 0.01 * float(weights @ weights), 0.02 * weights
        for cues, chosen in choices:
            logits = cues @ weights
            shares = np.exp(logits - logits.max())
            shares /= shares.sum()
            total -= float(np.log(shares[chosen])) / len(choices)
            slope = slope + (shares @ cues - cues[chosen]) / len(choices)
        return total, slope

    found = minimize(loss, np.ones(3), jac=True, method="L-BFGS-B")
    return np.asarray(found.x, np.float32)
