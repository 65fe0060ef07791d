"""Every exercise answers: its stub, its solution, and wrong and right answers (answers/)."""

import ast
import contextlib
import importlib
import io
import os
import re
import traceback
from functools import cache

import nbformat
import pytest

from tools.books import (
    MAIN,
    ROOT,
    SOLUTIONS,
    checks,
    code_cells,
    exercise_id,
    name,
    printed,
    tags,
)
from tools.lengths import SECOND_EDITION

pairs = pytest.mark.parametrize(
    ("main", "solution"),
    list(zip(MAIN, SOLUTIONS, strict=True)),
    ids=[path.stem for path in MAIN],
)
ANSWERS = [
    importlib.import_module(f"tests.notebooks.answers.{path.stem}")
    for path in sorted((ROOT / "tests" / "notebooks" / "answers").glob("answers_*.py"))
]
WRONG = [wrong for module in ANSWERS for wrong in module.WRONG]
RIGHT = [right for module in ANSWERS for right in getattr(module, "RIGHT", [])]


def questions(path):
    """Return the text that asks each exercise, by number."""
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    matches = [
        (re.match(r"### Exercise (\d\d\.\d+) · .+ \(\d+ min\)", text), text) for text in texts
    ]
    return {match[1]: text for match, text in matches if match}


@pytest.mark.parametrize("path", MAIN, ids=name)
def test_six_to_twelve_exercises_numbered_in_order(path):
    number = path.name[:2]
    expected = [f"{number}.{i}" for i in range(1, len(checks(path)) + 1)]
    assert list(checks(path)) == list(questions(path)) == expected
    assert 6 <= len(expected) <= 12


@pairs
def test_solutions_restate_the_questions_and_end_in_the_identical_checks(main, solution):
    assert questions(main) == questions(solution)
    ours, theirs = checks(main), checks(solution)
    assert list(ours) == list(theirs)
    for number in ours:
        assert ours[number].source == theirs[number].source


@pairs
def test_stubs_are_no_attempt_and_solutions_are_correct(main, solution):
    for number, cell in checks(main).items():
        assert printed(cell).startswith(f"{number}: not attempted. ")
    for number, cell in checks(solution).items():
        assert re.fullmatch(rf"{number}: correct(\. .+)?\n", printed(cell))


@pytest.mark.parametrize("path", [*MAIN, *SOLUTIONS], ids=name)
def test_the_code_of_checks_is_folded(path):
    for cell in checks(path).values():
        assert cell.metadata["jupyter"] == {"source_hidden": True}


@pytest.mark.parametrize("path", MAIN, ids=name)
def test_every_exercise_has_a_stub_and_known_answers(path):
    stubs = [cell for cell in code_cells(path) if "exercise" in tags(cell)]
    assert len(stubs) == len(checks(path))
    n_wrong, n_right = (6, 3) if path.name[:2] in SECOND_EDITION else (2, 0)
    for number in checks(path):
        assert sum(wrong[0] == number for wrong in WRONG) >= n_wrong, number
        assert sum(right[0] == number for right in RIGHT) >= n_right, number


def in_a_copy(namespace, answer, check):
    """Return what both cells print that are run in a copy of this process, with all it holds."""
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        answered = io.StringIO()
        try:
            with contextlib.redirect_stdout(answered):
                exec(compile(answer, "<answer>", "exec"), namespace)
                exec(compile(check, "<check>", "exec"), namespace)
        except BaseException:  # noqa: BLE001  an answer may do anything; the test reads it
            answered.write(traceback.format_exc())
        finally:
            with open(sender, "w", encoding="utf-8", errors="backslashreplace") as pipe:
                pipe.write(answered.getvalue())
            os._exit(0)
    os.close(sender)
    with open(receiver, encoding="utf-8") as pipe:
        printed = pipe.read()
    os.waitpid(child, 0)
    return printed


@cache
def verdicts(path):
    """Return what the check says to each known answer, by exercise and source.

    The set-up of the solutions notebook runs once; each answer, in place of the solution, in a copy
    of the state that it left. On a CPU, since a copied process can't use a GPU.
    """
    namespace, found = {"__name__": "__main__"}, {}
    known = [(number, source) for number, source, *_ in WRONG + RIGHT]
    for cell in code_cells(path):
        if "check" in tags(cell):
            number = exercise_id(cell)
            for source in (source for of, source in known if of == number):
                found[number, source] = in_a_copy(namespace, source, cell.source)
        elif not {"exercise", "raises-exception"} & set(tags(cell)):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, "<set-up>", "exec"), namespace)
    return found


def verdict(number, source, monkeypatch):
    monkeypatch.setenv("COURSE_LIVE", "0")
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    return verdicts(next(path for path in SOLUTIONS if number in checks(path)))[number, source]


def labels(answers):
    return [f"{answer[0]}-{i}" for i, answer in enumerate(answers)]


@pytest.mark.parametrize(("number", "source", "hint"), WRONG, ids=labels(WRONG))
def test_a_wrong_answer_gets_its_hint(number, source, hint, monkeypatch):
    answered = verdict(number, source, monkeypatch)
    assert hint, "an empty hint is in every line"
    assert len(re.findall(rf"^{number}: (?:not yet|stopped)\. ", answered, re.MULTILINE)) == 1
    assert hint in answered


@pytest.mark.parametrize(("number", "source"), RIGHT, ids=labels(RIGHT))
def test_a_right_answer_in_another_form_is_correct(number, source, monkeypatch):
    answered = verdict(number, source, monkeypatch)
    assert re.match(rf"{number}: correct(\. |\n)", answered), answered


def conditions(cell):
    """Return what a check may say is wrong: the second part of each of its conditions."""
    call = ast.parse(cell.source).body[-1].value
    return [ast.literal_eval(part.elts[1]) for part in call.args[2:]]


@pytest.mark.parametrize("path", [p for p in MAIN if p.name[:2] in SECOND_EDITION], ids=name)
def test_each_condition_of_a_check_refuses_a_known_answer(path, monkeypatch):
    for number, cell in checks(path).items():
        said = [verdict(*wrong[:2], monkeypatch) for wrong in WRONG if wrong[0] == number]
        unused = [
            text for text in conditions(cell) if not any(f"not yet. {text}" in s for s in said)
        ]
        assert unused == [], number
