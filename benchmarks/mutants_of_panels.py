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
                "part.between_sigma * log_tau[part.quantity, None]",
                "log_tau[part.quantity, None]",
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
                "prior + float(both.sum())",
                "float(both.sum())",
            ),
            (
                "theta's proposal forgotten",
                "log_weights = np.array([found.log_density for found in weighed]) - proposal",
                "log_weights = np.array([found.log_density for found in weighed])",
            ),
        ),
    ),
    (
        "panels/sizes.py",
        (LEARNING,),
        (
            (
                "theta draws independent across populations",
                "return sizes",
                "return np.array([np.roll(row, 7 * n, axis=0) for n, row in enumerate(sizes)])",
            ),
            (
                "sizes of another population's draws",
                "rng = population_rng(seed, name, purpose=1)",
                'rng = population_rng(seed, "", purpose=1)',
            ),
            (
                "sizes at their means",
                "centre + mean + sd * normals[at, theta]",
                "centre + mean + 0 * sd * normals[at, theta]",
            ),
        ),
    ),
    (
        "study/panel/check.py",
        (CHECK,),
        (
            (
                "the level as wide as a new population",
                "rest = total**2 - keys.pooled.mean_square",
                "rest = total**2",
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
