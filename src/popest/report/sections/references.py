"""The papers that a methods statement cites, in the order of their authors."""

from __future__ import annotations

BANK = (
    "Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed "
    "importance sampling. Journal of Machine Learning Research 25(72), 1-58.",
    "Zhang, J. and Stephens, M. A. (2009). A new and efficient estimation method for the "
    "generalized Pareto distribution. Technometrics 51, 316-325.",
)
SLICE = (
    "Margossian, C. C., Hoffman, M. D., Sountsov, P., Riou-Durand, L., Vehtari, A. and Gelman, A. "
    "(2024). Nested R-hat: assessing the convergence of Markov chain Monte Carlo when running many "
    "short chains. Bayesian Analysis, advance publication.",
    "Meng, X.-L. and Wong, W. H. (1996). Simulating ratios of normalizing constants via a simple "
    "identity: a theoretical exploration. Statistica Sinica 6, 831-860.",
    "Murray, I., Adams, R. P. and MacKay, D. J. C. (2010). Elliptical slice sampling. Proceedings "
    "of Machine Learning Research 9, 541-548.",
    "Nishihara, R., Murray, I. and Adams, R. P. (2014). Parallel MCMC with generalized elliptical "
    "slice sampling. Journal of Machine Learning Research 15, 2087-2112.",
)
FIT = (
    "Rubin, D. B. (1984). Bayesianly justifiable and relevant frequency calculations for the "
    "applied statistician. Annals of Statistics 12, 1151-1172.",
    "Gelman, A., Meng, X.-L. and Stern, H. (1996). Posterior predictive assessment of model "
    "fitness via realized discrepancies. Statistica Sinica 6, 733-760.",
)
SENSITIVITY = (
    "Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation using "
    "leave-one-out cross-validation and WAIC. Statistics and Computing 27, 1413-1432.",
    "Presanis, A. M., Ohlssen, D., Spiegelhalter, D. J. and De Angelis, D. (2013). Conflict "
    "diagnostics in directed acyclic graphs, with applications in Bayesian evidence synthesis. "
    "Statistical Science 28, 376-397.",
    "Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian "
    "Journal of Statistics 6, 65-70.",
)
DRIVERS = (
    "Oakley, J. E. and O'Hagan, A. (2004). Probabilistic sensitivity analysis of complex models: "
    "a Bayesian approach. Journal of the Royal Statistical Society B 66, 751-769.",
    "Jackson, C., Presanis, A., Conti, S. and De Angelis, D. (2019). Value of information: "
    "sensitivity analysis and research design in Bayesian evidence synthesis. Journal of the "
    "American Statistical Association 114, 1436-1449.",
)
VARIANTS = (
    "Simonsohn, U., Simmons, J. P. and Nelson, L. D. (2020). Specification curve analysis. "
    "Nature Human Behaviour 4, 1208-1214.",
)
