"""Mutants of the PyMC half of the model, that of the measures included.

How they are judged is said in ``mutants.py``.
"""

from __future__ import annotations

from mutant import Table

TESTS = "tests/model/test_pymc_model.py"
JOINT = f"{TESTS}::test_joint_density_is_marginal_times_ratios"
NAMED = f"{TESTS}::test_what_is_named_has_the_value_of_the_design"
IMPOSSIBLE = f"{TESTS}::test_one_count_of_several_below_its_baseline_is_impossible"
PREDICTED = f"{TESTS}::test_posterior_predictive_counts_follow_the_draws"

PYMC: Table = (
    (
        "model/counts_in_pymc.py",
        (JOINT, IMPOSSIBLE),
        (
            (
                "PyMC: ratios without groups",
                "np.linalg.cholesky(ratios.covariance()[np.ix_(uncertain, uncertain)])",
                "np.diag(ratios.tau[uncertain])",
            ),
            (
                "PyMC: covariance for its root",
                "np.linalg.cholesky(ratios.covariance()[np.ix_(uncertain, uncertain)])",
                "ratios.covariance()[np.ix_(uncertain, uncertain)]",
            ),
            (
                "PyMC: ratios around one",
                'pm.MvNormal("log_ratio", mu=mean, chol',
                'pm.MvNormal("log_ratio", mu=0 * mean, chol',
            ),
            ("PyMC: noise not squared", "pt.exp(2 * log_sd)", "pt.exp(log_sd)"),
            (
                "PyMC: no printing nor drift",
                "pt.exp(2 * log_sd)[counts.source_of] + 1",
                "pt.exp(2 * log_sd)[counts.source_of]",
            ),
            ("PyMC: wording dropped", "+ shift + pt.log(exposure)", "+ pt.log(exposure)"),
            ("PyMC: Jacobian dropped", "0.5 * terms.sum() - log_net.sum()", "0.5 * terms.sum()"),
            ("PyMC: variance dropped", "+ pt.log(variance) + LOG_TWO_PI", "+ LOG_TWO_PI"),
            ("PyMC: rotation dropped", "counts.log_determinant - 0.5 * terms", "-0.5 * terms"),
            ("PyMC: one possible count is enough", "pt.all(net > 0)", "pt.any(net > 0)"),
        ),
    ),
    (
        "model/counts_in_pymc.py",
        (NAMED, PREDICTED),
        (
            (
                "PyMC: ratio unlogged",
                'pt.exp(log_ratio), dims="source"',
                'log_ratio, dims="source"',
            ),
            ("PyMC: drawn by the variance", "np.sqrt(variance) * rng", "variance * rng"),
            ("PyMC: drawn turned round", "errors @ unrotate.T", "errors @ unrotate"),
            (
                "PyMC: drawn without baseline",
                "np.ndarray = baseline + np.exp",
                "np.ndarray = np.exp",
            ),
        ),
    ),
    (
        "model/pymc_model.py",
        (JOINT, NAMED),
        (
            ("PyMC: normals twice as wide", 'pm.Normal("u", 0.0, 1.0', 'pm.Normal("u", 0.0, 2.0'),
            ("PyMC: first source alone", "in model.evidence:", "in model.evidence[:1]:"),
            ("PyMC: arrivals for departures", "population.departures(pt)", "population.arrivals"),
            ("PyMC: noise unlogged", '"noise", pt.exp(log_sd)', '"noise", log_sd'),
            (
                "PyMC: stock for arrivals",
                '"arrivals", population.arrivals',
                '"arrivals", population.stock',
            ),
        ),
    ),
    (
        "model/measures/net_change.py",
        (JOINT,),
        (
            (
                "PyMC: balance without its bias",
                "mu=self.exposure(state, pt) + self.mean",
                "mu=self.exposure(state, pt)",
            ),
            (
                "PyMC: bias of each balance known",
                "cov=self.covariance,",
                "cov=self.covariance - self.bias_sd**2,",
            ),
        ),
    ),
    (
        "model/measures/floor.py",
        (JOINT,),
        (
            (
                "PyMC: floor turned round",
                "pm.logcdf(pm.Normal.dist(), scores)",
                "pm.logcdf(pm.Normal.dist(), -scores)",
            ),
            (
                "PyMC: density for probability",
                "pm.logcdf(pm.Normal.dist(), scores)",
                "pm.logp(pm.Normal.dist(), scores)",
            ),
        ),
    ),
    (
        "model/measures/shares.py",
        (JOINT,),
        (("PyMC: shares for respondents", "pt.dot(self.values,", "pt.dot(self.shares,"),),
    ),
)
