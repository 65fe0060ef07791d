"""make reset puts a stub or a notebook back, keeps a backup, and refuses what it can't do."""

import copy

import nbformat
import pytest

from tools import reset
from tools.books import MAIN, ROOT
from tools.reset import main
from torch_course.course import exercises

NUMBER = "00.2"
ORIGINAL = MAIN[0]


@pytest.fixture
def my(tmp_path, monkeypatch):
    """Make a learner's copy of notebook 00, in which each answer is a 1."""
    monkeypatch.setattr(reset, "MY", tmp_path / "my")
    assert main(["--book", "00"]) == 0
    path = tmp_path / "my" / ORIGINAL.name
    book = nbformat.read(path, as_version=4)
    for cell in book.cells:
        if "exercise" in cell.metadata.get("tags", []):
            cell.source = "mine = 1"
            cell.outputs = [nbformat.v4.new_output("stream", text="1")]
    nbformat.write(book, path)
    return tmp_path / "my"


def sources(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def answers(path):
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if "exercise" in cell.metadata.get("tags", [])]


def test_an_exercise_is_put_back_and_nothing_else(my, capsys):
    before = (my / ORIGINAL.name).read_bytes()
    assert main(["--exercise", NUMBER]) == 0
    stubs = [exercise.stub for exercise in exercises(ORIGINAL).values()]
    found = answers(my / ORIGINAL.name)
    expected = ["mine = 1", stubs[1], *["mine = 1"] * (len(stubs) - 2)]
    assert [cell.source for cell in found] == expected
    assert found[1].outputs == []
    assert found[0].outputs != []
    (backup,) = (my / "backups").iterdir()
    assert backup.read_bytes() == before
    assert backup.name in capsys.readouterr().out


def test_a_notebook_is_put_back_without_outputs(my):
    before = (my / ORIGINAL.name).read_bytes()
    assert main(["--book", "00"]) == 0
    assert sources(my / ORIGINAL.name) == sources(ORIGINAL)
    cells = nbformat.read(my / ORIGINAL.name, as_version=4).cells
    assert all(cell.outputs == [] for cell in cells if cell.cell_type == "code")
    (backup,) = (my / "backups").iterdir()
    assert backup.read_bytes() == before


def test_a_cell_that_was_split_becomes_one_again(my):
    path = my / ORIGINAL.name
    book = nbformat.read(path, as_version=4)
    places = [i for i, c in enumerate(book.cells) if "exercise" in c.metadata.get("tags", [])]
    other = copy.deepcopy(book.cells[places[1]])
    other["id"] = "another"
    book.cells.insert(places[1], other)
    nbformat.write(book, path)
    assert main(["--exercise", NUMBER]) == 0
    assert sum(cell.source == "mine = 1" for cell in answers(path)) == len(places) - 1
    assert len(answers(path)) == len(places)


def test_a_folder_for_backups_that_cannot_be_made_is_said(my, capsys):
    (my / "backups").write_text("a file")
    before = (my / ORIGINAL.name).read_bytes()
    assert main(["--exercise", NUMBER]) == 2
    assert "nothing was reset" in capsys.readouterr().err
    assert (my / ORIGINAL.name).read_bytes() == before


def test_two_resets_keep_two_backups(my):
    assert main(["--exercise", "00.1"]) == main(["--exercise", "00.2"]) == 0
    assert len(list((my / "backups").iterdir())) == 2


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b"\xff\xfe"])
def test_a_damaged_notebook_is_kept_and_can_be_put_back(my, capsys, content):
    path = my / ORIGINAL.name
    path.write_bytes(content)
    before = path.read_bytes()
    assert main(["--exercise", NUMBER]) == 2
    assert "nothing was reset" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert main(["--book", "00"]) == 0
    assert sources(path) == sources(ORIGINAL)


def test_what_is_not_there_is_named(my, capsys):
    for arguments, message in (
        (["--exercise", "00.99"], "the course has no exercise 00.99"),
        (["--exercise", "x"], "the course has no exercise x"),
        (["--book", "99"], "the course has no notebook 99, but 00, 01"),
        (["--exercise", "01.1"], "there is no my/01_workflow.ipynb; make lab makes it"),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err
    for arguments in ([], ["--book", "00", "--exercise", "00.1"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2


def test_a_cell_that_was_deleted_cannot_be_put_back(my, capsys):
    path = my / ORIGINAL.name
    book = nbformat.read(path, as_version=4)
    book.cells = [c for c in book.cells if "exercise" not in c.metadata.get("tags", [])]
    nbformat.write(book, path)
    before = path.read_bytes()
    assert main(["--exercise", NUMBER]) == 2
    assert "make reset BOOK=00 starts all of it afresh" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_make_has_the_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "tools.reset $(if $(EXERCISE),--exercise" in makefile
