"""The benchmarks run and measure what they say, and their page is what they wrote."""

import ast
import csv
import json
import math

import pytest
import torch
from torch import nn

from benchmarks import ablation, measure, recipe, rows
from benchmarks.__main__ import README, RESULTS, TABLES, render
from helper_functions import TensorLoader, get_device, set_seeds, train
from tools.books import ROOT, code_cells
from torch_course import models

BOOK = ROOT / "notebooks" / "04_fashion_mnist_cnns.ipynb"


def read(name):
    with open(ablation.FOLDER / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_page_is_what_was_measured():
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert README.read_text(encoding="utf-8") == render(results)
    assert set(results["cpu"]) == set(TABLES)
    for measured in results["cpu"].values():
        assert {"date", "processor", "cores and threads", "versions"} <= set(measured["on"])
        assert not any("not installed" in row.values() for row in measured["rows"])


@pytest.mark.parametrize("name", [name for name in TABLES if name != "race"])
def test_every_table_can_be_measured(name, monkeypatch):
    monkeypatch.setattr(rows, "FRAMEWORKS", {"Absent": None})  # installed for `make bench` alone
    empty = {name: "pass" for name in rows.IMPORTS}  # to import torch takes seconds
    monkeypatch.setattr(rows, "IMPORTS", empty)
    function, *_ = TABLES[name]
    table = function(640, 1)
    first = list(table[0])
    assert len(table) >= 3
    assert all(list(row) == first for row in table)
    assert "1.00 (1.00 to 1.00)" in table[0].values()
    assert name != "loops" or table[-1] == {"loop": "Absent", "linear model": "not installed"}


def test_the_race_can_be_run():
    table = rows.race(512, 1, epochs=1, recipes={"recipe": {"epochs": 1}})
    assert [row["run"] for row in table][2:] == ["recipe"]
    assert table[0]["time"] == "1.00 (1.00 to 1.00)"
    assert {"88%", "93%"} <= set(table[0])
    assert table[0]["93%"] == "not reached, 0 of 1"


def test_ratios_are_taken_within_a_round():
    times = {"base": [1.0, 2.0, 4.0], "other": [2.0, 2.0, 2.0]}
    assert measure.ratios(times, "base")["other"] == "1.00 (0.50 to 2.00)"


def test_cases_take_turns_and_the_first_round_warms_up():
    order = []

    def case(name):
        return lambda: lambda: order.append(name)

    times = measure.interleave({"a": case("a"), "b": case("b")}, 2)
    assert order == ["a", "b"] * 3
    assert [len(values) for values in times.values()] == [2, 2]


def test_an_accuracy_is_reached_at_its_first_epoch_or_never():
    assert rows._reached([0.5, 0.9, 0.8], [1.0, 2.0, 3.0], 0.8) == 2.0
    assert rows._reached([0.5], [1.0], 0.8) == math.inf


def test_the_networks_have_the_sizes_that_their_docstrings_name():
    for build, n in (
        (recipe.linear, 7_850),
        (models.tiny_vgg, 7_740),
        (models.small_resnet, 116_714),
    ):
        model = build()
        assert sum(parameter.numel() for parameter in model.parameters()) == n
        assert f"{n:,} parameters" in build.__doc__
        assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def written_in_the_notebook(*names):
    """Return the functions and classes of these names that notebook 04 defines."""
    parsed = ast.parse("\n".join(cell.source for cell in code_cells(BOOK)))
    nodes = [node for node in parsed.body if getattr(node, "name", None) in names]
    assert {node.name for node in nodes} == set(names)
    space = {"torch": torch, "nn": nn, "set_seeds": set_seeds, "train": train}
    space |= {"TensorLoader": TensorLoader, "device": get_device()}
    space["smooth_loss"] = nn.CrossEntropyLoss(label_smoothing=recipe.LABEL_SMOOTHING)
    exec(compile(ast.Module(nodes, []), BOOK.name, "exec"), space)
    return space


def test_the_recipe_is_the_one_that_the_notebook_writes_out():
    names = ["tiny_vgg", "conv_block", "Residual", "small_resnet", "flip_half", "one_cycle"]
    theirs = written_in_the_notebook(*names, "fit_recipe")
    set_seeds(42)
    X, y = torch.randn(600, 1, 28, 28), torch.randint(10, (600,))
    for build in ("tiny_vgg", "small_resnet"):
        logits = []
        for make in (theirs[build], getattr(models, build)):
            set_seeds(42)
            logits.append(make()(X[:8]))
        assert torch.equal(*logits)
    model = theirs["fit_recipe"](X, y, epochs=1)
    ours, _ = recipe.fit(
        models.small_resnet, (X.to(get_device()), y.to(get_device())), None, epochs=1
    )
    for expected, found in zip(
        model.state_dict().values(), ours.state_dict().values(), strict=True
    ):
        assert torch.equal(expected, found)


def test_without_momentum_there_is_none():
    """A one-cycle schedule would set one of its own."""
    data = torch.randn(512, 1, 28, 28), torch.randint(10, (512,))
    data = tuple(tensor.to(get_device()) for tensor in data)
    set_seeds(42)
    for momentum, n_buffers in ((0.0, 0), (0.9, 2)):
        seen = []

        class Watched(torch.optim.SGD):
            def __init__(self, *args, seen=seen, **kwargs):
                super().__init__(*args, **kwargs)
                seen.append(self)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch.optim, "SGD", Watched)
            recipe.fit(recipe.linear, data, None, epochs=1, momentum=momentum)
        (optimizer,) = seen
        buffers = [s for s in optimizer.state.values() if s.get("momentum_buffer") is not None]
        assert len(buffers) == n_buffers


def test_the_flip_at_test_time_adds_the_mirror_image_in_eval_mode_only():
    X = torch.randn(3, 1, 28, 28)
    model = recipe.linear()
    flipping = recipe.TestTimeFlip(model)
    assert torch.equal(flipping.train()(X), model(X))
    assert torch.allclose(flipping.eval()(X), model(X) + model(X.flip(3)))
    assert torch.allclose(flipping(X), flipping(X.flip(3)), atol=1e-6)


def test_half_of_the_pictures_are_mirrored():
    set_seeds(42)
    X = torch.arange(28.0).expand(1000, 1, 28, 28)
    mirrored = recipe.flip_half(X)[:, 0, 0, 0] == 27
    assert 450 < mirrored.sum() < 550
    assert torch.equal(recipe.flip_half(X).sort(dim=3).values, X)


def test_a_row_of_the_ablation_can_be_measured():
    row = ablation.measure("no flips", 0.2, 42, epochs=1, n=512)
    assert row[:4] == ["no flips", "0.2", "42", "1"]
    assert all(0 < float(value) < 1 for value in row[4:])


def test_the_stored_ablation_is_whole_and_uses_the_rates_that_were_chosen():
    table, tuning = read("fashion_mnist"), read("learning_rates")
    for rows_, variants, n in ((table, ablation.VARIANTS, 5), (tuning, ablation.TUNED, 4)):
        assert list(rows_[0]) == ablation.COLUMNS
        counts = {variant: sum(row["variant"] == variant for row in rows_) for variant in variants}
        assert counts == dict.fromkeys(variants, n)
        assert len(rows_) == n * len(variants)
    assert {int(row["seed"]) for row in table} == set(ablation.SEEDS)
    assert {int(row["seed"]) for row in tuning} == {ablation.TUNING_SEED}
    for row in table:
        assert float(row["lr"]) == ablation.best_rate(row["variant"])
        assert int(row["epochs"]) == ablation.EPOCHS


def test_the_split_is_that_of_the_notebook_and_has_no_picture_twice():
    (X, y), (X_val, y_val) = recipe.split()
    assert (len(X), len(X_val)) == (50_000, 10_000)
    order = torch.randperm(60_000, generator=torch.Generator().manual_seed(42))
    _, labels = recipe.pictures(train=True)
    assert torch.equal(torch.cat([y, y_val]), labels[order])


def test_mixed_precision_gives_float32_logits():
    model = recipe.MixedPrecision(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))
    logits = model(torch.randn(2, 1, 28, 28))
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, model.model(torch.randn(2, 1, 28, 28)))
    loader = TensorLoader(torch.zeros(4, 1, 28, 28), torch.zeros(4).long(), batch_size=2)
    assert recipe.flip_accuracy(model.cpu(), loader)[0] in (0.0, 1.0)
