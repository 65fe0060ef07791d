"""train_step and train against loops and arithmetic written out here."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader, IterableDataset

from helper_functions import accuracy, get_device, set_seeds, test_step, train, train_step
from tests.unit.problems import problem, sgd


def test_train_step_is_the_five_steps_and_its_means_are_over_examples():
    model, loader, X, y = problem()
    by_hand, loss_fn = problem()[0], nn.CrossEntropyLoss()
    optimizer = sgd(by_hand)
    losses, right = [], []
    for start in range(0, 10, 4):  # batches of 4, 4 and 2
        logits = by_hand(X[start : start + 4])
        targets = y[start : start + 4]
        losses += nn.functional.cross_entropy(logits, targets, reduction="none").tolist()
        right += (logits.argmax(dim=1) == targets).tolist()
        optimizer.zero_grad()
        loss_fn(logits, targets).backward()
        optimizer.step()
    means = train_step(model, loader, loss_fn, sgd(model), metric=accuracy)
    assert list(means) == ["loss", "accuracy"]
    assert means["loss"] == pytest.approx(np.mean(losses), rel=1e-6)
    assert means["accuracy"] == pytest.approx(np.mean(right))
    for ours, expected in zip(model.parameters(), by_hand.parameters(), strict=True):
        assert torch.equal(ours, expected)


class Synchronisations(TorchDispatchMode):
    """Count what would make the CPU wait for a GPU: numbers read out of tensors."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Count and go on."""
        self.count += func.overloadpacket is torch.ops.aten._local_scalar_dense
        return func(*args, **(kwargs or {}))


def test_nothing_synchronises_inside_an_epoch():
    counts = []
    for n in (8, 80):
        model, _, X, y = problem(n=n)
        loader = list(zip(X.split(4), y.split(4), strict=True))
        with Synchronisations() as synchronisations:
            train(model, loader, loader, nn.CrossEntropyLoss(), sgd(model), 2, metric=accuracy)
        counts.append(synchronisations.count)
    assert counts[0] == counts[1]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_cuda_never_waits_inside_an_epoch():
    model, loader, *_ = problem()
    model.cuda()
    optimizer, loss_fn, seen = sgd(model), nn.CrossEntropyLoss(), []

    def batches():
        torch.cuda.set_sync_debug_mode("error")
        yield from loader
        seen.append(True)
        torch.cuda.set_sync_debug_mode("default")

    try:
        train_step(model, batches(), loss_fn, optimizer, metric=accuracy)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert seen


# --- train


def test_history_is_a_table_in_the_documented_order():
    model, loader, *_ = problem()
    history = train(model, loader, loader, nn.CrossEntropyLoss(), sgd(model), 3, metric=accuracy)
    assert list(history) == ["train_loss", "val_loss", "train_accuracy", "val_accuracy"]
    assert pd.DataFrame(history).shape == (3, 4)
    assert history["train_loss"][-1] < history["train_loss"][0]


def test_train_is_a_loop_over_the_steps_and_draws_no_random_number_of_its_own():
    loss_fn = nn.CrossEntropyLoss()
    model, loader, X, y = problem(shuffle=True)
    optimizer, by_hand, val = sgd(model), [], [(X[:3], y[:3])]
    for _ in range(3):
        trained = train_step(model, loader, loss_fn, optimizer, metric=accuracy)
        by_hand.append((trained, test_step(model, val, loss_fn, metric=accuracy)))
    model, loader, *_ = problem(shuffle=True)
    history = train(model, loader, val, loss_fn, sgd(model), 3, metric=accuracy)
    for name in ("loss", "accuracy"):
        assert history[f"train_{name}"] == [trained[name] for trained, _ in by_hand]
        assert history[f"val_{name}"] == [validated[name] for _, validated in by_hand]


def test_validation_and_metric_may_be_left_out():
    model, loader, *_ = problem()
    history = train(model, loader, None, nn.CrossEntropyLoss(), sgd(model), 2)
    assert list(history) == ["train_loss"]


def test_another_metric_names_its_own_keys():
    def absolute_error(y_pred, y):
        return (y_pred - y).abs().flatten()

    set_seeds(42)
    X, y = torch.randn(6, 1), torch.randn(6, 1)
    model = nn.Linear(1, 1).to(get_device())
    history = train(model, [(X, y)], [(X, y)], nn.L1Loss(), sgd(model), 2, metric=absolute_error)
    assert list(history)[2:] == ["train_absolute_error", "val_absolute_error"]
    assert history["train_absolute_error"] == pytest.approx(history["train_loss"])


def test_the_scheduler_steps_after_each_epoch():
    model, loader, *_ = problem()
    optimizer = sgd(model)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
    train(model, loader, None, nn.CrossEntropyLoss(), optimizer, 4, scheduler=scheduler)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * 0.1**2)


def test_a_loss_that_is_not_finite_stops_after_its_epoch_and_says_so(capsys):
    model = problem()[0]
    X, y = torch.randn(4, 5), torch.randn(4, 3)
    history = train(model, [(X, y)], None, nn.MSELoss(), sgd(model, lr=1e12), 50)
    out = capsys.readouterr().out
    n = len(history["train_loss"])
    assert n < 50
    assert not math.isfinite(history["train_loss"][-1])
    assert all(map(math.isfinite, history["train_loss"][:-1]))
    assert out.startswith(f"Stopped after epoch {n} ")
    assert "1e+12" in out


@pytest.mark.parametrize("where", ["train", "val"])
def test_an_interrupt_returns_the_finished_epochs_and_says_which(capsys, where):
    model, loader, *_ = problem()
    epochs = []

    class Interrupting:
        def __iter__(self):
            epochs.append(1)
            yield from list(loader)[:1]
            if len(epochs) == 3:
                raise KeyboardInterrupt
            yield from list(loader)[1:]

    loaders = {"train": loader, "val": loader, where: Interrupting()}
    model.train()
    history = train(model, loaders["train"], loaders["val"], nn.CrossEntropyLoss(), sgd(model), 9)
    assert [len(values) for values in history.values()] == [2, 2]
    assert "Interrupted in epoch 3. The history holds the 2 fin" in capsys.readouterr().out
    assert model.training


def test_the_model_is_left_as_it_was_found():
    model, loader, *_ = problem()
    for training in (True, False):
        model.train(training)
        model[0].train(not training)
        before = [module.training for module in model.modules()]
        train_step(model, loader, nn.CrossEntropyLoss(), sgd(model))
        test_step(model, loader, nn.CrossEntropyLoss())
        assert [module.training for module in model.modules()] == before


class Block(nn.Sequential):
    """A layer, batch norm and dropout, as a pretrained part has them."""

    def __init__(self):
        super().__init__(nn.Linear(5, 5), nn.BatchNorm1d(5), nn.Dropout(0.5))


@pytest.mark.parametrize("whole", ["train", "eval"])
@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_part_stays_frozen(whole, frozen):
    """Frozen is what is in eval mode inside a model in train mode, or has frozen parameters."""
    set_seeds(42)
    part = Block()
    model = nn.Sequential(part, nn.Linear(5, 3))
    model.train(whole == "train")
    if frozen:
        part.eval().requires_grad_(False)
    seen = []
    part[2].register_forward_hook(lambda module, _, out: seen.append((out == 0).any().item()))
    loader = [(torch.randn(40, 5), torch.randint(3, (40,)))]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    train_step(model, loader, nn.CrossEntropyLoss(), sgd(model[1] if frozen else model))
    moved = {n for n, v in model.state_dict().items() if not torch.equal(v, before[n])}
    assert {"1.weight", "1.bias"} <= moved
    assert any(name.startswith("0.") for name in moved) is not frozen
    if whole == "train":
        assert seen == [not frozen], "dropout is off in a frozen part alone"


def test_gradients_of_the_batch_before_are_forgotten():
    """The update is that of the batch's own gradient, also if there is an old one."""
    model, loader, *_ = problem()
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 1e6)
    train_step(model, loader, nn.CrossEntropyLoss(), sgd(model))
    assert max(parameter.abs().max().item() for parameter in model.parameters()) < 10


def test_the_gradients_that_stay_are_those_of_the_last_batch():
    model, loader, X, y = problem()
    train_step(model, loader, nn.CrossEntropyLoss(), sgd(model, lr=0.0))
    kept = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    nn.CrossEntropyLoss()(model(X[8:]), y[8:]).backward()
    for grad, parameter in zip(kept, model.parameters(), strict=True):
        assert torch.allclose(grad, parameter.grad)


def test_what_is_kept_of_an_epoch_holds_no_graph():
    """Or the memory of every batch would be held until the epoch ends."""
    model, loader, *_ = problem()
    graphs = []

    def watched(logits, targets):
        graphs.append(logits.requires_grad)
        return accuracy(logits, targets)

    train_step(model, loader, nn.CrossEntropyLoss(), sgd(model), metric=watched)
    assert graphs == [False, False]


def test_a_stream_without_a_length_can_be_trained_on():
    class Stream(IterableDataset):
        def __iter__(self):
            for i in range(10):
                yield torch.full((5,), float(i)), i % 3

    model = problem()[0]
    loader = DataLoader(Stream(), batch_size=4)
    history = train(model, loader, loader, nn.CrossEntropyLoss(), sgd(model, lr=0.01), 2)
    assert [len(values) for values in history.values()] == [2, 2]


@pytest.mark.parametrize(
    ("mode", "with_val", "key"),
    [
        ("min", True, "val_loss"),
        ("min", False, "train_loss"),
        ("max", True, "val_accuracy"),
        ("max", False, "train_accuracy"),
    ],
)
def test_a_plateau_scheduler_is_told_what_it_waits_for(mode, with_val, key, monkeypatch):
    model, loader, X, y = problem()
    optimizer, told = sgd(model), []
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode=mode)
    monkeypatch.setattr(scheduler, "step", told.append)
    val = [(X[:3], y[:3])] if with_val else None
    loss_fn, options = nn.CrossEntropyLoss(), {"metric": accuracy, "scheduler": scheduler}
    history = train(model, loader, val, loss_fn, optimizer, 3, **options)
    assert told == history[key]


def test_a_plateau_scheduler_lowers_the_rate():
    model, loader, *_ = problem()
    optimizer = sgd(model, lr=1e-6)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, factor=0.1)
    train(model, loader, None, nn.CrossEntropyLoss(), optimizer, 5, scheduler=scheduler)
    assert optimizer.param_groups[0]["lr"] < 1e-6


@pytest.mark.parametrize("culprit", ["scheduler", "loader", "val_loader", "metric"])
def test_an_error_in_a_later_epoch_carries_the_history(culprit):
    model, loader, *_ = problem()
    optimizer = sgd(model)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=1 if culprit == "scheduler" else 99
    )
    epochs = []

    class Failing:
        def __iter__(self):
            epochs.append(1)
            yield from list(loader)
            if len(epochs) == 3:
                raise OSError("no space")

    def metric(logits, targets):
        if culprit == "metric" and len(epochs) == 3:
            raise ZeroDivisionError
        return accuracy(logits, targets)

    failing, val = Failing(), None
    if culprit == "val_loader":
        failing, val = loader, Failing()
    with pytest.raises((OSError, ValueError, ZeroDivisionError)) as caught:
        train(
            model,
            *(failing, val, nn.CrossEntropyLoss(), optimizer, 9),
            metric=metric,
            scheduler=scheduler,
        )
    names = {name.removeprefix("train_").removeprefix("val_") for name in caught.value.history}
    assert names == {"loss", "metric"}
    assert {len(values) for values in caught.value.history.values()} == {2}
    (note,) = caught.value.__notes__
    assert note.startswith("Epochs finished before: 2.")
    assert "sys.last_value.history" in note
    assert model.training


@pytest.mark.parametrize("where", ["train", "val"])
def test_a_loss_that_is_not_finite_stops_wherever_it_is(where, capsys):
    """The rate of each parameter group is said, and the scheduler left alone."""
    model, loader, X, y = problem()
    first, last = {"params": model[0].parameters()}, {"params": model[2].parameters()}
    optimizer = torch.optim.SGD([first | {"lr": torch.tensor(0.5)}, last], lr=0.01)
    scheduler = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
    bad = [(torch.full_like(X, math.nan), y)]
    loaders = [bad, None] if where == "train" else [loader, bad]
    history = train(model, *loaders, nn.CrossEntropyLoss(), optimizer, 5, scheduler=scheduler)
    assert [len(values) for values in history.values()] == [1] * len(history)
    row = {key: values[0] for key, values in history.items()}
    said = f"Stopped after epoch 1 at learning rate 0.5, 0.01: {row}\n"
    assert capsys.readouterr().out == said
    assert scheduler.last_epoch == 0


def test_a_metric_that_is_not_finite_stops_too(capsys):
    def ratio(logits, y):
        return torch.full_like(y, math.inf, dtype=torch.float32)

    model, loader, *_ = problem()
    history = train(model, loader, None, nn.CrossEntropyLoss(), sgd(model), 5, metric=ratio)
    assert history["train_ratio"] == [math.inf]
    assert "'train_ratio': inf" in capsys.readouterr().out


def test_an_interrupt_in_the_first_epoch_leaves_an_empty_history(capsys):
    class Interrupting(nn.Sequential):
        def forward(self, X):
            raise KeyboardInterrupt

    model, loader = Interrupting(nn.Linear(5, 3)), [(torch.randn(4, 5), torch.tensor([0, 1, 2, 0]))]
    history = train(model, loader, loader, nn.CrossEntropyLoss(), sgd(model), 2)
    assert history == {"train_loss": [], "val_loss": []}
    said = "Interrupted in epoch 1. The history holds the 0 finished.\n"
    assert capsys.readouterr().out == said
