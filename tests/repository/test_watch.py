"""make watch sees a notebook that is saved, and nothing else, and names what is open first."""

import select
import shutil
import subprocess
import sys

import nbformat
import pytest
from watchfiles import Change

from tools.books import MAIN, ROOT, SOLUTIONS
from tools.watch import look, saved

NAME = MAIN[0].name


def test_a_line_names_the_first_open_exercise(tmp_path):
    shutil.copy(SOLUTIONS[0], tmp_path / NAME)
    assert look(tmp_path / NAME) == f"{NAME}: 8 of 8 correct. Well done"
    book = nbformat.read(tmp_path / NAME, as_version=4)
    third = [cell for cell in book.cells if "exercise" in cell.metadata.get("tags", [])][2]
    third.source = "def distances(a, b):\n    return a - b"
    nbformat.write(book, tmp_path / NAME)
    line = look(tmp_path / NAME)
    assert line.startswith(f"{NAME}: 7 of 8 correct; next 00.3 · every point with every other: ")
    assert "stopped. RuntimeError" in line


def test_what_is_no_notebook_is_named(tmp_path):
    (tmp_path / NAME).write_text("{")
    assert look(tmp_path / NAME).startswith(f"{NAME}: ")
    assert "is not a notebook" in look(tmp_path / NAME)


def test_only_the_courses_notebooks_count_and_each_once(tmp_path):
    (tmp_path / "deeper").mkdir()
    changes = [
        (Change.modified, tmp_path / NAME),
        (Change.added, tmp_path / NAME),
        (Change.added, tmp_path / MAIN[1].name),
        (Change.deleted, tmp_path / MAIN[2].name),
        (Change.added, tmp_path / f".~{NAME}"),
        (Change.added, tmp_path / "renamed.ipynb"),
        (Change.added, tmp_path / "start.ipynb"),
        (Change.added, tmp_path / "progress.json"),
        (Change.added, tmp_path / "deeper" / NAME),
    ]
    found = list(saved([(change, str(path)) for change, path in changes], tmp_path))
    assert [path.name for path in found] == [NAME, MAIN[1].name, "renamed.ipynb"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs make's shell")
def test_a_save_is_seen(tmp_path):
    """Start it in a folder of its own, save a notebook, read the line, interrupt it."""
    program = (
        "import sys, pathlib, tools.watch as w\n"
        "w.MY = pathlib.Path(sys.argv[1]); w.look = lambda path: 'saw ' + path.name\n"
        "sys.exit(w.main())"
    )
    command = [sys.executable, "-u", "-c", program, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as watcher:
        try:
            assert "Watching" in watcher.stdout.readline()
            line = ""
            for number in range(100):  # until it watches: its first line comes before
                (tmp_path / NAME).write_text(str(number))
                line = line or _line_within(watcher, 1)
                if line:
                    break
            assert line == f"saw {NAME}\n"
        finally:
            watcher.terminate()


def _line_within(process, seconds):
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    return process.stdout.readline() if ready else ""
