"""check gives a verdict, whatever the learner's code does; hints come one at a time."""

import contextlib
import io
import linecache
import sys
import types

import IPython  # noqa: F401  so that check finds it loaded
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helper_functions import check, hint, torch_calls
from torch_course import exercises
from torch_course.course import Exercise
from torch_course.exercises import judge

FIVE = Exercise("00.1", "five", 3, "00_tensors.ipynb", "five = ...", ("Count.", "Your\nhand."), "")


@pytest.fixture(autouse=True)
def first_try(monkeypatch):
    """Forget earlier tries and hints, and know one exercise."""
    for memory in (exercises._tries, exercises._asked):
        memory.clear()
    monkeypatch.setattr(exercises, "find_exercise", {"00.1": FIVE}.get)


def said(capsys, *arguments):
    check("00.1", *arguments)
    return capsys.readouterr().out


right = (lambda a: a > 1, "More than 1."), (lambda a: a < 9, "Less than 9.")


def test_check_is_one_line(capsys):
    assert said(capsys, lambda: 5, *right) == "00.1: correct\n"
    assert said(capsys, lambda: 0, *right) == "00.1: not yet. More than 1.\n"
    assert said(capsys, lambda: 9, *right) == "00.1: not yet. Less than 9.\n"
    assert said(capsys, lambda: ..., *right).startswith("00.1: not attempted. Replace the three")


def test_a_remark_comes_with_what_is_right_alone():
    assert str(judge(lambda: 5, right, "Well counted.")) == "correct. Well counted."
    assert str(judge(lambda: 0, right, "Well counted.")) == "not yet. More than 1."


def test_yours_stands_beside_expected():
    shown = (lambda a: a == 4, "Twice two.", lambda a: (a, 4))
    verdict = judge(lambda: 5, (*right, shown))
    assert str(verdict) == "not yet. Twice two.\n    yours:    5\n    expected: 4"
    assert str(judge(lambda: 4, (*right, shown))) == "correct"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (torch.ones(2, 3), "tensor([[1., 1., 1.], [1., 1., 1.]])"),
        (torch.ones(20, 30), "Tensor of shape (20, 30), torch.float32"),
        (np.ones((20, 30)), "ndarray of shape (20, 30), float64"),
        ("a" * 70, "'" + "a" * 70 + "'"),
        ("a" * 71, "'" + "a" * 70 + "…"),
        (None, "None"),
    ],
)
def test_what_is_shown_is_one_line(value, line):
    verdict = judge(lambda: value, ((lambda a: False, "No.", lambda a: (a, 1)),))
    assert verdict.details == (f"yours:    {line}", "expected: 1")


def test_a_second_and_a_third_answer_wrong_in_the_same_way_get_the_hints(capsys):
    low = "00.1: not yet. More than 1.\n"
    assert said(capsys, lambda: 0, *right) == low
    assert said(capsys, lambda: 1, *right) == f"{low}    Hint 1 of 2: Count.\n"
    assert said(capsys, lambda: 9, *right) == "00.1: not yet. Less than 9.\n"
    assert said(capsys, lambda: -1, *right) == f"{low}    Hint 2 of 2: Your hand.\n"
    end = "    No more hints; notebooks/solutions/00_tensors.ipynb has a solution.\n"
    assert said(capsys, lambda: 0, *right) == low + end
    assert said(capsys, lambda: 5, *right) == "00.1: correct\n"


def test_asking_gives_the_next_hint(capsys):
    for expected in ("Hint 1 of 2: Count.", "Hint 2 of 2: Your hand.", "No more hints; notebooks/"):
        hint("00.1")
        assert capsys.readouterr().out.startswith(f"00.1: {expected}")


def test_without_solutions_none_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(exercises, "SOLUTIONS", tmp_path)
    for _ in range(3):
        hint("00.1")
    assert capsys.readouterr().out.splitlines()[-1] == "00.1: No more hints."


@pytest.mark.parametrize("number", ["00.2", "1", "", "00.1 ", None, 0.1])
def test_there_is_no_hint_for_no_exercise(number):
    with pytest.raises(ValueError, match=r"expected the number of an exercise, '00\.1' to '\d\d\."):
        hint(number)


def run_cell(source, check_source, before):
    """Run a learner's cell and a check's as a kernel does, in files of their own."""
    namespace = {"__name__": "__main__", "check": check, "right": right}
    before.append(source)
    exec(compile(source, "<cell>", "exec"), namespace)
    before.append(check_source)
    exec(compile(check_source, "<check>", "exec"), namespace)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("five = ...", "not attempted. Change the cell above and run it, then this one."),
        ("five = ...  \n\n", "not attempted. Change"),
        ("five = ... # hm", "not attempted. Replace the three dots"),
        ("five = 0", "not yet. More than 1."),
        ("five = 5", "correct"),
    ],
)
def test_an_unchanged_stub_is_no_attempt(source, expected, monkeypatch, capsys):
    shell = types.SimpleNamespace(user_ns={"In": [""]})
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    noted = []
    monkeypatch.setattr(exercises, "note", lambda *what: noted.append(what))
    run_cell(source, 'check("00.1", lambda: five, *right)', shell.user_ns["In"])
    assert capsys.readouterr().out.startswith(f"00.1: {expected}")
    outcome = expected.split(".")[0]
    assert noted == ([] if outcome == "not attempted" else [("00.1", outcome)])


@pytest.fixture
def ran(monkeypatch):
    """Return the cells that a kernel ran, the last one being the check."""
    shell = types.SimpleNamespace(user_ns={"In": [""]})
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    return shell.user_ns["In"]


CHECK = 'check("00.1", lambda: five, *right)'


@pytest.mark.parametrize(
    ("cells", "outcome"),
    [
        (["five = ...", CHECK, CHECK], "not attempted"),
        (["five = ...", "print(1)", 'hint("00.1")'], "not attempted"),
        (["five = 0", "five = ..."], "not attempted"),
        (["five = ...", "five: int = 0"], "not yet"),
        (["five = ...", "five = 0", "print(five)"], "not yet"),
        (["a = 1"], "not yet"),
    ],
)
def test_the_cell_that_last_defined_an_answer_decides_whether_it_is_one(
    ran, capsys, cells, outcome
):
    ran += cells
    run_cell("", "five = 0\n" + CHECK, ran)
    assert capsys.readouterr().out.startswith(f"00.1: {outcome}. ")


def test_code_that_stops_again_in_the_same_way_earns_a_hint(capsys):
    said(capsys, lambda: 1 / 0, *right)
    out = said(capsys, lambda: 1 / 0, *right)
    assert out.startswith("00.1: stopped. ZeroDivisionError")
    assert out.endswith("    Hint 1 of 2: Count.\n")


def test_without_notebooks_the_refusal_says_so(monkeypatch):
    monkeypatch.setattr(exercises, "notebook_paths", lambda: [])
    with pytest.raises(ValueError, match="the number of an exercise, notebooks beside this file"):
        hint("99.1")


def test_an_interrupt_while_an_answer_is_shown_is_let_through():
    class Slow:
        def __repr__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(lambda: 5, ((lambda a: False, "No.", lambda a: (Slow(), 1)),))


def test_the_file_of_a_class_is_that_of_its_functions():
    assert exercises._file_of(Nasty) == exercises._file_of(fail) == __file__
    assert exercises._file_of(5) == exercises._file_of(None) == ""


def test_the_same_mistake_with_other_numbers_earns_a_hint(capsys):
    shown = (lambda a: a == 4, "Twice two.", lambda a: (a, 4))
    said(capsys, lambda: 5, shown)
    assert said(capsys, lambda: 6, shown).splitlines()[-1] == "    Hint 1 of 2: Count."


@pytest.mark.parametrize("error", [OSError, ValueError, KeyError])
def test_a_course_that_cannot_be_read_stops_no_check(monkeypatch, capsys, error):
    monkeypatch.setattr(exercises, "find_exercise", lambda number: fail(error("broken")))
    assert said(capsys, lambda: 5, *right) == "00.1: correct\n"
    assert said(capsys, lambda: 0, *right) == said(capsys, lambda: 0, *right)


def test_an_error_is_traced_to_the_answer_and_not_to_what_it_calls(monkeypatch, capsys):
    """A function of the course's own, in a cell above, gets arguments that it can't use."""
    stub = Exercise("00.1", "f", 3, "00_tensors.ipynb", "def f(x):\n    ...", (), "")
    monkeypatch.setattr(exercises, "find_exercise", {"00.1": stub}.get)
    namespace = {"__name__": "__main__", "check": check}
    for name, source in {
        "<course>": "def add(a, b):\n    return a + b",
        "<answer>": "def f(x):\n\n    return add(x, 'a')",
        "<check>": "check('00.1', lambda: f(1), (bool, ''))",
    }.items():
        linecache.cache[name] = len(source), None, source.splitlines(True), name
        exec(compile(source, name, "exec"), namespace)
    assert capsys.readouterr().out.splitlines()[1] == "    in line 3: return add(x, 'a')"


def test_a_stub_that_is_right_is_correct(monkeypatch, capsys):
    shell = types.SimpleNamespace(user_ns={"In": [""]})
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    run_cell("five = ...", 'check("00.1", lambda: 5, *right)', shell.user_ns["In"])
    assert capsys.readouterr().out == "00.1: correct\n"


def test_where_it_stopped_is_the_learners_own_line(capsys):
    learner = "def half(x):\n    y = x / 0\n    return y\n"
    linecache.cache["<cell>"] = len(learner), None, learner.splitlines(True), "<cell>"
    run_cell(learner, 'check("00.1", lambda: half(4), *right)', [])
    out = capsys.readouterr().out
    assert out == "00.1: stopped. ZeroDivisionError: division by zero\n    in line 2: y = x / 0\n"
    exercises._tries.clear()
    run_cell(learner, 'check("00.1", lambda: half, (lambda f: f(2) == 1, "Halve 2."))', [])
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "00.1: stopped. ZeroDivisionError: division by zero"
    assert out[1:] == ["    in line 2: y = x / 0", "    while checking: Halve 2."]


def test_the_line_is_the_innermost_of_the_learners(capsys):
    learner = "import json\ndef read(text):\n    return json.loads(text)\n"
    linecache.cache.pop("<cell>", None)
    run_cell(learner, 'check("00.1", lambda: read("{"), *right)', [])
    assert capsys.readouterr().out.splitlines()[1] == "    in line 3"


class Nasty:
    """An answer whose every use fails."""

    def __getattribute__(self, name):
        raise RuntimeError("nasty")

    def __bool__(self):
        raise RuntimeError("nasty bool")


class NoText:
    """An answer that can't be shown."""

    def __repr__(self):
        raise RuntimeError("nasty repr")


class NastyError(Exception):
    """An error that can't even be printed."""

    def __str__(self):
        raise RuntimeError("nasty str")


def fail(error):
    raise error


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda: fail(NameError("no name is known")), "NameError: no name is known"),
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: fail(ValueError("one\ntwo")), "ValueError: one"),
        (lambda: fail(ValueError("\n one")), "ValueError: one"),
        (lambda: fail(NastyError()), "NastyError"),
        (lambda: fail(SystemExit(3)), "SystemExit: 3"),
        (lambda: fail(AssertionError()), "AssertionError"),
        (lambda: sys.exit(), "SystemExit"),
        (lambda: eval("1 +"), "SyntaxError: invalid syntax (<string>, line 1)"),
    ],
)
def test_check_never_raises_and_names_the_error(capsys, answer, expected):
    assert said(capsys, answer, *right) == f"00.1: stopped. {expected}\n"


def test_a_cell_that_was_not_run_is_no_attempt(capsys):
    missing = "00.1: not attempted. five does not exist yet: run the cells above, then this one.\n"
    run_cell("", 'check("00.1", lambda: five, *right)', [])
    assert capsys.readouterr().out == missing
    run_cell("", 'check("00.1", lambda: 5, (lambda a: a == five, "Five."))', [])
    assert capsys.readouterr().out == missing
    run_cell("def f(): return five", 'check("00.1", lambda: f(), *right)', [])
    assert capsys.readouterr().out.startswith("00.1: stopped. NameError: name 'five' is not")


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (lambda: None, "None"),
        (lambda: "text", "'text'"),
        (lambda: torch.tensor([2.0, 3.0]), "tensor([2., 3.])"),
        (lambda: Nasty(), "<tests.unit.test_exercises.Nasty object>"),
        (lambda: NoText(), "something of type NoText"),
    ],
)
def test_what_a_test_can_make_nothing_of_is_shown(capsys, answer, shown):
    assert said(capsys, answer, *right) == f"00.1: not yet. More than 1.\n    yours: {shown}\n"


class Rude(Exception):
    """An error that does worse than fail when it is printed."""

    def __str__(self):
        raise self.args[0]


def test_an_error_whose_text_stops_the_program_is_named(capsys):
    out = said(capsys, lambda: fail(Rude(SystemExit(3))))
    assert out == "00.1: stopped. Rude\n"


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
    exercises._tries.clear()
    out = printed(lambda: value, (lambda a: len(a) > 1e9, "Too short."))
    assert out.startswith("00.1: not yet. Too short.")
    assert ("yours: " in out) is not hasattr(value, "__len__")


@given(texts)
def test_an_error_of_any_text_is_one_line_that_can_be_printed(text):
    exercises._tries.clear()
    out = printed(lambda: fail(ValueError(text)))
    assert out.startswith("00.1: stopped. ValueError")
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
    assert out == "00.1: stopped. ValueError: broken \\ud800 text\n"
    assert said(capsys, lambda: 0, (lambda a: a, "a \udfff b")) == "00.1: not yet. a \\udfff b\n"


def test_an_error_in_a_condition_keeps_its_hint(capsys):
    out = said(capsys, lambda: 1, (lambda a: a.shape == (2,), "Two numbers."))
    assert out == "00.1: not yet. Two numbers.\n    yours: 1\n"


def test_the_torch_functions_of_an_answer_are_named_in_order():
    x = torch.tensor([1.0, 2.0])
    assert torch_calls(lambda v: (v.exp() / v.sum()).tolist(), x) == ["exp", "sum", "div", "tolist"]
    assert "softmax" in torch_calls(torch.nn.Softmax(dim=0), x)
    assert torch_calls(lambda a, b: None, x, x) == []


def test_an_answer_that_fails_under_watch_fails_as_itself_and_the_watch_ends():
    with pytest.raises(ZeroDivisionError):
        torch_calls(lambda: 1 / 0)
    assert torch_calls(lambda: torch.ones(1)) == ["ones"]
