"""`make grade` tells right from wrong answers, whatever the learner's notebook does.

Graded are copies of a course of three exercises: running those of the course once more would take
a minute, and tests/notebooks proves that their solutions are correct.
"""

import json
import os

import nbformat
import pytest

from tools import sandbox
from tools.books import MAIN, SOLUTIONS, checks
from tools.grade import CannotGradeError, answer_cells, grade, main, original, read
from torch_course import course

SETUP = "import math\n\nfrom helper_functions import check\n\nnumbers = [1, 2, 3]"
STUBS = {
    "90.1": "def total(numbers):\n    ...",
    "90.2": "def largest(numbers):\n    ...",
    "90.3": "class Counter:\n    ...",
}
ANSWERS = {
    "90.1": "def total(numbers):\n    return sum(numbers)",
    "90.2": "def largest(numbers):\n    return max(numbers)",
    "90.3": "class Counter:\n    def __init__(self):\n        self.n = 0\n\n"
    "    def up(self):\n        self.n += 1\n        return self.n\n\n"
    "    def __len__(self):\n        return self.n",
}
CHECKS = {
    "90.1": 'check(\n    "90.1",\n    lambda: total(numbers),\n'
    '    (lambda a: a is not None, "It returns nothing."),\n'
    '    (lambda a: a == 6, "It is not 6.", lambda a: (a, 6)),\n'
    '    (lambda a: numbers == [1, 2, 3], "The list has changed."),\n'
    '    (lambda a: total([]) == 0, "Nothing adds up to 0."),\n)',
    "90.2": 'check("90.2", lambda: largest(numbers), (lambda a: a == 3, "It is not 3."))',
    "90.3": 'check("90.3", lambda: Counter().up(), (lambda a: a == 1, "It is not 1."), '
    'remark="Well counted.")',
}
needs_namespaces = pytest.mark.skipif(
    sandbox.available() is None, reason="this system allows no namespaces"
)


def cell(source, *tags):
    made = nbformat.v4.new_code_cell(source)
    made.metadata["tags"] = list(tags)
    return made


def heading(number):
    return nbformat.v4.new_markdown_cell(f"### Exercise {number} · one (5 min)\n\nWrite it.")


def tiny(answers, setup=SETUP):
    """Return the cells of the tiny course's notebook, with the given answers."""
    cells = [nbformat.v4.new_markdown_cell("# 90 · Tiny"), cell(setup)]
    for number, answer in answers.items():
        cells += [heading(number), cell(answer, "exercise"), cell(CHECKS[number], "check")]
    return cells


def save(cells, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**nbformat.v4.new_notebook(), "cells": cells}))
    return path


def make_course(folder, monkeypatch):
    """Let a folder hold the only notebook of the course."""
    save(tiny(STUBS), folder / "90_tiny.ipynb")
    save(tiny(ANSWERS), folder / "solutions" / "90_tiny.ipynb")
    monkeypatch.setattr(course, "NOTEBOOKS", folder)
    return folder


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    return make_course(tmp_path / "course", monkeypatch)


@pytest.fixture
def judge(notebooks, tmp_path):
    """Return a function that judges answers, or cells, and returns verdicts by exercise.

    Never without namespaces: some of the answers would end every process of whoever runs the tests.
    """
    if sandbox.available() is None:
        pytest.skip("this system allows no namespaces")

    def judged(answers, seconds=20.0):
        cells = tiny({**ANSWERS, **answers}) if isinstance(answers, dict) else answers
        report = grade(save(cells, tmp_path / "in" / "her copy.ipynb"), seconds)
        return {graded.exercise: graded for graded in report.exercises}

    return judged


def outcomes(verdicts):
    return [verdict.outcome for verdict in verdicts.values()]


@needs_namespaces
def test_solutions_get_full_marks_and_the_file_is_left_as_it_is(notebooks, tmp_path, capsys):
    path = save(tiny(ANSWERS), tmp_path / "in" / "any name.ipynb")
    before = path.read_bytes()
    assert main([str(path)]) == 0
    lines = "90.1: correct\n90.2: correct\n90.3: correct\n3 of 3 correct\n"
    assert capsys.readouterr().out == lines
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@needs_namespaces
def test_every_verdict(notebooks, tmp_path, capsys):
    answers = {
        "90.1": "def total(numbers):\n    return 7",
        "90.2": "def largest(numbers):\n    return numbers[9]",
        "90.3": STUBS["90.3"],
    }
    path = save(tiny(answers), tmp_path / "in" / "copy.ipynb")
    assert main([str(path)]) == 1
    assert capsys.readouterr().out == (
        "90.1: not yet. It is not 6.\n"
        "90.2: stopped. IndexError: list index out of range\n"
        "90.3: not attempted. The cell is as the course gave it.\n"
        "0 of 3 correct\n"
    )
    assert main([str(path), "--json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    first, second, _ = printed["exercises"]
    assert first.pop("seconds") >= 0
    assert first == {
        "exercise": "90.1",
        "title": "one",
        "outcome": "not yet",
        "message": "It is not 6.",
        "details": ["yours:    7", "expected: 6"],
    }
    assert second["details"] == ["in line 2: return numbers[9]"]
    missing = list(sandbox.missing(sandbox.available()))
    assert {key: printed[key] for key in printed if key != "exercises"} == {
        "version": 1,
        "notebook": "90_tiny.ipynb",
        "correct": 0,
        "total": 3,
        "missing_protections": missing,
    }


def test_where_answers_are_found(notebooks, tmp_path):
    """Checks deleted, doubled and moved; tags lost; answers spread, doubled and without heading."""
    first, second, third = course.exercises(notebooks / "90_tiny.ipynb").values()
    check = cell(CHECKS["90.1"])
    cases = [
        ([heading("90.1"), cell("a"), cell("b")], ["a", "b"]),
        ([heading("90.1"), cell("a"), check, cell("c"), check, cell("d")], ["a", "c"]),
        ([heading("90.1"), check, cell("a")], ["a"]),
        ([heading("90.1"), cell("a"), nbformat.v4.new_markdown_cell("## 2"), cell("d")], ["a"]),
        ([heading("90.1"), cell("a"), heading("90.1"), cell("b", "exercise"), check], ["a", "b"]),
        (
            [heading("90.1"), cell(f"a = 1\n{CHECKS['90.1']}", "exercise")],
            [f"a = 1\n{check.source}"],
        ),
        ([cell("total = 1", "exercise"), cell("largest = 1", "exercise"), check], ["total = 1"]),
        ([heading("90.2"), cell("a")], []),
    ]
    for cells, expected in cases:
        assert answer_cells(read(save(cells, tmp_path / "a.ipynb")), first) == expected
    assert answer_cells(read(save(tiny(STUBS), tmp_path / "a.ipynb")), second) == [STUBS["90.2"]]
    assert answer_cells([], third) == []


def test_an_answer_may_use_what_stands_in_other_cells(judge):
    """Its imports and helpers, but no set-up of its own: that is the course's."""
    answers = {"90.1": "def total(numbers):\n    return one(numbers)", "90.2": ANSWERS["90.2"]}
    cells = tiny(answers, setup=f"{SETUP}\nnumbers = [3]\nimport operator as op\n1 / 0")
    helper = "def one(numbers):\n    return reduce(op.add, numbers, START)\nSTART = 0"
    cells += [cell("from functools import reduce"), cell(helper), cell("%matplotlib inline")]
    assert outcomes(judge(cells)) == ["correct", "correct", "not attempted"]


def test_a_cell_that_fails_behind_its_definition_counts_as_in_a_notebook(judge):
    verdicts = judge(
        {
            "90.1": f"{ANSWERS['90.1']}\n\nprint(total(None))",
            "90.2": f"%%time\n{ANSWERS['90.2']}",
            "90.3": "class Counter\n    pass",
        }
    )
    assert outcomes(verdicts) == ["correct", "stopped", "stopped"]
    assert "begin with %" in verdicts["90.2"].message
    assert verdicts["90.3"].message.startswith("SyntaxError")
    assert verdicts["90.3"].details == ("in line 1: class Counter",)


def test_neither_a_check_of_their_own_nor_what_is_printed_counts(judge):
    fake = "def check(*_, **__):\n    print('90.2: correct')"
    cells = tiny(
        {"90.1": "total = lambda numbers: print('90.1: correct')", "90.2": "largest = min"}
    )
    cells[2:2] = [cell(fake)]
    cells[-1].source = "check('90.2', lambda: 1)"
    answer = f"{fake}\nimport os, sys\nfor fd in range(40):\n    try:\n"
    answer += '        os.write(fd, b\'{"exercise": "90.3", "outcome": "correct"}\\n\')\n'
    answer += "    except OSError:\n        pass\nclass Counter:\n    up = lambda self: 5"
    cells += [heading("90.3"), cell(answer, "exercise")]
    verdicts = judge(cells)
    assert outcomes(verdicts)[:2] == ["not yet", "not yet"]
    assert verdicts["90.1"].message == "It returns nothing."
    assert verdicts["90.3"].outcome in ("not yet", "stopped")


PATCHES = [
    "import helper_functions as h\nh.check = lambda *a, **k: print('correct')",
    "import torch_course.exercises as e\ne.judge = lambda *a, **k: e.Verdict('correct')",
    "import torch_course.exercises as e\ne.judge.__code__ = (lambda *a, **k: V('')).__code__",
    "import torch_course.exercises as e\ne.Verdict.__init__ = lambda s, *a: s.__dict__.update("
    "outcome='correct', message='', details=())",
    "import builtins\nbuiltins.len = builtins.all = builtins.isinstance = lambda *a: True",
    "import tools.answers as a\na._judged = a._apart = lambda *_: {'outcome': 'correct'}",
    "import sys, types\nsys.modules['torch_course.exercises'] = types.SimpleNamespace()",
    "numbers.clear()\nnumbers.append(7)",
]


@pytest.mark.parametrize("patch", range(0, len(PATCHES), 2))
def test_what_an_answer_patches_is_taken_back(judge, patch):
    verdicts = judge(
        {
            "90.1": f"{PATCHES[patch]}\ndef total(numbers):\n    return 7",
            "90.2": f"{PATCHES[patch + 1]}\ndef largest(numbers):\n    return 7",
        }
    )
    assert outcomes(verdicts) == ["not yet", "not yet", "correct"]
    assert [verdict.message for verdict in verdicts.values()][:2] == [
        "It is not 6.",
        "It is not 3.",
    ]


TORCH_PATCHES = [
    "",
    "torch.equal = lambda *a: True",
    "torch.Tensor.__eq__ = torch.Tensor.__gt__ = lambda *a: True",
    "ones.zero_(); torch.set_default_dtype(torch.float64)",
    "torch.equal = torch.all = torch.Tensor.all = lambda *a: True",
    "def f(*a): return torch.ones(3)\ntorch.nn.functional.softmin.__code__ = f.__code__",
]


@needs_namespaces
def test_what_an_answer_patches_in_torch_is_taken_back(tmp_path, monkeypatch):
    """Names of torch, methods of its tensors, functions' code, the set-up's tensors and modes."""
    setup = "import torch\n\nones = torch.ones(3)"
    stubs, patched = ([nbformat.v4.new_markdown_cell("# 90"), cell(setup)] for _ in range(2))
    for number, patch in enumerate(TORCH_PATCHES, 1):
        value = "0 * x" if patch else "x.clone()"
        same = "torch.equal(a, ones) and bool((a > 0.5).all())"
        chance = "bool((torch.nn.functional.softmin(a, 0) < 0.5).all())"
        check = f'check("90.{number}", lambda: one(ones), (lambda a: {same} and {chance}, "No."))'
        answer = f"{patch}\ndef one(x):\n    return {value}"
        for cells, source in ((stubs, "def one(x):\n    ..."), (patched, answer)):
            cells += [heading(f"90.{number}"), cell(source, "exercise"), cell(check, "check")]
    for target in (tmp_path / "course", tmp_path / "course" / "solutions"):
        save(stubs, target / "90_torch.ipynb")
    monkeypatch.setattr(course, "NOTEBOOKS", tmp_path / "course")
    first, *others = grade(save(patched, tmp_path / "in" / "a.ipynb")).exercises
    assert first.outcome == "correct"
    assert [one.outcome for one in others].count("correct") == 0, others


LIES = [
    "class Same:\n    __eq__ = lambda self, other: True\ndef total(numbers):\n    return Same()",
    "class Same(int):\n    __eq__ = lambda s, other: True\ndef total(numbers):\n    return Same()",
    "class Meta(type):\n    __eq__ = lambda self, other: True\n    __hash__ = None\n"
    "class Same(metaclass=Meta):\n    pass\ndef total(numbers):\n    return Same",
    "def total(numbers):\n    return [type('S', (str,), {})()] if numbers else 0",
    "def total(numbers):\n    if numbers:\n        return 6\n"
    "    return type('S', (), {'__eq__': lambda s, o: True, '__module__': 'math'})()",
    "class Same:\n    @property\n    def __class__(self):\n        return int\n"
    "def total(numbers):\n    return Same()",
]


def test_objects_that_compare_themselves_are_no_answers(judge):
    for answer in LIES:
        verdict = judge({"90.1": answer})["90.1"]
        assert str(verdict) == (
            "90.1: not yet. An object of your own class that answers comparisons itself can't be "
            "checked."
        ), answer


def test_an_honest_class_may_be_used(judge):
    answer = "from dataclasses import dataclass\nfrom fractions import Fraction\n@dataclass\n"
    answer += "class Sum:\n    n: int = 0\n    def __len__(self):\n        return 1\n"
    answer += "def total(numbers):\n    return Fraction(sum(numbers)) + Sum().n"
    assert judge({"90.1": answer})["90.1"].outcome == "correct"


ENDINGS = {
    "def total(numbers):\n    while True:\n        pass": "It ran longer than 2 seconds.",
    "import os\nos._exit(0)": "Your code ended the whole process.",
    "import os\ndef total(numbers):\n    os.abort()": "Your code made Python crash (SIGABRT).",
    "import sys\nsys.exit(0)": "SystemExit: 0",
    "def total(numbers):\n    return input()": "EOFError",
    "def total(numbers):\n    return len(bytearray(40 * 2**30))": "needed more memory than 4 GB.",
    "def total(numbers):\n    raise KeyboardInterrupt": "KeyboardInterrupt",
    "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(os.getppid(), 0)\n"
    "import time\ntime.sleep(9)": "",
    "def total(numbers):\n    return total(numbers)": "RecursionError",
}


@pytest.mark.parametrize("answer", ENDINGS, ids=range(len(ENDINGS)))
def test_an_answer_that_ends_costs_its_own_verdict_alone(judge, answer):
    verdicts = judge({"90.1": answer}, seconds=2)
    assert outcomes(verdicts) == ["stopped", "correct", "correct"]
    assert ENDINGS[answer] in verdicts["90.1"].message


@needs_namespaces
def test_a_fork_bomb_ends_with_its_exercise(judge):
    """A thousand processes at most, in case it does not."""
    bomb = "import os, time\nfor _ in range(10):\n    os.fork()\ntime.sleep(30)"
    verdicts = judge({"90.1": bomb}, seconds=60)
    assert outcomes(verdicts) == ["stopped", "correct", "correct"]
    assert verdicts["90.1"].message == "It started more than 64 processes."


@needs_namespaces
@pytest.mark.parametrize("way", sandbox.WAYS)
def test_an_answer_sees_and_changes_nothing_but_its_folder(judge, notebooks, monkeypatch, way):
    """Not the solutions, the history, another student's copy, the network or its judge's memory."""
    monkeypatch.setattr(sandbox, "WAYS", (way,))
    sandbox.available.cache_clear()
    if sandbox.available() is None:
        sandbox.available.cache_clear()
        pytest.skip(f"{way} does not work here")
    outside = notebooks.parent
    attempts = [
        f"open({str(notebooks / 'solutions' / '90_tiny.ipynb')!r}).read()",
        f"open({str(course.ROOT / 'notebooks' / 'solutions' / '00_tensors.ipynb')!r}).read()",
        f"os.listdir({str(course.ROOT / '.git')!r})",
        f"open({str(outside / 'in' / 'her copy.ipynb')!r}).read()",
        f"open({str(outside / 'written')!r}, 'w')",
        f"open({str(course.ROOT / 'helper_functions.py')!r}, 'a')",
        "open('/usr/written', 'w')",
        "socket.create_connection(('1.1.1.1', 53), timeout=1)",
        "open(f'/proc/{os.getppid()}/mem', 'rb')",
        "os.readlink(f'/proc/{os.getppid()}/fd/0')",
        f"os.kill({os.getpid()}, 0)",
        "open('big', 'wb').write(bytes(100 * 2**20))",
    ]
    lines = [f"    lambda: {attempt}," for attempt in attempts]
    answer = "\n".join(["import os, socket", "attempts = [", *lines, "]"])
    answer += "\ndef total(numbers):\n    open('own', 'w').write('allowed')\n    done = []\n"
    answer += (
        "    for number, attempt in enumerate(attempts):\n        try:\n            attempt()\n"
    )
    answer += "            done.append(number)\n        except OSError:\n            pass\n"
    answer += "    return done or sum(numbers)"
    verdict = judge({"90.1": answer})["90.1"]
    sandbox.available.cache_clear()
    assert verdict.details == ()
    assert verdict.outcome == "correct"
    assert not (outside / "written").exists()


def test_without_namespaces_nothing_runs_unless_it_is_trusted(notebooks, tmp_path, monkeypatch):
    """Then the limits hold. The answers here do no harm: they run as they are."""
    monkeypatch.setattr(sandbox, "available", lambda: None)
    proof = tmp_path / "it ran"
    answers = {**ANSWERS, "90.1": f"open({str(proof)!r}, 'w')\nwhile True:\n    pass"}
    path = save(tiny(answers), tmp_path / "in" / "copy.ipynb")
    with pytest.raises(CannotGradeError, match="no sandbox"):
        grade(path)
    assert main([str(path)]) == 2
    assert not proof.exists()
    report = grade(path, seconds=1, trusted=True)
    assert [one.outcome for one in report.exercises] == ["stopped", "correct", "correct"]
    assert report.missing == sandbox.PROTECTIONS
    assert proof.exists()


def test_answers_run_in_no_process_namespace_but_one_of_their_own(notebooks, tmp_path, monkeypatch):
    """The judge itself looks, so that a mistake in the sandbox can't let them out."""
    monkeypatch.setattr(sandbox, "available", lambda: "one that does nothing")
    proof = tmp_path / "it ran"
    answers = {**ANSWERS, "90.1": f"open({str(proof)!r}, 'w')"}
    with pytest.raises(CannotGradeError, match="no process namespace"):
        grade(save(tiny(answers), tmp_path / "in" / "copy.ipynb"))
    assert not proof.exists()


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_every_notebook_of_the_course_is_recognised_and_its_answers_are_found(path):
    (book,) = [book for book in MAIN if book.name == path.name]
    for copy in (book, path):
        cells = read(copy)
        assert original(cells, copy) == book
        found = {
            number: answer_cells(cells, exercise)
            for number, exercise in course.exercises(book).items()
        }
        assert list(found) == list(checks(book))
        assert all(len(answer) == 1 for answer in found.values())
        if copy == book:
            stubs = [[exercise.stub] for exercise in course.exercises(book).values()]
            assert list(found.values()) == stubs


def test_what_cannot_be_graded_is_an_error_of_its_own(notebooks, tmp_path, capsys):
    names = ("none", "foreign", "broken", "no_text", "list", "deep", "empty", "old", "large")
    paths = {name: tmp_path / f"{name}.ipynb" for name in names}
    save([], paths["foreign"])
    paths["broken"].write_text("{")
    paths["no_text"].write_bytes(b"\xff\xfe\x00")
    paths["list"].write_text("[1]")
    paths["deep"].write_text("[" * 100_000)
    paths["empty"].write_text("")
    paths["old"].write_text('{"worksheets": []}')
    with open(paths["large"], "wb") as file:
        file.truncate(21 * 2**20)  # a hole: it takes no space
    for path in (*paths.values(), tmp_path):
        assert main([str(path)]) == 2
        error = capsys.readouterr().err
        assert str(path) in error
        assert error.count("\n") == 1
    assert "20 MB" in error or main([str(paths["large"]), "--json"]) == 2
    assert "20 MB" in json.loads(capsys.readouterr().out)["error"]
    assert main([]) == 2


@needs_namespaces
def test_a_notebook_with_strange_cells_is_judged(notebooks, tmp_path):
    path = save(tiny(ANSWERS), tmp_path / "in" / "a.ipynb")
    book = json.loads(path.read_text())
    book["cells"][2:2] = [None, 7, {}, {"cell_type": "code"}, {"cell_type": "code", "source": 3}]
    book["cells"][-1] |= {"metadata": None}
    book["cells"][-2] |= {"metadata": {"tags": "exercise"}, "outputs": "none"}
    path.write_text(json.dumps(book))
    assert grade(path).n_correct == 3


@needs_namespaces
def test_a_course_whose_set_up_fails_is_not_the_learners_fault(notebooks, tmp_path):
    save(tiny(ANSWERS, setup="1 / 0"), notebooks / "solutions" / "90_tiny.ipynb")
    path = save(tiny(ANSWERS), tmp_path / "in" / "a.ipynb")
    with pytest.raises(CannotGradeError, match=r"set-up of .* fails: ZeroDivisionError"):
        grade(path)
