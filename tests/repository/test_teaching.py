"""The plans for teaching hold the notebooks' own minutes, and the handout has no solutions."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile

import pytest

from tools.books import MAIN, ROOT, SOLUTIONS, code_cells, tags
from tools.handout import FOLDER, handout, main
from torch_course.course import notebook_minutes

PAGE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
MINUTES = {path.name[:2]: notebook_minutes(path) for path in MAIN}


def test_each_plan_has_each_notebook_once_with_its_minutes():
    plans = PAGE.split("\n## ")[2:]
    assert len(plans) == 3
    for plan in plans:
        rows = re.findall(r"^\| .+ \| (\d\d) \| (\d+) \|$", plan, re.MULTILINE)
        assert {number: int(minutes) for number, minutes in rows} == MINUTES
        assert len(rows) == len(MINUTES)


def test_the_readme_has_the_same_minutes():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\d\d) .*\| (\d+) minutes \|", readme, re.MULTILINE)
    assert {number: int(minutes) for number, minutes in rows} == MINUTES


@pytest.fixture(scope="module")
def packed():
    return handout()


def test_the_handout_is_the_course_without_solutions(packed, tmp_path):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = [name.removeprefix(f"{FOLDER}/") for name in archive.namelist()]
        archive.extractall(tmp_path)
    assert {f"notebooks/{path.name}" for path in MAIN} < set(names)
    assert {"Makefile", "data/README.md", "lab/overrides.json", "notebooks/start.ipynb"} < set(
        names
    )
    assert not [name for name in names if re.search("solution|__pycache__|tests/|ubyte$|^my", name)]
    assert len([name for name in names if name.endswith("ubyte.gz")]) == 4
    texts = "".join(p.read_text("utf-8") for p in (tmp_path / FOLDER).rglob("*.ipynb"))
    answers = [cell.source for p in SOLUTIONS for cell in code_cells(p) if "exercise" in tags(cell)]
    assert len(answers) >= 40
    for answer in answers:
        assert json.dumps(answer, ensure_ascii=False)[1:-1] not in texts


def test_the_handout_works_by_itself(packed, tmp_path):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
    code = (
        "from helper_functions import hint, next_exercise; next_exercise()\n"
        "for _ in range(3): hint('00.1')"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "COURSE_LIVE")}
    folder = tmp_path / FOLDER
    environment["PYTHONPATH"] = str(folder)
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    first, *_, last = run.stdout.splitlines()
    assert first.startswith("00.1 · ")
    assert last == "00.1: No more hints.", "there are no solutions to point to"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="answers are judged in forked processes")
def test_a_notebook_can_be_watched_in_the_handout(packed, tmp_path):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / FOLDER
    (folder / "my").mkdir()
    (folder / "my" / SOLUTIONS[0].name).write_bytes(SOLUTIONS[0].read_bytes())
    code = (
        "import pathlib, sys; from tools.watch import look; print(look(pathlib.Path(sys.argv[1])))"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", code, f"my/{SOLUTIONS[0].name}"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "8 of 8 correct" in run.stdout


def test_the_same_files_give_the_same_zip(packed):
    assert handout() == packed


def test_what_cannot_be_written_is_said(tmp_path, capsys):
    assert main([]) == main(["a", "b"]) == 2
    assert main([str(tmp_path / "none" / "a.zip")]) == 2
    assert "can't be written" in capsys.readouterr().err
    assert main([str(tmp_path / "a.zip")]) == 0
    assert "without solutions" in capsys.readouterr().out
    assert zipfile.is_zipfile(tmp_path / "a.zip")
