"""Every exercise answers: its stub, its solution and its wrong answers (wrong_answers/)."""

import contextlib
import importlib
import io
import re

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

pairs = pytest.mark.parametrize(
    ("main", "solution"),
    list(zip(MAIN, SOLUTIONS, strict=True)),
    ids=[path.stem for path in MAIN],
)
WRONG = [
    wrong
    for path in sorted((ROOT / "tests" / "notebooks" / "wrong_answers").glob("wrong_*.py"))
    for wrong in importlib.import_module(f"tests.notebooks.wrong_answers.{path.stem}").WRONG
]


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
def test_every_exercise_has_a_stub_and_two_known_wrong_answers(path):
    stubs = [cell for cell in code_cells(path) if "exercise" in tags(cell)]
    assert len(stubs) == len(checks(path))
    for number in checks(path):
        assert sum(wrong[0] == number for wrong in WRONG) >= 2, number


@pytest.mark.parametrize(
    ("number", "source", "hint"), WRONG, ids=[f"{wrong[0]}-{i}" for i, wrong in enumerate(WRONG)]
)
def test_a_wrong_answer_gets_its_hint(number, source, hint, monkeypatch):
    """Run the solutions notebook's set-up, then the wrong answer in place of the solution."""
    monkeypatch.setenv("COURSE_LIVE", "0")
    path = next(path for path in SOLUTIONS if number in checks(path))
    namespace, answered = {"__name__": "__main__"}, io.StringIO()
    for cell in code_cells(path):
        if "check" in tags(cell) and exercise_id(cell) == number:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, "<wrong answer>", "exec"), namespace)
            with contextlib.redirect_stdout(answered):
                exec(compile(cell.source, "<check>", "exec"), namespace)
            break
        if not {"check", "exercise", "raises-exception"} & set(tags(cell)):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, "<set-up>", "exec"), namespace)
    assert hint, "an empty hint is in every line"
    verdicts = re.findall(rf"^{number}: (not yet|stopped)\. ", answered.getvalue(), re.MULTILINE)
    assert len(verdicts) == 1
    assert hint in answered.getvalue()
