"""The comparison of outputs (tests/support/tolerance.py): what must fail fails, the rest passes."""

import builtins
import math
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.cells import KERNEL_SETUP, Case, collect, comparable
from tests.support.tolerance import Output, Tolerance, split


def agree(stored: str, recomputed: str, *tags: str) -> bool:
    equal = Output(stored, Tolerance.from_tags(list(tags))) == recomputed
    assert (Output(stored, Tolerance.from_tags(list(tags))) != recomputed) is not equal
    return equal


@pytest.mark.parametrize(
    ("stored", "recomputed"),
    [
        ("loss 0.4800", "loss 0.4801"),
        ("loss 0.4800 | acc 0.91", "loss 0.4799 | acc 0.92"),
        ("tensor([0.9999, 2.0000])", "tensor([1.0000, 2.0000])"),
        ("tensor([9.9999, 2.0000])", "tensor([10.0000,  2.0000])"),
        ("tensor([-0.0000, 1.5000])", "tensor([0.0000, 1.5000])"),
        ("1.2345e-05", "1.2346e-05"),
        ("9.9999e-05", "1.0000e-04"),
        ("<td>1234.5678</td>", "<td>1234.9012</td>"),
        ("88.4%", "88.5%"),
        ("loss 123.4567", "loss 123.5700"),  # 0.09 %
        ("nan inf", "nan inf"),
        ("2021.5", "2021.6"),
        ("torch 0.4801", "torch 0.4802"),
        ("tensor([0.9999])", "tensor([1.0000])"),
        ("tensor([1.0000])", "tensor([0.9999])"),
        ("100.00%", "99.99%"),
        ("3.4e+23", "3.5e+23"),
    ],
)
def test_drift_of_the_last_digit_passes(stored, recomputed):
    assert agree(stored, recomputed)


@pytest.mark.parametrize(
    ("stored", "recomputed"),
    [
        ("loss 0.4800", "loss 0.4848"),  # 1 %
        ("loss 0.4800", "loss 0.5040"),  # 5 %
        ("loss 0.48", "loss 0.52"),  # 4 units
        ("loss 123.4567", "loss 123.6000"),  # 0.12 %
        ("tensor([1., 2.])", "tensor([2., 3.])"),
        ("tensor([1000., 2.])", "tensor([1001., 2.])"),
        ("lr 1e-05", "lr 2e-05"),
        ("epoch 10", "epoch 11"),
        ("torch.Size([3, 4])", "torch.Size([4, 3])"),
        ("60,000 pictures", "60,001 pictures"),
        ("0.5", "-0.5"),
        ("tensor([0.5000])", "tensor([[0.5000]])"),
        ("True", "False"),
        ("00.1: correct", "00.2: correct"),
        ("10.1: correct", "10.2: correct"),
        ("well done\n10.1: correct", "well done\n10.2: correct"),
        ("10.1: not yet. Mind the shape.", "10.1: not yet. Mind the size."),
        ("torch 2.15.0", "torch 2.16.0"),
        ("88.4%", "88.4"),
        ("88.4%", "87.9%"),
        ("88%", "87%"),
        ("tensor([ 0.1000, -0.0001])", "tensor([0.1000, 0.0000])"),
        ("<td>1234.5678</td>", "<td>1234.9</td>"),
        ("rate 0.001", "rate 0.002"),
        ("0.1", "0.2"),
        ("0.0000", "0.0001"),
        ("tensor([0.0000])", "tensor([-0.0001])"),
        ("1e-05", "2e-05"),
        ("100.0%", "99.9%"),
        ("100%", "99%"),
        ("2021.0", "2023.0"),
        ("2021.0000", "2023.0000"),
        ("2021.0", "2021.5"),
        ("0.5", "0.59"),
        ("0.50", "0.5"),
        ("tensor([1., 2.])", "tensor([1.0000, 2.0000])"),
        ("Python 3.11", "Python 3.12"),
        ("torch 2.9", "torch 2.8"),
        ("needs torch>=2.9, Python >= 3.11", "needs torch>=2.9, Python >= 3.12"),
        ("see exercise 10.1 above", "see exercise 10.2 above"),
        ("notebooks 10.1 and 10.2", "notebooks 10.1 and 10.3"),
        ("loss 0.48", "loss nan"),
        ("loss 0.48", "loss inf"),
        ("loss 0.48", "loss 0"),
        ("a 0.5 b", "a 0.5 b 0.5"),
        ("float32", "float64"),
        ("1.5", "1.5 "),
    ],
)
def test_changes_fail(stored, recomputed):
    assert not agree(stored, recomputed)


@pytest.mark.parametrize(
    ("stored", "recomputed", "tags", "expected"),
    [
        ("0.500", "0.520", ["rtol=0.05"], True),
        ("0.500", "0.530", ["rtol=0.05"], False),
        ("0.010", "0.029", ["atol=0.02"], True),
        ("0.010", "0.031", ["atol=0.02"], False),
        ("88.4%", "89.3%", ["pct=1"], True),
        ("88.4%", "89.5%", ["pct=1"], False),
        ("88%", "89%", ["pct=1"], True),
        ("accuracy 88.4% loss 0.4800", "accuracy 88.9% loss 1.2800", ["pct=1"], False),
        ("loss 0.48 accuracy 88.4%", "loss 0.48 accuracy 88.9%", ["atol=0.05", "rtol=0.1"], False),
        ("0.40", "-0.40", ["atol=0.05", "rtol=0.1"], False),
        ("3 of 0.5", "4 of 0.5", ["rtol=0.1", "atol=0.05", "pct=2"], False),
        ("0.003", "0.004", ["atol=0.002"], True),
        ("0.001", "-0.001", ["atol=0.02"], True),  # about zero
        ("0.002", "-0.002", ["atol=0.02"], False),
        ("1%", "-1%", ["pct=2"], False),
        ("1.25%", "1.30%", ["atol=0.05", "rtol=0.1"], False),
        ("100.0%", "99.4%", ["pct=1"], True),
        ("2021.0", "2021.5", ["rtol=0.001"], True),
        ("Python 3.11", "Python 3.12", ["rtol=0.1", "atol=0.05"], False),
        ("0.5", "0.51", ["atol=0.05"], False),
    ],
)
def test_tags_widen_only_what_they_name(stored, recomputed, tags, expected):
    assert agree(stored, recomputed, *tags) is expected


@pytest.mark.parametrize("tag", ["rtol=", "rtol=x", "rtol=0", "rtol=-1", "rtol=0.5", "pct=nan"])
def test_a_tag_that_is_no_tolerance_is_an_error(tag):
    with pytest.raises(ValueError, match="tag"):
        Tolerance.from_tags([tag])


decimals = st.floats(min_value=1e-6, max_value=1e6)
digits = st.integers(min_value=1, max_value=6)


@given(decimals, digits, st.booleans(), st.booleans())
def test_any_decimal_changed_by_5_percent_or_4_units_fails(value, n, up, negative):
    stored = f"{-value if negative else value:.{n}f}"
    change = max(0.05 * abs(float(stored)), 4 * 10**-n)
    recomputed = f"{float(stored) + (change if up else -change):.{n}f}"
    assert not agree(f"loss {stored}!", f"loss {recomputed}!")


@given(decimals, digits, st.booleans())
def test_any_decimal_passes_with_its_last_digit_moved(value, n, up):
    stored = f"{value:.{n}f}"
    moved = float(stored) + (1 if up else -1) * 10**-n
    assume(moved >= 0)
    (number,) = split(stored)[1]
    assume(not number.exact)
    assert agree(f"[{stored}]", f"[{moved:.{n}f}]")


@given(st.floats(min_value=1e-3, max_value=900), st.booleans())
def test_a_loss_of_four_significant_digits_fails_at_1_percent(value, up):
    places = 3 - math.floor(math.log10(value))
    stored = f"{value:.{places}f}"
    assert not agree(stored, f"{float(stored) * (1.01 if up else 0.99):.{places}f}")


@given(st.text(alphabet="ab 01.-+e%[]\n", max_size=40))
def test_every_text_agrees_with_itself(text):
    assert agree(text, text)


def test_an_output_is_compared_with_the_tolerance_of_its_cells_tags():
    assert comparable("loss 0.480", ["exercise", "atol=0.02"]) == "loss 0.490"
    assert comparable("loss 0.480", ["exercise"]) != "loss 0.490"
    assert comparable({"a": 1}, ["atol=0.02"]) == {"a": 1}
    with pytest.raises(ValueError, match="tag"):
        comparable("x", ["pct=50"])


def test_every_code_cell_is_run_and_only_tags_say_what_is_not_compared():
    cells = [
        ("markdown", "1 + 1", []),
        ("code", "1 + 1", ["atol=0.02"]),
        ("code", "", ["nbval-skip"]),
        ("code", "# NBVAL_SKIP", ["exercise"]),
        ("code", "# NBVAL_IGNORE_OUTPUT", []),
        ("code", "print(1)", ["nbval-ignore-output"]),
        ("code", "1 / 0", ["raises-exception"]),
    ]
    book = {
        "cells": [
            {"cell_type": kind, "source": source, "metadata": {"tags": tags} if tags else {}}
            for kind, source, tags in cells
        ]
    }
    assert collect(book) == [
        Case("1 + 1", compared=True, may_raise=False),
        Case("", compared=True, may_raise=False),
        Case("# NBVAL_SKIP", compared=True, may_raise=False),
        Case("# NBVAL_IGNORE_OUTPUT", compared=True, may_raise=False),
        Case("print(1)", compared=False, may_raise=False),
        Case("1 / 0", compared=True, may_raise=True),
    ]


@given(st.integers(1, 9), digits, st.booleans(), st.booleans())
def test_a_decimal_of_one_significant_digit_is_exact(digit, n, up, negative):
    sign, moved = "-" if negative else "", digit + (1 if up else -1)
    stored, recomputed = f"{sign}{digit / 10**n:.{n}f}", f"{sign}{moved / 10**n:.{n}f}"
    assert not agree(f"[{stored}]", f"[{recomputed}]")
    assert agree(f"[{stored}]", f"[{recomputed}]", "atol=0.05") == (n > 1)  # 0.1 is above 0.05


@given(st.integers(1, 10**6), st.sampled_from(["", ".", ".0"]), st.booleans())
def test_a_whole_number_is_exact(value, end, up):
    moved = value + (1 if up else -1)
    assert not agree(f"[{value}{end}]", f"[{moved}{end}]")
    assert not agree(f"[{value}{end}%]", f"[{moved}{end}%]")


@pytest.mark.parametrize(
    "name", ["DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"]
)
def test_a_deprecation_is_an_error_in_a_cell_and_nowhere_else(name):
    names = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
        exec(KERNEL_SETUP, names)
        assert set(names) == {"__name__", "__builtins__"}  # no name is left for a notebook to use
        with pytest.raises(getattr(builtins, name), match="soon gone"):
            exec(f"__import__('warnings').warn('soon gone', {name})", names)
        exec(f"__import__('warnings').warn('soon gone', {name})", {"__name__": "some_library"})
        exec("__import__('warnings').warn('mind this', UserWarning)", names)
