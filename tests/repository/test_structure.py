"""The house: what lies where, and which way imports run."""

import ast
import os
import subprocess
import sys

import pytest

from tools.books import ROOT

PACKAGE = sorted((ROOT / "torch_course").glob("*.py"))
PROGRAMS = [
    path
    for folder in ("torch_course", "tools", "benchmarks", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
# A module imports from those before it, and from none behind it.
ORDER = [
    *("_checks", "_files", "_bar", "environment", "data", "models", "loaders"),
    *("picture_files", "pictures"),
    *("_epoch", "checkpoints", "figures", "planes", "drawings", "play", "evaluation", "training"),
    *("course", "progress", "exercises"),
]


def imported(path):
    """Return the names of the modules that a file imports, wherever it does so."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return names


def test_every_module_of_the_package_has_its_place_in_the_order():
    assert sorted(["__init__", *ORDER]) == sorted(path.stem for path in PACKAGE)


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: path.stem)
def test_imports_run_in_one_direction(path):
    ours = {name for name in imported(path) if name.split(".")[0] == "torch_course"}
    before = ORDER[: ORDER.index(path.stem)] if path.stem in ORDER else []
    assert ours <= {f"torch_course.{name}" for name in before}


@pytest.mark.parametrize("folder", ["torch_course", "tools", "benchmarks"])
def test_the_package_knows_none_of_those_who_use_it(folder):
    users = {"torch_course": {"tools", "tests", "benchmarks", "data", "helper_functions"}}
    forbidden = users.get(folder, {"tests"})
    for path in sorted((ROOT / folder).rglob("*.py")):
        assert not {name.split(".")[0] for name in imported(path)} & forbidden, path.name


def test_files_are_short_and_their_first_line_says_what_for():
    for path in PROGRAMS:
        text = path.read_text(encoding="utf-8")
        assert len((ast.get_docstring(ast.parse(text)) or "").splitlines()[0]) > 20, path
        if path in PACKAGE:
            assert len(text.splitlines()) <= 300, path


def test_data_holds_data_alone():
    assert list((ROOT / "data").rglob("*.py")) == []


def test_no_installed_package_takes_the_place_of_a_folder(tmp_path):
    folders = ("benchmarks", "tests", "tools", "torch_course")
    for name in folders:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong one')")
    code = f"import {', '.join(folders)}"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
