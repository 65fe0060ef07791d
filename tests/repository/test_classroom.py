"""`tools.classroom` judges a class, whatever was handed in, and goes on where it was stopped."""

import csv
import json
import os

import pytest

import tools.classroom
from tests.repository.test_grade import ANSWERS, STUBS, cell, make_course, needs_namespaces, save
from tests.repository.test_grade import tiny as cells_of
from tools.classroom import file_name, find, main, newest, plain

HOSTILE = {  # by student: the answer to 90.1, which takes nothing from the others
    "crash": "import os\nos.abort()",
    "endless": "while True:\n    pass",
    "exits": "import os\nos._exit(0)",
    "greedy": "x = bytearray(40 * 2**30)",
    "liar": "class Six:\n    __eq__ = lambda s, o: True\ndef total(numbers):\n    return Six()",
    "vandal": "import shutil, os\nfor folder in ({folder!r}, os.getcwd()):\n"
    "    shutil.rmtree(folder, ignore_errors=True)\ndef total(numbers):\n    return 5",
}


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    return make_course(tmp_path / "course", monkeypatch)


@pytest.fixture
def folder(tmp_path, notebooks):
    """A class of thirteen: files and folders, a copy, wrong, hostile and damaged notebooks."""
    place = tmp_path / "class"
    save(cells_of(ANSWERS), place / "Ada.ipynb")
    save(cells_of(STUBS), place / "=cmd|' !A0.ipynb")
    for student in ("Bo", "Cy"):
        wrong = {**ANSWERS, "90.1": "def total(numbers):\n    return max(numbers)"}
        save(cells_of(wrong), place / student / "my <b>work.ipynb")
    old = save(cells_of(STUBS), place / "Cy" / "z old.ipynb")
    os.utime(old, (1, 1))
    for student, answer in HOSTILE.items():
        answer = answer.replace("{folder!r}", repr(str(place)))
        save(cells_of({**ANSWERS, "90.1": answer}), place / student / "90_tiny.ipynb")
    (place / "Damaged.ipynb").write_text("{")
    save([cell("1 + 1")], place / "Ada's" / "notes.ipynb")
    save(cells_of(ANSWERS), place / ".ipynb_checkpoints" / "Ada-checkpoint.ipynb")
    return place


def rows(out):
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@needs_namespaces
def test_a_class(folder, tmp_path, capsys):
    before = {path: path.read_bytes() for path in folder.rglob("*.ipynb")}
    out = tmp_path / "out"
    command = [str(folder), "--out", str(out), "--jobs", "2", "--seconds", "2"]
    assert main(command) == 1
    assert {path: path.read_bytes() for path in folder.rglob("*.ipynb")} == before
    printed = capsys.readouterr().out
    assert "Cy: z old.ipynb is an older copy of 90_tiny.ipynb; my <b>work.ipynb" in printed
    assert "Ada: Ada.ipynb: 3 of 3 correct\n" in printed
    assert "Damaged: Damaged.ipynb: cannot grade: is not a notebook" in printed
    assert "12 notebooks, 2 not judged" in printed

    table = rows(out)
    assert list(table["Ada"]) == ["student", *ANSWERS, "correct", "problems"]
    assert {name: row["90.1"] for name, row in table.items() if row["90.1"]} == {
        **{"Ada": "correct", "Bo": "not yet", "Cy": "not yet", "'=cmd|' !A0": "not attempted"},
        **dict.fromkeys(("crash", "endless", "exits", "greedy"), "stopped"),
        **dict.fromkeys(("liar", "vandal"), "not yet"),
    }
    assert all(table[name]["correct"] == "2" for name in ("Bo", *HOSTILE))
    assert table["Damaged"]["problems"].startswith("Damaged.ipynb: is not a notebook")

    text = (out / "summary.md").read_text()
    assert "| 90.1 · one | 1 | 4 | 4 | 1 |" in text
    assert text.index("- 90.1, 3 of 10: not yet. It is not 6") < text.index("- 90.1, 1 of 10")
    assert "It ran longer than 2 seconds." in text
    assert "- Damaged: Damaged.ipynb: cannot grade" in text

    pages = sorted(path.name for path in (out / "students").iterdir())
    assert len(pages) == 12
    assert {"Ada.html", "Ada_s.html", "cmd_A0.html"} <= set(pages)
    assert "<b>work" not in (out / "students" / "Cy.html").read_text()
    assert "expected: 6" in (out / "students" / "Cy.html").read_text()

    assert main(command) == 1
    assert capsys.readouterr().out.count("(as before)") == 10
    assert rows(out) == table


def test_a_stopped_run_goes_on_where_it_was(folder, tmp_path, monkeypatch, capsys):
    calls, out = [], tmp_path / "out"

    class Fixed:
        def as_json(self):
            entry = {"exercise": "90.1", "title": "", "outcome": "correct", "message": ""}
            counts = {"version": 1, "notebook": "90_tiny.ipynb", "correct": 1, "total": 3}
            return {**counts, "exercises": [{**entry, "details": [], "seconds": 0.0}]}

    def stops_at_the_fourth(path, seconds, hidden, trusted):
        calls.append(path)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return Fixed()

    monkeypatch.setattr(tools.classroom, "grade", stops_at_the_fourth)
    command = [str(folder), "--out", str(out), "--jobs", "1"]
    assert main(command) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert not (out / "grades.csv").exists()
    kept = list((out / "results").glob("*.json"))
    n_kept = len(kept)
    assert n_kept >= 3
    kept[0].write_text("half a fi")  # damaged: judged again
    stopped_at = len(calls)
    assert main(command) == 1
    assert capsys.readouterr().out.count("(as before)") == n_kept - 1
    assert len(calls) - stopped_at == 10 - (n_kept - 1)
    save(cells_of(STUBS), folder / "Ada.ipynb")  # changed, and the only one
    calls_before = len(calls)
    assert main(command) == 1
    assert [path.name for path in calls[calls_before:]] == ["Ada.ipynb"]
    assert not list(out.rglob("*.part"))


def test_a_notebook_that_this_system_cannot_judge_stops_no_other_and_is_not_kept(
    folder, tmp_path, monkeypatch, capsys
):
    def fails(path, seconds, hidden, trusted):
        raise tools.classroom.CannotGradeError("the set-up fails")

    monkeypatch.setattr(tools.classroom, "grade", fails)
    assert main([str(folder), "--out", str(tmp_path / "out")]) == 2
    assert "12 notebooks, 12 not judged" in capsys.readouterr().out
    assert list((tmp_path / "out" / "results").iterdir()) == []
    assert json.dumps(rows(tmp_path / "out")).count("the set-up fails") == 10


def test_the_last_modified_copy_counts(folder):
    kept, notes = newest(find(folder))
    assert len(kept) == 12
    assert [one.path.name for one in kept if one.student == "Cy"] == ["my <b>work.ipynb"]
    assert len(notes) == 1


def test_names_are_safe_as_files_and_cells_are_no_formulas():
    taken = set()
    names = ["Ada", "ada", "../../etc", "Zoë Ünal", "", "con", "李", "a" * 300, "a/b\\c:d"]
    files = [file_name(name, taken) for name in names]
    assert files[:6] == ["Ada", "ada_2", "etc", "Zoe_Unal", "student", "con_"]
    assert len(set(map(str.lower, files))) == len(names)
    assert all(len(name) <= 64 and name.isascii() and "/" not in name for name in files)
    for text in ("=1+1", "+1", "-1", "@SUM", "\t=1", " =1"):
        assert plain(text) == f"'{text}"
    assert plain("Ada") == "Ada"


def test_what_cannot_be_graded(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty"), "--out", str(tmp_path / "out")]) == 2
    assert "no notebooks in" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
