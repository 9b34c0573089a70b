"""Learning of ALS with the library ``implicit``."""

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommender.collaborative.als import AlsConfig, als_model
from recommender.collaborative.fitting import Fitting, behaviour_require, inverse_propensity, met_matrix
from recommender.data.factors import FactorModel
from recommender.data.sequences import Sequences


def als_fit(sequences: Sequences, config: AlsConfig | None = None, fitting: Fitting | None = None) -> FactorModel:
    """Vectors x of shoppers and y of items that explain who met what, unknown pairs included.

        minimise Σ_{u,i} c_ui (r_ui − x_u · y_i)² + λ (Σ ‖x_u‖² + Σ ‖y_i‖²),   c_ui = 1 + α ρ_i r_ui

    r is 1 where shopper u met item i; ρ_i is the item's inverse propensity (``rarity_power``), left out at serving.
    Each sweep solves one ridge regression per shopper, then one per item, exactly.
    One thread and one seed give equal factors every time.

    Args:
        sequences: behaviour; how often a shopper met an item does not matter.
        config: size and regularisation.
        fitting: seed and progress.

    Raises:
        DataError: there is nothing to learn from.

    Reference: Hu, Koren, Volinsky, 2008; solver: Frederickson, `implicit`.
    """
    config, fitting = config or AlsConfig(), fitting or Fitting()
    behaviour_require(sequences, "ALS")
    met = met_matrix(sequences, newest=config.max_user_items)
    rarity = inverse_propensity(np.asarray(met.sum(axis=0), np.float32).ravel(), config.rarity_power)
    confidence = sparse.csr_matrix(met @ sparse.diags(config.confidence * rarity))
    confidence.data += 1.0
    with threadpool_limits(1, "blas"):
        solver = AlternatingLeastSquares(
            factors=config.factors,
            regularization=config.ridge,
            iterations=config.iterations,
            alpha=1.0,
            use_cg=False,
            num_threads=1,
            random_state=fitting.seed,
        )
        solver.fit(
            confidence.astype(np.float32),
            show_progress=False,
            callback=lambda done, *_: fitting.progress(done + 1, config.iterations),
        )
    return als_model(np.asarray(solver.item_factors, np.float32), config)
