"""Tests that a loaded estimate is the saved one, or is refused in words, or says what it is not."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from saved import _compared

import popest
from popest.cli import compare
from popest.engines.bank import weigh
from popest.engines.draws import Certificate
from popest.engines.mixture import Mixture, Normal
from popest.estimates import Estimate
from popest.estimates.saved import load, storage
from popest.estimates.saved.file import SavedEstimateError

Edit = Callable[[h5py.File], None]
Change = Callable[[Edit], Path]

TEXTS = ["certificate", "data_sha256", "engine", "log_evidence", "observations_text"]
TEXTS += ["ratios_text", "seconds", "settings", "specification_text", "study", "versions"]
TEXTS += ["warnings"]


def documented_hash(file: h5py.File) -> str:
    """The hash as docs/saved-estimates.md describes it, written without popest's function."""
    group = file["weighted"]
    texts = {name: file.attrs[name] for name in TEXTS}
    texts["normal"] = "\n".join(name.decode() for name in group["normal"])
    content = b"popest 1\n"
    for name in sorted(texts):
        data = texts[name].encode()
        content += f"{name} text {len(data)}\n".encode() + data
    for name in ("proposal_factor", "proposal_mean", "proposal_share", "u", "weight"):
        if name in group:
            values = group[name][()]
            content += f"{name} float64 {' '.join(map(str, values.shape))}\n".encode()
            content += values.astype("<f8").tobytes()
    return hashlib.sha256(content).hexdigest()


def replaced(file: h5py.File, name: str, values: np.ndarray) -> None:
    file[f"weighted/{name}"][...] = values


@pytest.fixture(scope="module")
def saved(sketched: Estimate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sketched.save(tmp_path_factory.mktemp("saved") / "estimate.nc")


@pytest.fixture
def changed(saved: Path, tmp_path: Path) -> Change:
    """Return a copy of a saved estimate on which a change was made."""

    def change(edit: Edit) -> Path:
        copy = tmp_path / "changed.nc"
        copy.write_bytes(saved.read_bytes())
        with h5py.File(copy, "r+") as file:
            edit(file)
        return copy

    return change


@pytest.fixture
def forged(changed: Change) -> Change:
    """The same with a hash that fits."""

    def change(edit: Edit) -> Path:
        path = changed(edit)
        with h5py.File(path, "r+") as file:
            file.attrs["content_sha256"] = documented_hash(file)
        return path

    return change


@pytest.fixture
def unhashed(changed: Change) -> Change:
    """The same as the first release wrote it: no hash, no proposal."""

    def change(edit: Edit) -> Path:
        def strip(file: h5py.File) -> None:
            edit(file)
            for name in ("content_sha256", "seconds"):
                del file.attrs[name]
            for name in ("proposal_share", "proposal_mean", "proposal_factor"):
                del file[f"weighted/{name}"]

        return changed(strip)

    return change


def refusal(path: Path) -> str:
    with pytest.raises(SavedEstimateError) as caught:
        popest.load_estimate(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message


def test_everything_that_an_estimate_says_is_said_again(sketched: Estimate, saved: Path) -> None:
    loaded = popest.load_estimate(saved)
    assert json.dumps(loaded.to_dict()) == json.dumps(sketched.to_dict())
    assert str(loaded) == str(sketched) and loaded._repr_html_() == sketched._repr_html_()
    for frame in ("table", "trajectory", "ratios", "fit"):
        assert getattr(loaded, frame)().equals(getattr(sketched, frame)())
    assert loaded.to_datatree().identical(sketched.to_datatree())


def test_the_hash_is_the_documented_one(saved: Path) -> None:
    with h5py.File(saved, "r") as file:
        assert file.attrs["content_sha256"] == documented_hash(file)


def test_a_file_that_is_written_anew_with_the_same_content_is_still_verified(
    sketched: Estimate, saved: Path, tmp_path: Path
) -> None:
    with xr.open_datatree(saved, engine="h5netcdf") as tree:
        tree.load().to_netcdf(tmp_path / "again.nc", engine="h5netcdf")
    loaded = popest.load_estimate(tmp_path / "again.nc")
    assert json.dumps(loaded.to_dict()) == json.dumps(sketched.to_dict())


def test_one_changed_bit_of_the_draws_is_found(changed: Change) -> None:
    def edit(file: h5py.File) -> None:
        draws = file["weighted/u"][()]
        draws[0, 0] = np.nextafter(draws[0, 0], 9)
        replaced(file, "u", draws)

    assert "its content does not match its hash" in refusal(changed(edit))


def moved(file: h5py.File) -> None:
    replaced(file, "u", file["weighted/u"][()] + 3)


def spoiled(name: str, value: float) -> Edit:
    def edit(file: h5py.File) -> None:
        values = file[f"weighted/{name}"][()]
        values.flat[7] = value
        replaced(file, name, values)

    return edit


def weights_by(change: Callable[[np.ndarray], np.ndarray]) -> Edit:
    return lambda file: replaced(file, "weight", change(file["weighted/weight"][()]))


def claims(name: str, **said: object) -> Edit:
    def edit(file: h5py.File) -> None:
        old = json.loads(file.attrs[name])
        file.attrs[name] = json.dumps({**old, **said} if said else old + 0.1)

    return edit


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (moved, "not drawn from what it says"),
        (spoiled("u", np.nan), "u holds what is no number"),
        (spoiled("u", -np.inf), "u holds what is no number"),
        (spoiled("proposal_factor", np.nan), "proposal_factor holds what is no number"),
        (spoiled("weight", -1e-9), "weights are negative"),
        (weights_by(lambda weights: 2 * weights), "do not sum to 1"),
        (weights_by(lambda weights: weights[::-1]), "weights do not follow"),
        (weights_by(lambda weights: 0 * weights + 1 / len(weights)), "weights do not follow"),
        (claims("certificate", pareto_k=0.01), "certificate or its evidence does not follow"),
        (claims("certificate", ess=3_999.0), "certificate or its evidence does not follow"),
        (claims("certificate", r_hat=1.0), "certificate or its evidence does not follow"),
        (claims("log_evidence"), "certificate or its evidence does not follow"),
        (lambda file: file["weighted"].pop("proposal_mean"), "proposal_mean is missing"),
        (spoiled("proposal_factor", 0.1), "is no mixture of normals"),
        (spoiled("proposal_mean", 5.0), "not drawn from what it says"),
    ],
)
def test_a_forged_file_is_no_better_than_its_draws(forged: Change, edit: Edit, words: str) -> None:
    assert words in refusal(forged(edit))


def test_draws_that_were_made_narrower_are_refused_even_if_all_else_follows(
    sketched: Estimate, forged: Change
) -> None:
    """Draws halved towards their proposal's mean, weighed and certified as popest itself does."""
    proposal = sketched.draws.proposal
    assert proposal is not None
    sizes = np.diff(np.rint(np.cumsum(proposal.shares) * 4_000).astype(int), prepend=0)
    centre = np.repeat(np.stack([part.mean for part in proposal.components], axis=1), sizes, axis=1)
    draws = centre + 0.5 * (sketched.draws.state.u - centre)
    bank = weigh(sketched.model, draws, proposal).draws(sketched.model)
    assert bank.certificate.certified and bank.certificate.pareto_k is not None

    def edit(file: h5py.File) -> None:
        replaced(file, "u", draws)
        replaced(file, "weight", bank.weights)
        file.attrs["certificate"] = json.dumps(bank.certificate._asdict())
        file.attrs["log_evidence"] = json.dumps(bank.log_evidence)

    assert "not drawn from what it says" in refusal(forged(edit))


def test_misfit_is_in_standard_errors() -> None:
    """Of honest draws it stays at what chance gives; a small shift, scale or turn is seen."""
    rng = np.random.default_rng(3)
    mixture = Mixture(
        (Normal.standard(5), Normal(np.full(5, 2.0), np.tril(rng.uniform(0.5, 1, (5, 5))))),
        (0.25, 0.75),
    )
    draws = mixture.draw(20_000, rng)
    assert 1 < mixture.misfit(draws) < 5
    turned = draws.copy()
    turned[0] += 0.2 * (turned[1] - turned[1].mean())
    for other in (draws + 0.2, 1.1 * draws, turned, draws[:, ::-1]):
        assert mixture.misfit(other) > 8
    assert Mixture((Normal.standard(0),), (1.0,)).misfit(np.empty((0, 9))) == 0


def test_a_file_without_a_hash_says_that_it_is_not_verified(
    sketched: Estimate, unhashed: Change, tmp_path: Path
) -> None:
    loaded = popest.load_estimate(unhashed(lambda file: None))
    first, *others = loaded.warnings
    assert first.startswith("not verified: changed.nc carries no hash")
    assert tuple(others) == sketched.warnings
    assert loaded.stock().median == sketched.stock().median
    assert loaded.to_dict()["warnings"][0] == first
    assert "Warning: not verified" in str(loaded) and "not verified" in loaded._repr_html_()
    again = popest.load_estimate(loaded.save(tmp_path / "laundered.nc"))
    assert again.warnings[0].startswith("not verified: laundered.nc")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (spoiled("u", np.nan), "u holds what is no number"),
        (spoiled("weight", -1e-9), "weights are negative"),
        (claims("certificate", ess=3_999.0), "does not follow"),
        (lambda file: replaced(file, "u", 500.0), "impossible under its study"),
    ],
)
def test_what_has_no_hash_is_not_believed_either(unhashed: Change, edit: Edit, words: str) -> None:
    assert words in refusal(unhashed(edit))


def test_draws_that_are_not_certified_are_not_loaded(unhashed: Change) -> None:
    def edit(file: h5py.File) -> None:
        weights = np.r_[np.full(10, 0.05), np.full(3_990, 0.5 / 3_990)]
        replaced(file, "weight", weights)
        certificate = {"certified": False, "pareto_k": None, "ess": None}
        file.attrs["certificate"] = json.dumps(Certificate(**certificate)._asdict())

    with pytest.raises(SavedEstimateError):
        popest.load_estimate(unhashed(edit))


@pytest.mark.parametrize("bound", ["LARGEST_SAVED", "LARGEST_NUMBERS"])
def test_what_could_not_be_loaded_is_not_saved(
    sketched: Estimate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(storage, bound, 100_000)
    with pytest.raises(SavedEstimateError, match="draws are more than could be loaded again"):
        sketched.save(tmp_path / "large.nc")
    assert list(tmp_path.iterdir()) == []


def test_more_than_can_be_held_is_not_loaded(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "LARGEST_NUMBERS", 100_000)
    assert "than were asked for or can be held" in refusal(saved)
    monkeypatch.setattr("popest.estimates.saved.file.LARGEST_SAVED", 100_000)
    assert "larger than the 0 MB" in refusal(saved)


def test_a_comparison_says_which_file_is_not_verified(
    unhashed: Change, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, expected in ((saved, ""), (unhashed(lambda file: None), "Warning: not verified")):
        assert compare._side(str(path), "serbia").stock().median > 0
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.startswith(expected)
        assert bool(printed.err) == bool(expected)


def rebuilt(name: str, **layout: object) -> Edit:
    """Put an array of the same name in another layout in the place of one."""

    def edit(file: h5py.File) -> None:
        values = file[f"weighted/{name}"][()]
        del file[f"weighted/{name}"]
        given = {"data": values} if "shape" not in layout and "external" not in layout else {}
        shape = {} if given or "shape" in layout else {"shape": values.shape}
        file["weighted"].create_dataset(name, **{"dtype": "f8", **given, **shape, **layout})

    return edit


def linked(link: Callable[[h5py.File], object], place: str = "weighted/u") -> Edit:
    def edit(file: h5py.File) -> None:
        file.move(place, "away")
        file[place] = link(file)

    return edit


def long_names(file: h5py.File) -> None:
    number = len(file["weighted/normal"])
    del file["weighted/normal"]
    names = file["weighted"].create_dataset("normal", (number,), h5py.string_dtype())
    names[:] = ["x" * 20_000_000] + ["y"] * (number - 1)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (rebuilt("u", chunks=True, compression="gzip"), "packed or lies elsewhere"),
        (rebuilt("u", shape=(200_000, 200_000)), "more bytes than the file holds"),
        (rebuilt("u", shape=(9, 10**12), chunks=(1, 100)), "packed or lies elsewhere"),
        (rebuilt("u", external=[("/dev/zero", 0, 2**40)]), "packed or lies elsewhere"),
        (rebuilt("weight", dtype="f4"), "does not hold little-endian doubles"),
        (rebuilt("weight", shape=(0,)), "0 draws are none"),
        (long_names, "normal is not a text of at most"),
        (linked(lambda file: h5py.SoftLink("/away")), "u is a link to another place"),
        (linked(lambda file: h5py.SoftLink("/weighted/u")), "u is a link to another place"),
        (linked(lambda file: h5py.ExternalLink("a.nc", "/u")), "u is a link to another place"),
        (linked(lambda file: file["/"]), "u is not of the kind"),
        (linked(lambda file: h5py.SoftLink("/"), "weighted"), "weighted is a link"),
        (linked(lambda file: file["/"], "weighted"), "holds no draws"),
        (lambda file: file.attrs.update(settings=[1, 2]), "settings is neither a text"),
        (lambda file: file.attrs.update(settings=file["weighted"].ref), "settings is neither"),
        (lambda file: file.attrs.update(settings=h5py.Empty("f8")), "settings is neither"),
        (lambda file: file.attrs.update(settings="[" * 100_000), "settings"),
        (lambda file: file.attrs.update(study=7), "study is missing or no text"),
        (lambda file: file.attrs.update(popest_format="1"), "popest_format is not a whole"),
    ],
)
def test_what_popest_never_writes_is_refused_unread(changed: Change, edit: Edit, words) -> None:
    assert words in refusal(changed(edit))


def test_a_group_that_contains_itself_does_no_harm(sketched: Estimate, changed: Change) -> None:
    def edit(file: h5py.File) -> None:
        file["weighted/weighted"] = file["weighted"]
        file["posterior/root"] = file["/"]

    assert popest.load_estimate(changed(edit)).stock().median == sketched.stock().median


def test_a_file_over_which_hdf5_never_ends_is_given_up(saved: Path, tmp_path: Path) -> None:
    """The heap that holds the texts is read object by object; one of size 0 leads to itself."""
    data = bytearray(saved.read_bytes())
    name = data.index(b"background\0")
    data[name - 16 : name] = bytes(16)
    (tmp_path / "endless.nc").write_bytes(data)
    assert "so that the HDF5 library cannot read it" in refusal(tmp_path / "endless.nc")


def test_chains_are_judged_again_by_their_draws(static, chains, tmp_path: Path) -> None:
    chains["certificate"] = Certificate(True, None, None, 1.009, 450.0, 420.0, 0)
    path = static.estimate(engine="nuts", draws=2_000).save(tmp_path / "nuts.nc")

    def stuck(file: h5py.File) -> None:
        apart = file["weighted/u"][()]
        apart[:, :500] += 2
        replaced(file, "u", apart)

    def higher_evidence(file: h5py.File) -> None:
        file.attrs["log_evidence"] = json.dumps(json.loads(file.attrs["log_evidence"]) + 0.5)

    for edit, words in [
        (stuck, "certificate or its evidence does not follow"),
        (lambda file: replaced(file, "u", 1.0), "are not 4 chains that move"),
        (weights_by(lambda weights: weights[::-1] * 0 + np.eye(1, 2_000)[0]), "do not follow"),
        (claims("certificate", r_hat=None), "certificate or its evidence does not follow"),
    ]:
        copy = tmp_path / "forged.nc"
        copy.write_bytes(path.read_bytes())
        with h5py.File(copy, "r+") as file:
            edit(file)
            file.attrs["content_sha256"] = documented_hash(file)
        assert words in refusal(copy)


def test_superchains_are_judged_again_by_their_draws(static, tmp_path: Path) -> None:
    path = static.estimate(engine="slice", draws=1_000).save(tmp_path / "slice.nc")

    def stuck(file: h5py.File) -> None:
        apart = file["weighted/u"][()]
        apart[:, :1_600] += 2
        replaced(file, "u", apart)

    def higher_evidence(file: h5py.File) -> None:
        file.attrs["log_evidence"] = json.dumps(json.loads(file.attrs["log_evidence"]) + 0.5)

    for edit, words in [
        (stuck, "certificate or its evidence does not follow"),
        (lambda file: replaced(file, "u", 1.0), "are not 128 chains that move"),
        (claims("certificate", r_hat=1.001), "certificate or its evidence does not follow"),
        (higher_evidence, "certificate or its evidence does not follow"),
    ]:
        copy = tmp_path / "forged.nc"
        copy.write_bytes(path.read_bytes())
        with h5py.File(copy, "r+") as file:
            edit(file)
            file.attrs["content_sha256"] = documented_hash(file)
        assert words in refusal(copy)


def test_a_fault_of_the_study_inside_names_the_file(forged: Change) -> None:
    def edit(file: h5py.File) -> None:
        file.attrs["observations_text"] = file.attrs["observations_text"].replace(",800,", ",8e2,")
        texts = file.attrs["specification_text"] + file.attrs["observations_text"]
        file.attrs["data_sha256"] = hashlib.sha256(texts.encode()).hexdigest()

    path = forged(edit)
    with pytest.raises(popest.StudyError) as caught:
        popest.load_estimate(path)
    assert str(caught.value).startswith(f"{path}/observations.csv:2: value")


@pytest.fixture(scope="module")
def crafted(root: Path) -> dict[str, object]:
    """The outcomes of 60 damaged and forged files; the full size is in ``benchmarks/saved.py``."""
    command = [sys.executable, str(root / "benchmarks/saved.py")]
    done = subprocess.run(
        [*command, "--files", "60", "--seed", "11", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_damaged_and_forged_files_give_what_was_saved_or_words(crafted) -> None:
    # How long a machine takes is no property of popest's; the benchmark itself judges it.
    assert [fault for fault in crafted["faults"] if "took" not in fault] == []
    assert crafted["files"] == 60 and crafted["outcomes"]["refused"] > 35
    assert set(crafted["outcomes"]) <= {"refused", "equal", "not verified"}


def test_a_silent_change_would_be_seen() -> None:
    one = {"median": 1, "warnings": ["extrapolation"]}
    assert _compared(one, one) == "equal"
    said = {"median": 1, "warnings": ["not verified: no hash", "extrapolation"]}
    assert _compared(said, one) == "not verified"
    assert _compared(said | {"median": 2}, one) == "changed silently"
    assert _compared(one | {"median": 2}, one) == "changed silently"
    assert _compared(one | {"warnings": []}, one) == "changed silently"
