"""Tests of the names that popest offers: each loads when it is first used."""

import subprocess
import sys

import pytest

import popest


def in_a_new_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", popest.__all__)
def test_every_public_name_loads(name: str) -> None:
    popest.__dict__.pop(name, None)
    value = getattr(popest, name)
    assert value.__name__ == name
    assert callable(value) and value.__doc__
    assert popest.__dict__[name] is value


def test_the_names_are_listed_before_they_are_loaded() -> None:
    code = "import popest; assert 'estimate' not in vars(popest); print(*dir(popest))"
    listed = in_a_new_process(code).split()
    assert set(popest.__all__) <= set(listed) and listed == sorted(listed)


def test_estimate_stays_a_function_whatever_is_imported_first() -> None:
    code = (
        "import popest.estimates, popest.estimates.compute, popest\n"
        "from popest import *\n"
        "print(callable(popest.estimate), callable(estimate), popest.estimate is estimate)"
    )
    assert in_a_new_process(code) == "True True True"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'popest' has no attribute 'estimat'"):
        _ = popest.estimat
    assert not hasattr(popest, "Distribution")


def test_errors_share_a_base_and_are_of_their_kind() -> None:
    for name in ("NotCertifiedError", "StudyError", "UsageError"):
        assert issubclass(getattr(popest, name), popest.PopestError)
    assert issubclass(popest.NotCertifiedError, RuntimeError)
    assert issubclass(popest.UsageError, ValueError)
