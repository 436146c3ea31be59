"""`popest.estimate`, `compare` and `history`: of a study, or of a panel."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

from popest.engines import Engine
from popest.engines.bank import DEFAULT_DRAWS, Progress
from popest.estimates.certified_estimate import Estimate
from popest.estimates.compute import estimate as estimate_study
from popest.estimates.distribution import HEADLINE_PROBABILITY
from popest.study import Study, UsageError
from popest.study.files.locate import is_panel
from popest.study.load import DEFAULT_STUDY

if TYPE_CHECKING:
    from popest.estimates.comparisons.comparison import Comparison
    from popest.estimates.comparisons.history import History
    from popest.panels.comparisons.panel_comparison import PanelComparison
    from popest.panels.comparisons.panel_history import PanelHistory
    from popest.panels.panel_estimate import PanelEstimate
    from popest.study.panel.panel import Panel


class _Settings(TypedDict, total=False):
    """The settings of an estimate."""

    dates: str | date | Sequence[str | date]
    prob: float
    engine: Engine
    draws: int
    seed: int
    progress: Progress | None
    executor: Any
    out: str | os.PathLike[str] | None


if TYPE_CHECKING:

    @overload
    def estimate(study: Panel, **settings: Unpack[_Settings]) -> PanelEstimate: ...
    @overload
    def estimate(
        study: Study | str | os.PathLike[str] = ..., **settings: Unpack[_Settings]
    ) -> Estimate: ...


def estimate(  # noqa: PLR0913 - the settings of studies and of panels
    study: Study | Panel | str | os.PathLike[str] = DEFAULT_STUDY,
    *,
    dates: str | date | Sequence[str | date] = (),
    prob: float = HEADLINE_PROBABILITY,
    engine: Engine = "auto",
    draws: int = DEFAULT_DRAWS,
    seed: int = 1,
    progress: Progress | None = None,
    executor: Any = None,
    out: str | os.PathLike[str] | None = None,
) -> Estimate | PanelEstimate:
    """Return the certified estimate of a study's population, or of all populations of a panel.

    Parameters
    ----------
    study
        A study or a panel, or the name or folder of one. A folder with ``populations.csv`` is a
        panel; of the settings below it takes `prob`, `seed`, `progress`, `executor` and `out`.
    dates
        Day or days to report, the first one foremost; the study's headline when empty. Also
        ``latest``, the last day that a used figure speaks of, and ``today``. A day after the
        study's calendar prolongs it: months that no figure speaks of follow their prior.
    prob
        Probability of the intervals of ratios, predictions and trajectory, between 0 and 1.
    engine
        ``bank`` (importance sampling), ``slice`` (elliptical slice sampling), ``nuts`` (PyMC
        model, sampled by nutpie), or ``auto``: the bank, then slice where the bank cannot certify.
    draws
        Weighted draws of the bank, and draws of all chains together of slice and nuts, about;
        1,000 to 200,000.
    seed
        Seed, a whole number not below 0; the same study, seed and versions give the same numbers.
    progress
        Called with a sentence as the work goes on.
    executor
        Who computes a panel: a number of processes, an executor of `concurrent.futures` whose
        workers see the same files, a Dask client, or the address of a Dask scheduler. As many
        processes as cores when None, or none but this one where the panel is small. The numbers
        are the same.
    out
        A folder in which the finished work on a panel is kept, so that a run that was ended goes on
        from there; nothing is kept when None.

    Raises
    ------
    StudyError
        When the study or the panel is invalid.
    UsageError
        When an argument is outside its domain or not for panels, or so many draws of so long a
        calendar do not fit into memory, or more than 400 quantities are uncertain.
    NotCertifiedError
        When no engine reaches its certificate (slice within a minute of processor time), or its
        numbers make no sense.
    PanelNotCertifiedError
        When a panel is not computed exactly enough.
    """
    if isinstance(study, Study) or (isinstance(study, (str, os.PathLike)) and not is_panel(study)):
        for name, value in (("executor", executor), ("out", out)):
            if value is not None:
                raise UsageError(f"{name} is for a panel: this study is of one population")
        return estimate_study(
            study, dates=dates, prob=prob, engine=engine, draws=draws, seed=seed, progress=progress
        )
    given = {"dates": dates != (), "engine": engine != "auto", "draws": draws != DEFAULT_DRAWS}
    for name in (name for name, is_given in given.items() if is_given):
        raise UsageError(
            f"{name} is not built yet for panels: give prob, seed, progress, executor and out"
        )
    from popest.panels.compute import estimate_panel
    from popest.study.panel.panel import load_panel

    panel = load_panel(study) if isinstance(study, (str, os.PathLike)) else study
    folder = None if out is None else Path(out)
    return estimate_panel(
        panel, prob=prob, seed=seed, progress=progress, executor=executor, out=folder
    )


if TYPE_CHECKING:

    @overload
    def compare(
        old: Panel | PanelEstimate,
        new: Panel | PanelEstimate,
        *,
        seed: int = ...,
        progress: Progress | None = ...,
    ) -> PanelComparison: ...
    @overload
    def compare(
        old: Estimate | Study,
        new: Estimate | Study,
        *,
        date: str | date | None = ...,
        seed: int = ...,
        progress: Progress | None = ...,
    ) -> Comparison: ...


def compare(
    old: Any,
    new: Any,
    *,
    date: str | date | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> Comparison | PanelComparison:
    """Return how an estimate moved: of two studies, or of two panels.

    Parameters
    ----------
    old, new
        Estimates, or studies or panels to be estimated with `seed`: two of one kind.
    date
        The day compared, as ``popest.estimates.comparisons.comparison.compare`` says; a panel is
        compared by its headline.
    seed
        Seed of the estimates, and of the attribution.
    progress
        Called with a sentence as the work goes on.

    Raises
    ------
    UsageError
        When one is a study and the other a panel, the units differ, the day is before a calendar,
        or is given of panels.
    NotCertifiedError, PanelNotCertifiedError
        When a study or a panel cannot be estimated.
    PopestError
        When a study in between cannot be certified.
    """
    from popest.panels.panel_estimate import PanelEstimate
    from popest.study.panel.panel import Panel

    panels = [isinstance(side, (Panel, PanelEstimate)) for side in (old, new)]
    if not any(panels):
        from popest.estimates.comparisons.comparison import compare as compare_studies

        return compare_studies(old, new, date=date, seed=seed, progress=progress)
    if not all(panels):
        raise UsageError("one is a panel and the other a study: compare two of one kind")
    if date is not None:
        raise UsageError("date is not built yet for panels: leave it out")
    from popest.panels.comparisons.panel_comparison import compare_panels

    return compare_panels(old, new, seed=seed, progress=progress)


if TYPE_CHECKING:

    @overload
    def history(study: Panel, **settings: Any) -> PanelHistory: ...
    @overload
    def history(study: Study, **settings: Any) -> History: ...


def history(study: Study | Panel, **settings: Any) -> History | PanelHistory:
    """Return the estimates of a study or a panel as of every day on which it learned something.

    Parameters
    ----------
    study
        The study or the panel.
    **settings
        Those of ``popest.estimates.comparisons.history.history``; of a panel `population`, `by`,
        `seed` and `progress`, as ``popest.panels.comparisons.panel_history`` says.

    Raises
    ------
    UsageError
        When a setting is outside its domain or not for panels.
    """
    if isinstance(study, Study):
        from popest.estimates.comparisons.history import history as history_of_study

        return history_of_study(study, **settings)
    from popest.panels.comparisons.panel_history import panel_history

    for name in settings.keys() - {"population", "by", "seed", "progress"}:
        raise UsageError(f"{name} is not built yet for panels: leave it out")
    return panel_history(study, **settings)
