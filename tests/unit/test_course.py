"""The course's notebooks as data: what an exercise is, and what is refused."""

import json

import pytest

from torch_course import course
from torch_course.course import (
    exercises,
    find_exercise,
    notebook_minutes,
    notebook_paths,
    notebook_title,
)


def cell(kind, *lines, tags=()):
    return {"cell_type": kind, "source": [*lines], "metadata": {"tags": [*tags]} if tags else {}}


BOOK = [
    cell("markdown", "# 07 · Seven\n", "\n", "Text"),
    cell("code", "import seven"),
    cell("markdown", "### Exercise 07.1 · one (two) (12 min)\n", "\n", "Do it."),
    cell("code", "one = ...", tags=["exercise"]),
    cell("markdown", "<details><summary>Hint</summary>\n\nFirst.\n\n</details>"),
    cell("markdown", "<details>\n<summary>More</summary>Second\nline.</details>"),
    cell("code", 'check("07.1", lambda: one)', tags=["check"]),
    cell("markdown", "### Exercise 07.10 · ten (3 min)"),
    cell("code", "ten = ", "...", tags=["exercise", "rtol=0.1"]),
    cell("code", "pass"),
    cell("code", 'check("07.10", lambda: ten)', tags=["check"]),
    cell("markdown", "#### Exercises without a number"),
]


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "NOTEBOOKS", tmp_path)
    for name in ("08_eight.ipynb", "07_seven.ipynb", "07_seven-Copy1.ipynb", "start.ipynb"):
        cells = BOOK if name.startswith("07") else BOOK[:2]
        (tmp_path / name).write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return tmp_path


def test_notebooks_have_numbers_and_titles(notebooks):
    assert [path.name for path in notebook_paths()] == ["07_seven.ipynb", "08_eight.ipynb"]
    assert notebook_title(notebook_paths()[0]) == "Seven"


def test_a_notebook_says_how_long_it_takes(notebooks):
    path = notebooks / "09_nine.ipynb"
    first = cell("markdown", "# 09\n", "- **Time:** about 45 minutes with the 3 exercises")
    path.write_text(json.dumps({"cells": [first]}), encoding="utf-8")
    assert notebook_minutes(path) == 45
    with pytest.raises(ValueError, match=r"08_eight\.ipynb must say \*\*Time"):
        notebook_minutes(notebooks / "08_eight.ipynb")


def test_an_exercise_is_read_whole(notebooks):
    found = exercises(notebooks / "07_seven.ipynb")
    assert list(found) == ["07.1", "07.10"]
    one, ten = found.values()
    assert (one.number, one.title, one.minutes) == ("07.1", "one (two)", 12)
    assert one.heading == "07.1 · one (two)"
    assert one.notebook == "07_seven.ipynb"
    assert one.stub == "one = ..."
    assert one.hints == ("First.", "Second\nline.")
    assert one.check == 'check("07.1", lambda: one)'
    assert (ten.stub, ten.hints, ten.minutes) == ("ten = ...", (), 3)


def test_an_exercise_is_found_by_its_number(notebooks):
    assert find_exercise("07.10").title == "ten"
    for number in ("07.2", "08.1", "09.1", "", "7.1", "*.1"):
        assert find_exercise(number) is None


def test_a_course_that_is_not_here_has_no_exercises(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "NOTEBOOKS", tmp_path / "none")
    assert notebook_paths() == []
    assert find_exercise("07.1") is None


@pytest.mark.parametrize("left_out", [3, 6])
def test_an_exercise_without_stub_or_check_is_refused(notebooks, left_out):
    cells = [c for i, c in enumerate(BOOK[:7]) if i != left_out]
    path = notebooks / "09_nine.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"exercise 07\.1 in 09_nine\.ipynb needs a stub and a check"
    ):
        exercises(path)


def test_the_course_has_all_its_exercises():
    found = {number: e for path in notebook_paths() for number, e in exercises(path).items()}
    assert len(found) >= 40
    assert all(e.hints and e.minutes and e.title for e in found.values())
