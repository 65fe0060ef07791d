"""`make grade` tells right from wrong answers, whatever the learner's notebook does."""

import shutil

import nbformat
import pytest

from tests.books import MAIN, SOLUTIONS, checks, exercise_id, name, tags
from tests.grade import grade, main

BOOK, SOLUTION = MAIN[0], SOLUTIONS[0]


def edited(source, target, edit):
    """Write a copy of a notebook whose code cells went through `edit`."""
    book = nbformat.read(source, as_version=4)
    for cell in book.cells:
        if cell.cell_type == "code":
            edit(cell)
    nbformat.write(book, target)
    return target


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_solutions_get_full_marks(path, capsys):
    assert main([str(path)]) == 0
    assert capsys.readouterr().out.endswith(f"{len(checks(path))} of {len(checks(path))} correct\n")


def test_a_mixed_notebook_with_a_faked_check_and_errors(tmp_path):
    """One wrong answer, one deleted check, an edited check, an own `check`, an error between."""
    numbers = list(checks(SOLUTION))

    def edit(cell):
        if "check" not in tags(cell):
            return
        number = exercise_id(cell)
        if number == numbers[0]:
            cell.source = f'check("{number}", lambda: 1)  # always right'
        if number == numbers[1]:
            cell.source = "1 / 0  # no check any more"
        if number == numbers[2]:
            cell.source = f"check = lambda *_: print('{number}: correct')\n{cell.source}"
            cell.metadata.tags = []

    path = edited(SOLUTION, tmp_path / "copy.ipynb", edit)
    verdicts = grade(path)
    assert list(verdicts) == numbers
    assert verdicts.pop(numbers[1]).startswith("not yet. (its check cell")
    assert verdicts.pop(numbers[2]).startswith("not yet. (its check cell")
    assert set(verdicts.values()) == {"correct"}


def test_stubs_and_a_dying_kernel_are_not_yet(tmp_path, capsys):
    def edit(cell):
        if "exercise" in tags(cell):
            cell.source = "import os; os._exit(1)"

    path = edited(BOOK, tmp_path / BOOK.name, edit)
    assert main([str(path)]) == 1
    out = capsys.readouterr().out
    assert out.count("not yet. (the notebook did not run to its check") == len(checks(BOOK))
    assert out.endswith(f"0 of {len(checks(BOOK))} correct\n")


def test_what_cannot_be_graded_is_an_error_of_its_own(tmp_path, capsys):
    foreign, broken = tmp_path / "notes.ipynb", tmp_path / "broken.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), foreign)
    broken.write_text("{")
    for path in (tmp_path / "none.ipynb", foreign, broken):
        assert main([str(path)]) == 2
        assert str(path) in capsys.readouterr().err
    assert main([]) == 2


def test_the_learners_file_is_left_as_it_is(tmp_path):
    path = tmp_path / BOOK.name
    shutil.copy(SOLUTION, path)
    before = path.read_bytes()
    grade(path)
    assert path.read_bytes() == before
