"""Mutants of the learned ratios: their model, its fit, and what is made of it.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

FOLDER = "tests/ratios"
MODEL = f"{FOLDER}/test_ratio_model.py"
DENSITY = f"{MODEL}::test_the_density_is_that_of_the_normal_with_the_covariance_written_out"
REGIMES = f"{MODEL}::test_a_regime_differs_from_its_type_only_where_there_are_several"
PRIORS = f"{FOLDER}/test_ratio_priors.py"
FORMS = f"{FOLDER}/test_ratio_forms.py"
SHIPPED = f"{FOLDER}/test_shipped_ratios.py"
SCALES = "tests/model/test_scales.py"
DEFINITIONS = f"{FOLDER}/test_learned_definitions.py"
GROUPS = f"{SHIPPED}::test_coverage_and_scores_count_each_group_once"

RATIOS: Table = (
    (
        "ratios/model.py",
        (REGIMES, DENSITY, PRIORS),
        (
            (
                "type's mean around one",
                "np.full(n_cells, TYPE_MEAN)",
                "np.full(n_cells, 0.0)",
            ),
            ("type's prior narrower", "TYPE_SD = -0.5, 1.5", "TYPE_SD = -0.5, 0.5"),
            ("block's weights without their rate", "TAIL / 2, TAIL / 2,", "TAIL / 2, 1.0,"),
            ("block's weights of twice the freedom", "TAIL / 2, TAIL / 2,", "TAIL, TAIL,"),
            ("normal tails between blocks", "TAIL = 4.0", "TAIL = 40.0"),
            (
                "country's share for the block's",
                "pt.sqrt((1 - share) / weight",
                "pt.sqrt(share / weight",
            ),
            (
                "block's weight multiplied",
                "(1 - share) / weight[evidence.block]",
                "(1 - share) * weight[evidence.block]",
            ),
            ("country's share not rooted", "pt.sqrt(share) * country", "share * country"),
            (
                "spread within not squared",
                "variance = inside**2 + evidence",
                "variance = inside + evidence",
            ),
            (
                "block without its prior",
                "cls(1 + (scaled * loading) @ member",
                "cls(1e-9 + (scaled * loading) @ member",
            ),
            (
                "block's mean added",
                "pt.log(sums.precision) - sums",
                "pt.log(sums.precision) + sums",
            ),
            (
                "variance of pairs dropped",
                "pt.log(2 * math.pi * variance))",
                "math.log(2 * math.pi))",
            ),
            (
                "blocks not integrated",
                "-0.5 * (pt.sum(own) + pt.sum(shared))",
                "-0.5 * pt.sum(own)",
            ),
            ("drift dropped", "mean[cell] + drift * evidence.log_age", "mean[cell] + 0 * drift"),
            ("drift's prior at none", 'pm.Normal("drift", DRIFT_MEAN', 'pm.Normal("drift", 0'),
            (
                "all types spread alike",
                "pt.exp(typical + differ * own)",
                "pt.exp(typical + 0 * differ * own)",
            ),
            ("typical spread unlogged", "math.log(median), SPREAD_SD)", "median, SPREAD_SD)"),
            (
                "spreads differ without bound",
                'HalfNormal(f"{name}_differ", SPREADS_DIFFER_SD)',
                'HalfNormal(f"{name}_differ", 10)',
            ),
            (
                "held-out pairs count",
                "scaled = counted * loading / variance",
                "scaled = loading / variance",
            ),
            ("held-out pairs scatter", "own = counted * ((observed", "own = 1 * ((observed"),
            ("regimes wider", "REGIME_SD = 0.5", "REGIME_SD = 1.5"),
            ("blocks spread alike", "pt.exp(differ * own_spread", "pt.exp(0 * own_spread"),
            (
                "blocks differ without bound",
                '"blocks_differ", BLOCKS_DIFFER_SD',
                '"blocks_differ", 9',
            ),
            ("types share a mean", "TYPE_SD**2 * same + own", "TYPE_SD**2 + own"),
            (
                "country's share at an end",
                "COUNTRY_SHARE = (2.0, 2.0)",
                "COUNTRY_SHARE = (1.0, 2.0)",
            ),
        ),
    ),
    (
        "ratios/evidence.py",
        (FORMS, REGIMES),
        (
            (
                "rounding by a third",
                "for pair in self.pairs]) / np.sqrt(3)",
                "for pair in self.pairs]) / 3",
            ),
            ("errors added up", "np.hypot(grade, rounding)", "grade + rounding"),
            (
                "age not logged",
                "math.log(max(pair.months_since_wave, LEAST_MONTHS) / REFERENCE_MONTHS)",
                "max(pair.months_since_wave, LEAST_MONTHS) / REFERENCE_MONTHS",
            ),
            ("all numbers drift", "pair.type != DRIFTING_TYPE or", "pair.type == DRIFTING_TYPE or"),
            (
                "a regime of its own differs",
                "counts[self.type_of_cell] > 1",
                "counts[self.type_of_cell] > 0",
            ),
            ("the country alone", "if pair.country != country", "if pair.country == country"),
            (
                "blocks across regimes",
                '{cell_of(pair)}: {pair.block}"',
                '{pair.type}: {pair.block}"',
            ),
            ("countries across types", '{pair.type}: {pair.country}"', '{pair.country}"'),
            (
                "unused pairs used",
                "(pair for pair in pairs if pair.use)",
                "(pair for pair in pairs if pair.ratio > 0)",
            ),
            ("an estimate as good as a census", '"C": 0.10', '"C": 0.05'),
        ),
    ),
    (
        "ratios/fit.py",
        (FORMS,),
        (
            (
                "new place without spread within",
                "+ inside * within + log_age",
                "+ 0 * inside * within + log_age",
            ),
            (
                "new place with normal tails",
                "rng.standard_t(TAIL, len(share))",
                "rng.standard_normal(len(share))",
            ),
            (
                "new place of one share",
                "np.sqrt(share) * country + np.sqrt(1 - share)",
                "np.sqrt(share) * country + np.sqrt(share)",
            ),
            ("new place drifts back", '+ log_age * draws["drift"]', '- log_age * draws["drift"]'),
            (
                "regimes of no pair as their type",
                "mean = mean + REGIME_SD * rng",
                "mean = mean + 0 * rng",
            ),
            (
                "new place of another type",
                "number = evidence.cells.index(cell)",
                "number = len(evidence.cells) - 1",
            ),
            (
                "blocks drawn without their scale",
                "return scale * (sums.weighted",
                "return (sums.weighted",
            ),
            (
                "block's noise unrooted",
                "noise / np.sqrt(sums.precision))",
                "noise / sums.precision)",
            ),
            (
                "block explains the drift",
                'residual -= draws["drift"][:, None]',
                'residual -= 0 * draws["drift"][:, None]',
            ),
            (
                "block explains the country",
                "residual -= between * np.sqrt(share)",
                "residual -= 0 * between * np.sqrt(share)",
            ),
            (
                "block's error forgotten",
                "own[:, evidence.block]) ** 2 + evidence.error_sd**2",
                "own[:, evidence.block]) ** 2",
            ),
            (
                "uncertified ratios",
                "if not fit.certificate.certified:",
                "if fit.certificate is None:",
            ),
            (
                "chains mixed up",
                "values.reshape(-1, *values.shape[2:])",
                "values.swapaxes(0, 1).reshape(-1, *values.shape[2:])",
            ),
        ),
    ),
    (
        "../../benchmarks/held_out.py",
        (GROUPS, FORMS),
        (
            (
                "intervals twice as wide",
                "abs(each.rank - 0.5) <= prob / 2",
                "abs(each.rank - 0.5) <= prob",
            ),
            (
                "expected without the pair's error",
                "np.hypot(fit.within_blocks(pairs), evidence.error_sd[pairs])",
                "fit.within_blocks(pairs)",
            ),
            ("expected without drift", "* place + drift", "* place"),
            ("expected share not rooted", "place += np.sqrt(1 - share)", "place += (1 - share)"),
            ("scale added to a density", "- np.log(sd) - 0.5", "+ np.log(sd) - 0.5"),
            ("scores by draw", "for column in values.T]", "for column in values]"),
            ("pooled by the draws' variance", "others.std(ddof=1)", "others.std(ddof=0)"),
            ("argued without the pair's error", "np.hypot(prior[1], error)", "prior[1]"),
            ("ranked from above", "drawn[:, place] < value", "drawn[:, place] > value"),
            ("only the held-out pairs count", "counted=~out", "counted=out"),
            (
                "pooled with the held-out pairs",
                "np.flatnonzero(~out), name",
                "np.flatnonzero(out | True), name",
            ),
            ("median not logged", "np.log(prior[0])", "prior[0]"),
        ),
    ),
    (
        "../../benchmarks/ratios.py",
        (FORMS,),
        (
            ("regimes of the truth wider", "regime = REGIME_SD * rng", "regime = rng"),
            (
                "regimes of all types",
                "rng.standard_normal(n_cells) * evidence.has_regimes",
                "rng.standard_normal(n_cells)",
            ),
            (
                "true blocks with normal tails",
                "rng.standard_t(TAIL, len(evidence.blocks))",
                "rng.standard_normal(len(evidence.blocks))",
            ),
            (
                "true spreads on one side",
                "differ * rng.standard_normal(n_cells))",
                "differ * abs(rng.standard_normal(n_cells)))",
            ),
            (
                "true spreads unlogged",
                "rng.normal(math.log(median), SPREAD_SD)",
                "rng.normal(median, SPREAD_SD)",
            ),
            (
                "ratios without the pair's error",
                'np.hypot(truth["within"][cell] * own, evidence.error_sd)',
                'truth["within"][cell] * own',
            ),
            (
                "true share not rooted",
                'np.sqrt(1 - share) * truth["block"]',
                '(1 - share) * truth["block"]',
            ),
            ("truth without drift", 'truth["drift"] * evidence.log_age', "0 * evidence.log_age"),
            (
                "new places ranked from above",
                "fit.new_place(cell, rng) < true",
                "fit.new_place(cell, rng) > true",
            ),
            (
                "spreads between for within",
                'for name in ("mean", "between", "within"):',
                'for name in ("mean", "within", "between"):',
            ),
        ),
    ),
    (
        "ratios/table.py",
        (FORMS,),
        (
            (
                "tau by half the quantile",
                "(upper - lower) / (2 * NORMAL_QUANTILE_95)",
                "(upper - lower) / NORMAL_QUANTILE_95",
            ),
            (
                "tails by the other quantile",
                "t.ppf(0.99, degrees) / t.ppf(0.95, degrees)",
                "t.ppf(0.95, degrees) / t.ppf(0.90, degrees)",
            ),
            ("refused as wide", 'if standing == "refused" and', 'if standing == "none" and'),
            ("table of logs", "median=_rounded(np.exp(middle))", "median=_rounded(middle)"),
            ("all types drift", "drift.mean() if drifts else 0.0", "drift.mean()"),
            (
                "drift's error of its mean",
                "drift.std() if drifts",
                "drift.std() / len(drift) ** 0.5 if drifts",
            ),
            (
                "learned with the country",
                "fit_ratios(evidence.without_country(country), seed)",
                "fit_ratios(evidence, seed)",
            ),
            (
                "blocks for countries",
                "len({pair.country for pair in pairs})",
                "len({pair.block for pair in pairs})",
            ),
        ),
    ),
    (
        "model/drawn/scales.py",
        (SCALES,),
        (
            ("scale falls with its normal", "_log_quantile(-FARTHEST", "_log_quantile(FARTHEST"),
            ("scale squared", "-0.5 * _log_quantile(", "-1.0 * _log_quantile("),
            ("all of the variance has tails", "1 - share + share * xp.exp", "xp.exp"),
        ),
    ),
    (
        "model/counts.py",
        (SCALES,),
        (
            (
                "own part without its scale",
                "self.ratios.own_variance[:, None] * residuals.scale**2",
                "self.ratios.own_variance[:, None] * residuals.scale",
            ),
            (
                "factor's precision without the scale",
                "loading**2 @ (scale**2 * precision",
                "loading**2 @ (scale * precision",
            ),
        ),
    ),
    (
        "study/specification/learned.py",
        (DEFINITIONS,),
        (
            ("share not of the variance", "(learned.scale / tau) ** 2", "learned.scale / tau"),
            (
                "any definition is taken",
                "definition in (None, row.definition)",
                "definition is not row",
            ),
        ),
    ),
)
