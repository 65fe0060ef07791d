"""`make grade` tells right from wrong answers, whatever the learner's notebook does.

Graded are copies of a course of three exercises: running those of the course once more would take
a minute, and tests/notebooks proves that their solutions are correct.
"""

import nbformat
import pytest

import tools.grade
from tools.books import MAIN, SOLUTIONS, checks, exercise_id, tags
from tools.grade import expected_checks, grade, main

ANSWERS = {"90.1": "2", "90.2": "4", "90.3": "6"}


def cell(source, tag):
    made = nbformat.v4.new_code_cell(source)
    made.metadata["tags"] = [tag]
    return made


@pytest.fixture
def solution(tmp_path, monkeypatch):
    """A notebook with three exercises and right answers, which is all of the course."""
    book = nbformat.v4.new_notebook()
    for number, answer in ANSWERS.items():
        name = f"answer_{number[-1]}"
        condition = f'(lambda x: x == {answer}, "It is not {answer}.")'
        check = f'check("{number}", lambda: {name}, {condition})'
        book.cells += [cell(f"{name} = {answer}", "exercise"), cell(check, "check")]
    path = tmp_path / "90_tiny.ipynb"
    nbformat.write(book, path)
    monkeypatch.setattr(tools.grade, "MAIN", [path])
    return path


def edited(source, target, edit):
    """Write a copy of a notebook whose code cells went through `edit`."""
    book = nbformat.read(source, as_version=4)
    for one in book.cells:
        edit(one)
    nbformat.write(book, target)
    return target


def test_solutions_get_full_marks_and_the_file_is_left_as_it_is(solution, capsys):
    before = solution.read_bytes()
    assert main([str(solution)]) == 0
    lines = "90.1: correct\n90.2: correct\n90.3: correct\n3 of 3 correct\n"
    assert capsys.readouterr().out == lines
    assert solution.read_bytes() == before


def test_a_mixed_notebook_with_a_faked_check_and_errors(solution, tmp_path):
    """A wrong answer behind an edited check, a deleted check, an own `check`."""

    def edit(one):
        if one.source == "answer_1 = 2":
            one.source = "answer_1 = 3"
        if "check" not in tags(one):
            return
        number = exercise_id(one)
        if number == "90.1":
            one.source = f'check("{number}", lambda: 1)  # always right'
        if number == "90.2":
            one.source = "1 / 0  # no check any more"
        if number == "90.3":
            one.source = f"check = lambda *_: print('{number}: correct')\n{one.source}"

    verdicts = grade(edited(solution, tmp_path / "copy.ipynb", edit))
    assert verdicts["90.1"] == "not yet. It is not 2."
    assert verdicts["90.2"].startswith("not yet. (its check cell")
    assert verdicts["90.3"] == "correct"


def test_a_dying_kernel_is_not_yet(solution, tmp_path, capsys):
    def edit(one):
        if "exercise" in tags(one):
            one.source = "import os; os._exit(1)"

    path = edited(solution, tmp_path / "copy.ipynb", edit)
    assert main([str(path)]) == 1
    out = capsys.readouterr().out
    assert out.count("not yet. (the notebook did not run to its check") == 3
    assert out.endswith("0 of 3 correct\n")


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_the_checks_of_every_notebook_of_the_course_are_found(path):
    (original,) = [book for book in MAIN if book.name == path.name]
    expected = {number: cell.source for number, cell in checks(original).items()}
    assert expected_checks(nbformat.read(path, as_version=4), path) == expected


def test_what_cannot_be_graded_is_an_error_of_its_own(tmp_path, capsys):
    foreign, broken = tmp_path / "notes.ipynb", tmp_path / "broken.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), foreign)
    broken.write_text("{")
    for path in (tmp_path / "none.ipynb", foreign, broken):
        assert main([str(path)]) == 2
        assert str(path) in capsys.readouterr().err
    assert main([]) == 2
