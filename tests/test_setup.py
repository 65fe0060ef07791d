"""get_device, set_seeds, check and the cost of importing the helpers."""

import random
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import helper_functions
from helper_functions import check, get_device, set_seeds


def said(capsys, *arguments):
    check("00.1", *arguments)
    return capsys.readouterr().out


def test_get_device_takes_an_accelerator_if_there_is_one(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    expected = "cuda" if torch.cuda.is_available() else None
    if expected is None:
        found = torch.accelerator.is_available()
        expected = torch.accelerator.current_accelerator().type if found else "cpu"
    assert get_device() == torch.device(expected)


def test_course_device_overrides(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert get_device() == torch.device("cpu")


@pytest.mark.parametrize("value", ["gpu", "cuda:99", "meta", "CPU", "cpu:0", " "])
def test_an_impossible_course_device_is_an_error_that_lists_the_possible(monkeypatch, value):
    monkeypatch.setenv("COURSE_DEVICE", value)
    with pytest.raises(ValueError, match=r"COURSE_DEVICE is .* offers only \[.*'cpu'"):
        get_device()


def test_other_accelerators_are_found(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 1)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("mps"))
    assert get_device() == torch.device("mps")
    monkeypatch.setenv("COURSE_DEVICE", "mps:1")
    with pytest.raises(ValueError, match="mps:0"):
        get_device()


def test_set_seeds_repeats_all_three_sources():
    def draw():
        set_seeds(42)
        return torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()

    assert draw() == draw()
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32


@pytest.mark.parametrize(
    ("seed", "error"), [(1.0, TypeError), ("42", TypeError), (True, TypeError)]
)
def test_a_seed_that_is_no_int(seed, error):
    with pytest.raises(error, match=r"seed must be an int, got (float|str|bool)"):
        set_seeds(seed)


@given(st.integers().filter(lambda seed: not 0 <= seed < 2**32))
def test_a_seed_out_of_range(seed):
    with pytest.raises(ValueError, match="seed must be from 0"):
        set_seeds(seed)


def test_data_dir_is_absolute_and_follows_course_data():
    assert helper_functions.DATA_DIR.is_absolute()
    code = "import helper_functions; print(helper_functions.DATA_DIR)"
    root = helper_functions.DATA_DIR.parent
    for value, expected in (("elsewhere", root / "elsewhere"), ("", root / "data")):
        printed = subprocess.check_output(
            [sys.executable, "-c", code], env={"COURSE_DATA": value, "PYTHONPATH": str(root)}
        )
        assert printed.decode().strip() == str(expected)


def test_importing_the_helpers_loads_nothing_heavy():
    code = (
        "import sys, helper_functions;"
        "print([m for m in ('torchvision', 'sklearn', 'pandas', 'matplotlib', 'IPython')"
        " if m in sys.modules])"
    )
    printed = subprocess.check_output([sys.executable, "-c", code])
    assert printed.decode().strip() == "[]"


right = (lambda a: a > 1, "More than 1."), (lambda a: a < 9, "Less than 9.")


def test_check_is_one_line(capsys):
    assert said(capsys, lambda: 5, *right) == "00.1: correct\n"
    assert said(capsys, lambda: 0, *right) == "00.1: not yet. More than 1.\n"
    assert said(capsys, lambda: 9, *right) == "00.1: not yet. Less than 9.\n"
    assert said(capsys, lambda: ..., *right).startswith("00.1: not yet. Replace the three dots")


class Nasty:
    """An answer whose every use fails."""

    def __getattribute__(self, name):
        raise RuntimeError("nasty")

    def __bool__(self):
        raise RuntimeError("nasty bool")


class NastyError(Exception):
    """An error that can't even be printed."""

    def __str__(self):
        raise RuntimeError("nasty str")


def fail(error):
    raise error


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda: undefined_name, "NameError: name 'undefined_name' is not defined"),  # noqa: F821
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: fail(ValueError("one\ntwo")), "ValueError: one\n"),
        (lambda: fail(NastyError()), "NastyError"),
        (lambda: fail(SystemExit(3)), "SystemExit: 3"),
        (lambda: fail(AssertionError()), "AssertionError"),
        (lambda: sys.exit(), "SystemExit"),
        (lambda: None, "More than 1. .*TypeError"),
        (lambda: "text", "More than 1. .*TypeError"),
        (lambda: torch.tensor([2.0, 3.0]), "More than 1. .*RuntimeError"),
        (lambda: Nasty(), "More than 1. .*RuntimeError|More than 1. .*TypeError"),
        (lambda: eval("1 +"), "SyntaxError"),
    ],
)
def test_check_never_raises_and_names_the_error(capsys, answer, expected):
    out = said(capsys, answer, *right)
    assert out.startswith("00.1: not yet. ")
    assert out.count("\n") == 1
    assert re.search(expected, out)


def test_check_lets_an_interrupt_through():
    with pytest.raises(KeyboardInterrupt):
        check("00.1", lambda: fail(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        check("00.1", lambda: 1, (lambda a: fail(KeyboardInterrupt()), "hint"))


@given(st.one_of(st.none(), st.text(), st.floats(), st.lists(st.integers()), st.binary()))
def test_check_takes_any_answer(value):
    check("00.1", lambda: value, (lambda a: len(a) > 1e9, "hint"))
