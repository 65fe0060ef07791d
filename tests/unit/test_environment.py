"""get_device takes what there is, and set_seeds repeats all that is random."""

import random
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helper_functions import get_device, set_seeds


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


@pytest.mark.parametrize(
    ("cuda", "reported", "kind"), [(True, "xpu", "cuda"), (False, "mps", "mps")]
)
def test_an_accelerator_is_found_and_each_of_its_devices_can_be_chosen(
    monkeypatch, cuda, reported, kind
):
    """CUDA comes first, and what torch reports where there is none."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device(reported))
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    assert get_device() == torch.device(kind)
    for wanted in ("cpu", kind, f"{kind}:0", f"{kind}:1"):
        monkeypatch.setenv("COURSE_DEVICE", wanted)
        assert get_device() == torch.device(wanted)
    monkeypatch.setenv("COURSE_DEVICE", f"{kind}:2")
    offered = re.escape(f"offers only {[kind, 'cpu', f'{kind}:0', f'{kind}:1']}")
    with pytest.raises(ValueError, match=f"COURSE_DEVICE is '{kind}:2', but .* {offered}$"):
        get_device()


def test_without_an_accelerator_there_is_the_cpu_alone(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    monkeypatch.setenv("COURSE_DEVICE", "")  # empty is as good as not there
    assert get_device() == torch.device("cpu")
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    with pytest.raises(ValueError, match=r"offers only \['cpu'\]$"):
        get_device()


@pytest.mark.parametrize("kind", [int, np.int64, np.uint32])
@pytest.mark.parametrize("seed", [0, 42, 2**32 - 1])
def test_the_seed_is_that_of_all_three_sources(kind, seed):
    """NumPy's numbers are ints too."""
    set_seeds(kind(seed))
    assert torch.initial_seed() == seed
    assert torch.equal(torch.rand(3), torch.rand(3, generator=torch.Generator().manual_seed(seed)))
    assert np.random.rand() == np.random.RandomState(seed).rand()
    assert random.random() == random.Random(seed).random()


def test_a_gpu_is_told_to_compute_as_exactly_as_the_cpu():
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    wanted = {
        (cudnn, "allow_tf32"): False,
        (matmul, "allow_tf32"): False,
        (cudnn, "deterministic"): True,
        (cudnn, "benchmark"): False,
    }
    for (backend, name), value in wanted.items():
        setattr(backend, name, not value)
    set_seeds()
    assert {(backend, name): getattr(backend, name) for backend, name in wanted} == wanted


@pytest.mark.parametrize(
    ("seed", "error"), [(1.0, TypeError), ("42", TypeError), (True, TypeError)]
)
def test_a_seed_that_is_no_int(seed, error):
    with pytest.raises(error, match=r"seed must be an int from 0 .* got a (float|str|bool)"):
        set_seeds(seed)


@given(st.integers().filter(lambda seed: not 0 <= seed < 2**32))
def test_a_seed_out_of_range(seed):
    with pytest.raises(ValueError, match="seed must be an int from 0 to 4294967295, got"):
        set_seeds(seed)


def test_the_seed_is_42_unless_another_is_given():
    set_seeds()
    assert torch.initial_seed() == 42
