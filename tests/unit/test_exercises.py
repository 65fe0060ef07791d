"""check gives one line, a verdict or a hint, whatever the learner's code does."""

import contextlib
import io
import re
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helper_functions import check


def said(capsys, *arguments):
    check("00.1", *arguments)
    return capsys.readouterr().out


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
        (lambda: fail(ValueError("\n one")), "ValueError: one\n"),
        (lambda: fail(NastyError()), "Your code stopped with NastyError\n"),
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


class Rude(Exception):
    """An error that does worse than fail when it is printed."""

    def __str__(self):
        raise self.args[0]


def test_an_error_whose_text_stops_the_program_is_named(capsys):
    out = said(capsys, lambda: fail(Rude(SystemExit(3))))
    assert out == "00.1: not yet. Your code stopped with Rude\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_what_the_screen_does_not_know_is_no_error(encoding):
    """Windows' own encoding has no arrow, and what is written to a file there is in it."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    with contextlib.redirect_stdout(screen):
        check("00.1", lambda: 0, (lambda a: a, "five → six"))
    screen.flush()
    arrow = "→" if encoding == "utf-8" else "\\u2192"
    expected = f"00.1: not yet. five {arrow} six"
    assert screen.buffer.getvalue().decode(encoding).strip() == expected


def test_check_lets_an_interrupt_through():
    with pytest.raises(KeyboardInterrupt):
        check("00.1", lambda: fail(Rude(KeyboardInterrupt())))
    with pytest.raises(KeyboardInterrupt):
        check("00.1", lambda: fail(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        check("00.1", lambda: 1, (lambda a: fail(KeyboardInterrupt()), "hint"))


# Letters, what ends a line somewhere, what can't be seen, half a character.
texts = st.text("ab \n\r\v\f\t\x00\x1c\x85\u2028\u200b\ud800é🙂", max_size=9)


def printed(*arguments):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        check("00.1", *arguments)
    return out.getvalue()


@given(st.one_of(st.none(), texts, st.floats(), st.lists(st.integers()), st.binary()))
def test_check_takes_any_answer(value):
    assert printed(lambda: value).startswith("00.1: correct\n")
    out = printed(lambda: value, (lambda a: len(a) > 1e9, "Too short."))
    assert out.startswith("00.1: not yet. Too short.")
    assert ("TypeError" in out) is not hasattr(value, "__len__")


@given(texts)
def test_an_error_of_any_text_is_one_line_that_can_be_printed(text):
    out = printed(lambda: fail(ValueError(text)))
    assert out.startswith("00.1: not yet. Your code stopped with ValueError")
    assert (out[-1], len(out.splitlines())) == ("\n", 1)
    assert out.encode("utf-8")


def test_conditions_are_tried_in_order_and_the_first_that_fails_speaks(capsys):
    tried = []

    def note(name, result):
        return lambda a: (tried.append((name, a)), result)[1]

    out = said(capsys, lambda: 5, (note("a", 1), "A"), (note("b", 0), "B"), (note("c", 0), "C"))
    assert out == "00.1: not yet. B\n"
    assert tried == [("a", 5), ("b", 5)]


def test_half_a_character_can_be_printed(capsys):
    """A lone surrogate in an error's text is no reason to stop."""
    out = said(capsys, lambda: fail(ValueError("broken \ud800 text")), *right)
    assert out == "00.1: not yet. Your code stopped with ValueError: broken \\ud800 text\n"
    assert said(capsys, lambda: 0, (lambda a: a, "a \udfff b")) == "00.1: not yet. a \\udfff b\n"


def test_an_error_in_a_condition_keeps_its_hint(capsys):
    out = said(capsys, lambda: 1, (lambda a: a.shape == (2,), "Two numbers."))
    assert out.startswith("00.1: not yet. Two numbers. (Your code stopped with AttributeError: ")
