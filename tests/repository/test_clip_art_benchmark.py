"""Notebook 05's stored table: whole, better than guessing, of the networks that it writes out."""

import ast
import csv
from collections import Counter

import pytest
import torch
from torch import nn
from torchvision.transforms import v2

from benchmarks import clip_art
from helper_functions import set_seeds
from tools.books import ROOT, code_cells

BOOK = ROOT / "notebooks" / "05_custom_datasets.ipynb"


def table():
    with open(clip_art.TABLE, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_holds_every_variant_with_every_seed():
    assert list(table()[0]) == clip_art.COLUMNS
    found = Counter((row["variant"], int(row["seed"])) for row in table())
    assert found == Counter((v, seed) for v in clip_art.VARIANTS for seed in clip_art.SEEDS)
    assert all(1 <= int(row["epochs"]) <= clip_art.EPOCHS for row in table())


def test_every_model_beats_the_majority_class_with_every_seed():
    balanced = [float(row["val_balanced_accuracy"]) for row in table()]
    assert min(balanced) > 1 / 3 + 0.07


@pytest.mark.parametrize("variant", clip_art.VARIANTS)
def test_every_variant_can_be_measured(variant, monkeypatch):
    monkeypatch.setattr(clip_art, "EPOCHS", 1)
    row = clip_art.measure(variant, 42)
    assert row[:3] == [variant, "42", "1"]
    assert all(0 <= float(value) < 10 for value in row[3:])


def test_features_give_the_same_row_again():
    stored = [row for row in table() if row["variant"] == "linear on features"]
    (expected,) = [list(row.values()) for row in stored if row["seed"] == "42"]
    row = clip_art.measure("linear on features", 42)
    assert row[:3] == expected[:3]
    assert [float(x) for x in row[3:]] == pytest.approx([float(x) for x in expected[3:]], abs=0.02)


def test_the_networks_are_those_that_the_notebook_writes_out():
    names = {"tiny_vgg", "augment_each"}
    parsed = ast.parse("\n".join(cell.source for cell in code_cells(BOOK)))
    nodes = [
        node
        for node in parsed.body
        if getattr(node, "name", None) in names
        or (
            isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("to_float", "augment")
        )
    ]
    assert len(nodes) == 4
    theirs = {"torch": torch, "nn": nn, "v2": v2}
    exec(compile(ast.Module(nodes, []), BOOK.name, "exec"), theirs)
    pictures, _ = clip_art.pictures("val", 64)
    augmented, logits = [], []
    for build, space in ((theirs["tiny_vgg"], theirs), (clip_art.network, vars(clip_art))):
        set_seeds(42)
        model = build(3, dropout=0.5).eval()
        logits.append(model(space["to_float"](pictures[:8])))
        augmented.append(space["augment_each"](pictures[:8]))
    assert torch.equal(*logits)
    assert torch.equal(*augmented)
