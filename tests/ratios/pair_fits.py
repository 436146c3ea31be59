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
    """Of another seed than the table that ships, which is held against it."""
    return sampler().fit(7)
