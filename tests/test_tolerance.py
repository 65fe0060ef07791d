"""The checker itself: what must fail fails, what must pass passes."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.tolerance import Output, Tolerance


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
        ("tensor([ 0.1000, -0.0001])", "tensor([0.1000, 0.0000])"),
        ("1.2345e-05", "1.2346e-05"),
        ("9.9999e-05", "1.0000e-04"),
        ("<td>1234.5678</td>", "<td>1234.9</td>"),
        ("88.4%", "88.5%"),
        ("nan inf", "nan inf"),
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
        ("10.1: not yet. Mind the shape.", "10.1: not yet. Mind the size."),
        ("torch 2.15.0", "torch 2.16.0"),
        ("88.4%", "88.4"),
        ("88.4%", "87.9%"),
        ("88%", "87%"),
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
    recomputed = f"{float(stored) + (change if up else -change):.{n + 2}f}"
    assert not agree(f"loss {stored}!", f"loss {recomputed}!")


@given(decimals, digits, st.booleans())
def test_any_decimal_passes_with_its_last_digit_moved(value, n, up):
    stored = f"{value:.{n}f}"
    moved = float(stored) + (1 if up else -1) * 10**-n
    assume(moved >= 0)
    assert agree(f"[{stored}]", f"[{moved:.{n}f}]")


@given(st.floats(min_value=1e-3, max_value=900), st.booleans())
def test_a_loss_of_four_significant_digits_fails_at_1_percent(value, up):
    places = 3 - math.floor(math.log10(value))
    stored = f"{value:.{places}f}"
    assert not agree(stored, f"{float(stored) * (1.01 if up else 0.99):.{places + 2}f}")


@given(st.text(alphabet="ab 01.-+e%[]\n", max_size=40))
def test_every_text_agrees_with_itself(text):
    assert agree(text, text)
