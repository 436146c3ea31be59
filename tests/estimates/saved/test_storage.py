"""Tests of saved estimates: what is read again, what is refused, what other tools see."""

import json
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import arviz_stats
import h5py
import numpy as np
import pytest
import xarray as xr

import popest
from popest.engines.draws import Certificate
from popest.estimates import Estimate
from popest.estimates.distribution import Distribution
from popest.estimates.saved.file import SavedEstimateError
from popest.estimates.saved.storage import POSTERIOR_DRAWS
from popest.study import StudyError

GROUPS = {"posterior", "prior", "observed_data", "constant_data", "sample_stats"}


def same_numbers(one: Estimate, other: Estimate) -> bool:
    first, second = one.to_dict(), other.to_dict()
    assert first.pop("seconds") >= 0 and second.pop("seconds") >= 0
    return json.dumps(first) == json.dumps(second)


@pytest.fixture(scope="module")
def saved(report: Estimate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report.save(tmp_path_factory.mktemp("saved") / "estimate.nc")


@pytest.fixture
def changed(saved: Path, tmp_path: Path) -> Callable[[Callable[[h5py.File], None]], Path]:
    """Return a copy of a saved estimate on which a change was made."""

    def change(edit: Callable[[h5py.File], None]) -> Path:
        copy = Path(shutil.copy(saved, tmp_path / "changed.nc"))
        with h5py.File(copy, "r+") as file:
            edit(file)
        return copy

    return change


def test_a_loaded_estimate_gives_the_same_json(report: Estimate, saved: Path) -> None:
    loaded = popest.load_estimate(saved)
    assert same_numbers(report, loaded)
    assert loaded.warnings == report.warnings
    assert loaded.study.specification_text == report.study.specification_text
    assert loaded.study.observations_text == report.study.observations_text


def test_a_loaded_estimate_answers_anew(report: Estimate, saved: Path) -> None:
    loaded = popest.load_estimate(str(saved))
    assert loaded.interval(0.8, "2023-06-30") == report.interval(0.8, "2023-06-30")
    assert loaded.fit().equals(report.fit())


@pytest.mark.parametrize(
    "view",
    [
        {"as_of": "2023-06-30"},
        {"variant": "departures_high"},
        {"recorded_as_of": "2100-01-01", "variant": "no_survey"},
    ],
    ids=str,
)
def test_a_view_of_a_study_is_saved_with_it(view: dict[str, str], tmp_path: Path) -> None:
    study = popest.load_study("serbia-report-2024", **view)
    estimate = popest.estimate(study, draws=1_000, seed=7, prob=0.8)
    loaded = popest.load_estimate(estimate.save(tmp_path / "view.nc"))
    assert same_numbers(estimate, loaded)
    assert loaded.study.view == study.view


def test_a_study_without_some_sources_is_saved_as_such(tmp_path: Path) -> None:
    study = popest.load_study("serbia-report-2024").without("census", "companies")
    estimate = popest.estimate(study, draws=1_000)
    loaded = popest.load_estimate(estimate.save(tmp_path / "without.nc"))
    assert same_numbers(estimate, loaded)
    assert [ratio.source for ratio in loaded.ratios_learned] == [
        "residence_permits",
        "work_permits",
    ]


@pytest.mark.parametrize(
    "left_out",
    [
        ("register", "permits", "survey", "voters"),
        ("register", "permits", "border", "voters"),
        ("register", "permits", "border", "survey"),
    ],
    ids=["only a balance", "only a survey", "only a floor"],
)
def test_a_study_without_ratios_can_be_saved(moving, left_out, tmp_path: Path) -> None:
    estimate = moving.without_sources(*left_out).estimate(draws=1_000)
    assert same_numbers(estimate, popest.load_estimate(estimate.save(tmp_path / "few.nc")))


def test_a_static_study_and_one_without_counts_can_be_saved(static, tmp_path: Path) -> None:
    for number, rows in enumerate((static.rows, ())):
        estimate = type(static)(static.specification, rows).estimate(draws=1_000)
        path = estimate.save(tmp_path / f"{number}.nc")
        assert same_numbers(estimate, popest.load_estimate(path))


def test_an_estimate_by_slice_keeps_its_chains_and_is_judged_again(static, tmp_path: Path) -> None:
    estimate = static.estimate(engine="slice", draws=1_000)
    loaded = popest.load_estimate(estimate.save(tmp_path / "slice.nc"))
    assert same_numbers(estimate, loaded) and loaded.draws.engine == "slice"
    stock = loaded.to_datatree()["posterior"].dataset["stock"]
    assert stock.sizes == {"chain": 128, "draw": 100, "month": 3}
    second_chain = loaded.draws.state.population.stock[:, 100:200].T
    assert np.array_equal(stock.isel(chain=1).to_numpy(), second_chain)


def test_an_estimate_by_nuts_keeps_its_chains_and_the_versions_that_drew_it(
    static, chains, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "nutpie", SimpleNamespace(__version__="9.9"))
        # Worse than the draws' own, as where a sampled ratio moved worst.
        chains["certificate"] = Certificate(True, None, None, 1.009, 450.0, 420.0, 0)
        estimate = static.estimate(engine="nuts", draws=2_000)
        path = estimate.save(tmp_path / "nuts.nc")
    loaded = popest.load_estimate(path)
    assert same_numbers(estimate, loaded)
    assert loaded.to_dict()["versions"]["nutpie"] == "9.9"
    stock = loaded.to_datatree()["posterior"].dataset["stock"]
    assert stock.sizes == {"chain": 4, "draw": 500, "month": 3}
    second_chain = loaded.draws.state.population.stock[:, 500:1000].T
    assert np.array_equal(stock.isel(chain=1).to_numpy(), second_chain)


def test_the_groups_and_dimensions_are_those_of_arviz(report: Estimate) -> None:
    tree = report.to_datatree()
    assert set(tree.children) == GROUPS | {"weighted"}
    for group in ("posterior", "prior"):
        stock = tree[group].dataset["stock"]
        assert stock.dims == ("chain", "draw", "month")
        assert stock.sizes == {"chain": 1, "draw": POSTERIOR_DRAWS, "month": 35}
        assert stock.coords["month"].to_numpy().tolist()[::34] == ["2022-02", "2024-12"]
    posterior = tree["posterior"].dataset
    assert posterior["ratio"].dims == ("chain", "draw", "source")
    assert posterior["u"].dims == ("chain", "draw", "normal")
    counts = tree["observed_data"].dataset["count"]
    values = {row.id: row.value for row in report.study.used}
    assert dict(zip(counts["observation"].to_numpy(), counts.to_numpy(), strict=True)) == values
    constants = tree["constant_data"].dataset
    assert constants["ratio_prior_median"].sel(source="census") == pytest.approx(0.4)
    assert tree["sample_stats"].dataset["weight"].dims == ("chain", "draw")


def test_the_prior_group_is_the_prior(report: Estimate) -> None:
    prior = report.to_datatree()["prior"].dataset["departure_hazard"].to_numpy().ravel()
    margin = 4 * 1.2533 * 0.5 / math.sqrt(len(prior))
    assert math.log(np.median(prior)) == pytest.approx(math.log(0.014), abs=margin)


def test_stock_follows_from_arrivals_and_departures(report: Estimate) -> None:
    posterior = report.to_datatree()["posterior"].dataset
    change = (posterior["arrivals"] - posterior["departures"]).cumsum("month")
    assert np.allclose(change, posterior["stock"], rtol=1e-9)


def test_resampled_draws_have_the_weighted_quantiles(report: Estimate) -> None:
    """Quantiles of the equal draws lie where the weighted draws have that much probability.

    Tolerance: four standard errors of a share among that many draws, which systematic
    resampling stays well below.
    """
    stock = report.to_datatree()["posterior"].dataset["stock"].isel(month=22).to_numpy().ravel()
    weighted = report.posterior.weighted(report.draws.state.population.stock[22])
    for prob in (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975):
        margin = 4 * math.sqrt(prob * (1 - prob) / POSTERIOR_DRAWS)
        quantile = Distribution.equal(stock).quantile(prob)
        assert weighted.percentile_of(quantile) == pytest.approx(prob, abs=margin)


def test_each_draw_is_kept_as_often_as_its_weight_says(report: Estimate) -> None:
    kept = report.to_datatree()["posterior"].dataset["u"].to_numpy()[0, :, 0]
    values, numbers = np.unique(kept, return_counts=True)
    weights = dict(zip(report.draws.state.u[0], report.draws.weights, strict=True))
    expected = POSTERIOR_DRAWS * np.array([weights[value] for value in values])
    assert np.abs(numbers - expected).max() < 1
    heavy = [value for value, weight in weights.items() if weight * POSTERIOR_DRAWS >= 1]
    assert len(heavy) > 10 and set(heavy) <= set(values)


def test_the_ratios_belong_to_the_draws_of_the_stock(report: Estimate) -> None:
    posterior = report.to_datatree()["posterior"].dataset
    ratio = np.log(posterior["ratio"].sel(source="residence_permits").to_numpy().ravel())
    stock = np.log(posterior["stock"].isel(month=15).to_numpy().ravel())
    assert np.corrcoef(ratio, stock)[0, 1] < -0.6


def test_arviz_summarises_a_saved_estimate(saved: Path, report: Estimate) -> None:
    with xr.open_datatree(saved, engine="h5netcdf") as tree:
        summary = arviz_stats.summary(
            tree, var_names=["departure_hazard", "ratio"], kind="stats", ci_prob=0.9
        )
    assert "departure_hazard" in summary.index and "ratio[census]" in summary.index
    hazard = report.posterior.weighted(report.draws.state.population.hazard)
    margin = 4 * hazard.sd / math.sqrt(POSTERIOR_DRAWS)
    assert summary["mean"]["departure_hazard"] == pytest.approx(hazard.mean, abs=margin)


def test_a_saved_estimate_can_be_audited_alone(saved: Path, report: Estimate) -> None:
    with xr.open_datatree(saved, engine="h5netcdf") as tree:
        attributes = dict(tree.attrs)
    assert attributes["specification_text"] == report.study.specification_text
    assert attributes["observations_text"] == report.study.observations_text
    assert attributes["data_sha256"] == report.study.data_sha256
    assert json.loads(attributes["versions"]) == report.versions


def replaced(file: h5py.File, name: str, old: str, new: str) -> None:
    assert old in file.attrs[name]
    file.attrs[name] = file.attrs[name].replace(old, new)


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("observations_text", "10486", "20486"),
        ("specification_text", "median = 8000", "median = 9000"),
        ("specification_text", "title", "# title"),
    ],
)
def test_a_study_that_was_changed_inside_is_refused(changed, text, old, new) -> None:
    path = changed(lambda file: replaced(file, text, old, new))
    with pytest.raises(SavedEstimateError, match="does not match its hash"):
        popest.load_estimate(path)


def test_an_invalid_study_under_a_forged_hash_is_refused_line_by_line(changed) -> None:
    def forge(file: h5py.File) -> None:
        from hashlib import sha256

        replaced(file, "observations_text", "10486", "1e4")
        texts = file.attrs["specification_text"] + file.attrs["observations_text"]
        file.attrs["data_sha256"] = sha256(texts.encode()).hexdigest()

    with pytest.raises(StudyError, match=r"observations\.csv:\d+: value"):
        popest.load_estimate(changed(forge))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda file: file.attrs.update(popest_format=2), "is of format 2, and this popest reads"),
        (lambda file: file.attrs.pop("popest_format"), "was not saved by popest"),
        (lambda file: file.pop("weighted"), "is not a saved estimate"),
        (lambda file: file["weighted"].pop("u"), "is damaged"),
        (lambda file: file.attrs.pop("observations_text"), "is damaged"),
        (lambda file: file.attrs.update(settings="{"), "is damaged"),
        (lambda file: replaced(file, "settings", '"seed"', '"sead"'), "is damaged"),
        (lambda file: replaced(file, "settings", "2023-12-31", "yesterday"), "is damaged"),
        (lambda file: file.attrs.update(certificate="[]"), "is damaged"),
        (lambda file: file["weighted/normal"].__setitem__(0, "another"), "of another model"),
    ],
)
def test_a_damaged_file_is_refused_in_words(changed, edit, words: str) -> None:
    path = changed(edit)
    with pytest.raises(SavedEstimateError) as caught:
        popest.load_estimate(path)
    assert str(path) in str(caught.value) and words in str(caught.value)


@pytest.mark.parametrize("size", [0, 8, 20_000, -1])
def test_a_truncated_file_is_refused_in_words(saved: Path, tmp_path: Path, size: int) -> None:
    path = tmp_path / "short.nc"
    path.write_bytes(saved.read_bytes()[:size])
    with pytest.raises(SavedEstimateError, match="is not a saved estimate, or was cut short"):
        popest.load_estimate(path)


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    text, other = tmp_path / "text.nc", tmp_path / "other.nc"
    text.write_text("no netCDF at all", encoding="utf-8")
    xr.Dataset({"x": ("a", [1, 2])}).to_netcdf(other, engine="h5netcdf")
    expected = {
        text: "is not a saved estimate",
        other: "was not saved by popest",
        tmp_path / "missing.nc": "there is no such file",
        tmp_path: "is a folder",
        text / "inside.nc": "there is no such file",
    }
    for path, words in expected.items():
        with pytest.raises(SavedEstimateError) as caught:
            popest.load_estimate(path)
        assert str(caught.value).startswith(f"{path}: ") and words in str(caught.value)
        assert "\n" not in str(caught.value)
