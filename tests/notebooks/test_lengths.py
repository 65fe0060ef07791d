"""Second editions keep to the budget, show pictures, and say how long they take."""

import re

import nbformat
import pytest

from tools.books import MAIN, name, tags
from tools.lengths import PICTURES, SECOND_EDITION, budget, lengths, n_pictures
from torch_course.course import notebook_minutes

second = pytest.mark.parametrize(
    "path", [path for path in MAIN if path.name[:2] in SECOND_EDITION], ids=name
)


@second
def test_a_notebook_keeps_to_its_budget(path):
    row = lengths(path)
    assert {key: row[key] for key, most in budget(path).items() if row[key] > most} == {}
    assert row["pictures"] >= PICTURES


@second
def test_the_time_it_states_is_the_time_that_it_takes(path):
    assert abs(notebook_minutes(path) - lengths(path)["minutes"]) <= 5


@second
def test_each_section_has_a_picture(path):
    n_shown = {}
    for cell in nbformat.read(path, as_version=4).cells:
        heading = re.match(r"## \d+\. .+", cell.source)
        if cell.cell_type == "markdown" and heading:
            n_shown[heading[0]] = 0
        if n_shown and not {"exercise", "check"} & set(tags(cell)):
            n_shown[[*n_shown][-1]] += n_pictures(cell)
    assert len(n_shown) >= 5
    assert [section for section, n in n_shown.items() if n == 0] == []


@second
def test_two_figures_move(path):
    cells = nbformat.read(path, as_version=4).cells
    moved = sum(len(re.findall(r"^play\(", c.source, re.M)) for c in cells if c.cell_type == "code")
    assert moved >= 2
