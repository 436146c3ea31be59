"""Mutants of panels: what is integrated, what is shared, and how populations are drawn with it.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

MESSAGE = "tests/panels/test_message.py"
DENSE = f"{MESSAGE}::test_density_size_and_ratios_are_those_of_dense_matrices"
GRADIENT = f"{MESSAGE}::test_the_gradient_is_that_of_differences"
REFERENCE = "tests/panels/test_reference.py"
LEARNING = "tests/panels/test_learning.py"
COMPUTE = "tests/panels/test_compute.py"
CHECK = "tests/study/panel/test_check.py"
DRAWN = "tests/panels/test_drawn.py"
CARRIED = f"{DRAWN}::test_what_is_carried_is_a_ratio_that_is_known"
ABSENT = f"{DRAWN}::test_a_population_that_does_not_draw_a_quantity_says_nothing_of_it"
NEARBY = f"{DRAWN}::test_a_population_refitted_near_the_others_says_the_same"
FEW = f"{DRAWN}::test_few_counts_and_zeros_are_what_quadrature_makes_them"
DENSITY = f"{DRAWN}::test_the_density_of_theta_is_that_of_integrated_sizes"
HALVES = f"{DRAWN}::test_halves_are_even_and_independent"
ARRIVALS = "tests/panels/test_arrivals.py"

PANELS: Table = (
    (
        "panels/message.py",
        (DENSE, GRADIENT),
        (
            (
                "a mean deviation counted twice",
                "left = bank.weighted - bank.precision * ratio_offset",
                "left = bank.weighted - 2 * bank.precision * ratio_offset",
            ),
            (
                "no determinant of the own parts",
                "own * left * weighted - np.log(shrink)",
                "own * left * weighted",
            ),
            (
                "factor's loading not squared in a panel",
                "factor = 1 + (load**2 * precision",
                "factor = 1 + (load * precision",
            ),
            ("no determinant of groups", "pull**2 / factor - np.log(factor)", "pull**2 / factor"),
            (
                "groups say as much of sizes",
                "total = total - common**2 / factor",
                "total = total - 0 * factor",
            ),
            (
                "groups pull sizes as far",
                "pulled = pulled - common * pull / factor",
                "pulled = pulled - 0 * factor",
            ),
            (
                "no determinant of sizes",
                "size_variance * rest**2 / gain - np.log(gain)",
                "size_variance * rest**2 / gain",
            ),
            (
                "a size's mean deviation dropped",
                "mean = size_offset + size_variance * rest / gain",
                "mean = size_variance * rest / gain",
            ),
            (
                "gradient without the variance of deviations",
                "off * mean - bank.precision * (variance + together)",
                "off * mean - bank.precision * together",
            ),
            (
                "gradient without what deviations and sizes share",
                "off * mean - bank.precision * (variance + together)",
                "off * mean - bank.precision * variance",
            ),
            (
                "gradient of a size's spread too small",
                "bank.precision * (together + found.variance)",
                "bank.precision * together",
            ),
            (
                "ratios drawn without their size",
                "(weighted - precision * (factors + size)) + factors",
                "(weighted - precision * factors) + factors",
            ),
            (
                "factors drawn without their size",
                "(pull[0, at] - common[0, at] * size) / scale",
                "pull[0, at] / scale",
            ),
        ),
    ),
    (
        "panels/message.py",
        (CARRIED, ABSENT),
        (
            (
                "carried without the width of its prior",
                "-0.5 * z**2 - np.log(tau)",
                "-0.5 * z**2 - 0 * np.log(tau)",
            ),
            (
                "carried around no theta",
                "(bank.carried - values.offset[first:, :, None]) / tau, tau",
                "bank.carried / tau, tau",
            ),
            (
                "gradient of carried by half its distance",
                "np.where(there, z / spread, 0.0)",
                "np.where(there, 0.5 * z / spread, 0.0)",
            ),
            (
                "gradient of a carried spread without its width",
                "np.where(there, z**2 - 1, 0.0)",
                "np.where(there, z**2, 0.0)",
            ),
            (
                "a quantity that is not drawn in the gradient",
                "there = ~np.isnan(z)",
                "z, there = np.nan_to_num(z), True",
            ),
        ),
    ),
    (
        "panels/drawn.py",
        (NEARBY, DENSITY, HALVES, FEW),
        (
            (
                "priors of what is carried left in the weights",
                "engine - np.where(is_sound, known, 0.0)",
                "engine - np.where(is_sound, 0 * known, 0.0)",
            ),
            (
                "ratios not moved back to the median of the panel",
                "posterior.weighted + marginal.offset[ratios_at] * posterior.precision",
                "posterior.weighted + 0 * posterior.precision",
            ),
            (
                "carried not moved back to the median of the panel",
                "level + marginal.offset[place.number, 0]",
                "level",
            ),
            (
                "both halves alike",
                "@ _even_normals(len(component.mean), number, rng)",
                "@ _even_normals(len(component.mean), number, np.random.default_rng(1))",
            ),
        ),
    ),
    (
        "panels/one_population.py",
        (ARRIVALS,),
        (
            (
                "prior of the total without what is its own",
                "+ tau * u[quantity.index]",
                "+ 0 * tau * u[quantity.index]",
            ),
            (
                "another draw's trajectory",
                "_chosen(alone.state, drawn.chosen)",
                "_chosen(alone.state, drawn.chosen[::-1])",
            ),
        ),
    ),
    (
        "panels/shared_prior.py",
        (GRADIENT, LEARNING),
        (
            (
                "the level not in the gradient",
                "parts = [part.level * own.sum(keepdims=True)",
                "parts = [own.sum(keepdims=True)",
            ),
            (
                "the spread's sd not in the gradient",
                "part.between_sigma * log_tau[part.quantities].sum(keepdims=True)",
                "log_tau[part.quantities].sum(keepdims=True)",
            ),
            ("the level squared", "return part.level * u[0]", "return part.level**2 * u[0]"),
            (
                "effects without their mean",
                "part.effect_mean + part.effect_sd * u",
                "part.effect_sd * u",
            ),
        ),
    ),
    (
        "panels/reference.py",
        (REFERENCE, LEARNING),
        (
            (
                "points not corrected for where they lie",
                "log_weight=bank.log_weight + correction",
                "log_weight=bank.log_weight + 0 * correction",
            ),
            (
                "log of counts not in the density",
                "density - np.where(possible, jacobian, 0.0)",
                "density - 0.0 * jacobian",
            ),
        ),
    ),
    (
        "panels/learning.py",
        (LEARNING,),
        (
            (
                "theta weighed by its likelihood alone",
                "prior = -0.5 * (u**2).sum(axis=0) - proposal",
                "prior = 0 * (u**2).sum(axis=0) - proposal",
            ),
            (
                "theta's proposal forgotten",
                "(u**2).sum(axis=0) - proposal",
                "(u**2).sum(axis=0) - 0 * proposal",
            ),
        ),
    ),
    (
        "panels/part.py",
        (LEARNING,),
        (
            (
                "theta draws independent across populations",
                "    return sizes",
                "    return np.array([np.roll(row, 7 * n, axis=0) for n, row in enumerate(sizes)])",
            ),
            (
                "sizes of another population's draws",
                "rng = population_rng(seed, name, purpose=1)",
                'rng = population_rng(seed, "", purpose=1)',
            ),
            (
                "sizes at their means",
                "+ mean + sd * normals[at, number]",
                "+ mean + 0 * sd * normals[at, number]",
            ),
        ),
    ),
    (
        "study/panel/rules.py",
        (CHECK,),
        (
            (
                "the level as wide as a new population",
                "rest = total**2 - keys.pooled.mean_square - keys",
                "rest = total**2 - keys",
            ),
            (
                "the level as wide as with the effects of texts",
                "keys.pooled.mean_square - keys.pooled.by_variance",
                "keys.pooled.mean_square",
            ),
        ),
    ),
    (
        "study/panel/pooling.py",
        (CHECK,),
        (
            (
                "E tau^2 without its own spread",
                "self.between**2 * math.exp(2 * self.between_sigma**2)",
                "self.between**2",
            ),
        ),
    ),
)
