"""The two ways to install agree, pins included; copies for learners are never overwritten."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tools.books import MAIN, ROOT, code_cells

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def conda():
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_conda_installs_exactly_what_make_installs():
    environment = conda()
    assert environment["name"] == PROJECT["name"] == "torch-course"
    assert environment["channels"] == ["conda-forge"]
    (section,) = [entry for entry in environment["dependencies"] if isinstance(entry, dict)]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (installed,) = re.findall(r"uv pip install --python \$\(PYTHON\) (-r .+)", makefile)
    assert " ".join(section["pip"]) == installed == "-r requirements.txt -e ."
    assert "pip" in environment["dependencies"]


def test_threads_sleep_while_they_wait_however_the_course_is_started():
    """Or a second busy program makes training many times slower."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    exported = dict(re.findall(r"^export (\w*OMP_\w+) \?= (\w+)$", makefile, re.MULTILINE))
    assert exported.keys() == {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}
    assert conda()["variables"] == exported
    config = (ROOT / "lab" / "jupyter_lab_config.py").read_text(encoding="utf-8")
    pattern = r'^os\.environ\.setdefault\("(\w*OMP_\w+)", "(\w+)"\)'
    assert dict(re.findall(pattern, config, re.MULTILINE)) == exported
    assert os.environ["OMP_NUM_THREADS"], "set by conftest.py for the tests and their kernels"


def test_the_python_of_conda_satisfies_the_project():
    names = [entry for entry in conda()["dependencies"] if isinstance(entry, str)]
    (python,) = [Requirement(entry) for entry in names if entry.startswith("python")]
    allowed, required = python.specifier, SpecifierSet(PROJECT["requires-python"])
    for minor in range(8, 20):
        assert Version(f"3.{minor}") in required or Version(f"3.{minor}") not in allowed
    assert Version("3.11") in allowed
    assert Version("3.11") in required


def test_every_dependency_is_pinned_to_a_version_in_its_range():
    pins = {}
    for line in PINS.splitlines():
        if line and not line.startswith((" ", "#")):
            pin = Requirement(line)
            pins.setdefault(pin.name, []).append(pin)
            assert re.fullmatch(r"==[^,*]+", str(pin.specifier)), line
    extra = PROJECT["optional-dependencies"]["test"]
    for wanted in map(Requirement, [*PROJECT["dependencies"], *extra]):
        for pin in pins[wanted.name]:
            assert str(pin.specifier).removeprefix("==") in wanted.specifier, wanted


def test_the_pins_name_no_index_and_no_path():
    lines = [line.partition("#")[0] for line in PINS.splitlines()]
    assert not re.search(r"https?:|--index|--find-links|file:|@", "\n".join(lines))


@pytest.mark.skipif(sys.platform == "win32", reason="needs make")
def test_make_copies_notebooks_without_outputs_and_never_overwrites_one(tmp_path):
    original = MAIN[0]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "pyproject.toml", f"notebooks/{original.name}"):
        shutil.copy(ROOT / name, tmp_path / name)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    stamp = "touch .venv/ready-$(pwd | cksum | cut -d ' ' -f 1)"  # the environment is ready
    copy = tmp_path / "my" / original.name
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON"}

    def make():
        subprocess.run(stamp, shell=True, cwd=tmp_path, check=True)
        command = ["make", f"my/{original.name}"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env=environment)

    make()
    assert all(cell.outputs == [] for cell in code_cells(copy))
    assert [c.source for c in code_cells(copy)] == [c.source for c in code_cells(original)]
    assert (tmp_path / "notebooks" / original.name).read_bytes() == original.read_bytes()
    copy.write_text("a learner's work")
    os.utime(copy, (0, 0))  # older than the environment and, as after a pull, the original
    make()
    assert copy.read_text() == "a learner's work"
