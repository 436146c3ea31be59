"""The model of the pairs on file, compiled once and fitted once, for all tests of it."""

from functools import cache

from popest.ratios.evidence import Evidence
from popest.ratios.fit import RatioFit, RatioSampler
from popest.ratios.pairs.load import load_pairs


@cache
def evidence() -> Evidence:
    return Evidence.of(load_pairs())


@cache
def sampler() -> RatioSampler:
    return RatioSampler(evidence())


@cache
def fit() -> RatioFit:
    return sampler().fit(1)
