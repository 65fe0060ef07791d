"""accuracy, train_step, test_step and train against loops and arithmetic written out here."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader, TensorDataset

import helper_functions
from helper_functions import accuracy, get_device, set_seeds, test_step, train, train_step

sizes = st.integers(min_value=0, max_value=5)
shapes = st.lists(sizes, max_size=3).map(tuple)
dtypes = st.sampled_from([torch.float32, torch.float64, torch.int64, torch.int32, torch.bool])


def problem(n=10, n_classes=3, batch_size=4, shuffle=False):
    """Return a small classification model, its loader with a short last batch, and the data."""
    set_seeds(42)
    X, y = torch.randn(n, 5), torch.randint(n_classes, (n,))
    model = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, n_classes)).to(get_device())
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=shuffle)
    return model, loader, X.to(get_device()), y.to(get_device())


def sgd(model, lr=0.1):
    return torch.optim.SGD(model.parameters(), lr=lr)


# --- accuracy


@given(st.integers(1, 50), st.integers(2, 6), st.integers(0, 2**31))
def test_accuracy_is_that_of_scikit_learn(n, n_classes, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(n, n_classes, generator=generator)
    targets = torch.randint(n_classes, (n,), generator=generator)
    expected = accuracy_score(targets, logits.argmax(dim=1))
    assert accuracy(logits, targets).mean().item() == pytest.approx(expected)
    one, labels = logits[:, 0], (targets > 0).float()
    expected = accuracy_score(labels, one.sigmoid().round())
    assert accuracy(one, labels).mean().item() == pytest.approx(expected)
    column = accuracy(one.unsqueeze(1), labels.unsqueeze(1).int())
    assert torch.equal(column, accuracy(one, labels.bool()))
    assert column.shape == (n,)


@given(shapes, shapes, dtypes, dtypes)
def test_accuracy_takes_only_shapes_and_types_that_fit(shape, target_shape, dtype, target_dtype):
    logits = torch.zeros(shape, dtype=dtype)
    targets = torch.zeros(target_shape, dtype=target_dtype)
    fits = logits.numel() > 0 and (
        (len(shape) == 1 and target_shape == shape)
        or (len(shape) == 2 and shape[1] == 1 and target_shape == shape)
        or (len(shape) == 2 and shape[1] > 1 and target_shape == shape[:1])
    )
    several = len(shape) == 2 and shape[1] > 1
    if not dtype.is_floating_point:
        with pytest.raises(TypeError, match=f"floating point.*got {dtype}"):
            accuracy(logits, targets)
    elif not fits:
        with pytest.raises(ValueError, match=r"must have shapes .* got ") as error:
            accuracy(logits, targets)
        assert str(shape) in str(error.value)
        assert str(target_shape) in str(error.value)
    elif several and target_dtype not in (torch.int64, torch.int32):
        with pytest.raises(TypeError, match=f"must be integers, got {target_dtype}"):
            accuracy(logits, targets)
    else:
        assert accuracy(logits, targets).shape == shape[:1]


def test_accuracy_refuses_what_is_no_tensor():
    with pytest.raises(TypeError, match="got a list of 2 and a tensor of shape"):
        accuracy([0.1, 0.2], torch.zeros(2))


# --- train_step and test_step


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


@given(st.integers(1, 30), st.integers(1, 30))
def test_means_do_not_depend_on_the_batch_size(n, batch_size):
    model, loader, X, y = problem(n=n, batch_size=batch_size)
    loss_fn = nn.CrossEntropyLoss()
    means = test_step(model, loader, loss_fn, metric=accuracy)
    with torch.no_grad():
        assert means["loss"] == pytest.approx(loss_fn(model(X), y).item(), rel=1e-5)
        assert means["accuracy"] == pytest.approx(accuracy(model(X), y).mean().item())
    assert all(type(value) is float for value in means.values())


def test_the_model_is_left_as_it_was_found():
    model, loader, *_ = problem()
    model[0].eval()  # a frozen part stays frozen
    before = [module.training for module in model.modules()]
    train_step(model, loader, nn.CrossEntropyLoss(), sgd(model))
    test_step(model, loader, nn.CrossEntropyLoss())
    assert [module.training for module in model.modules()] == before
    assert all(p.requires_grad for p in model.parameters())


def test_test_step_learns_nothing_and_uses_eval_mode():
    model, loader, *_ = problem()
    model.append(nn.Dropout(0.5))
    before = [p.clone() for p in model.parameters()]
    first, second = (test_step(model, loader, nn.CrossEntropyLoss()) for _ in range(2))
    assert first == second
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))


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
    model, loader, *_ = problem(shuffle=True)
    optimizer, by_hand = sgd(model), []
    for _ in range(3):
        by_hand.append(train_step(model, loader, loss_fn, optimizer)["loss"])
        test_step(model, loader, loss_fn)
    model, loader, *_ = problem(shuffle=True)
    assert train(model, loader, loader, loss_fn, sgd(model), 3)["train_loss"] == by_hand


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
    assert "Interrupted in epoch 3" in capsys.readouterr().out
    assert model.training


def test_the_progress_bar_is_for_people_and_can_be_turned_off(monkeypatch, capsys):
    model, loader, *_ = problem()
    monkeypatch.setenv("COURSE_PROGRESS", "0")
    train(model, loader, None, nn.CrossEntropyLoss(), sgd(model), 2)
    assert capsys.readouterr() == ("", "")
    monkeypatch.delenv("COURSE_PROGRESS")
    train(model, loader, None, nn.CrossEntropyLoss(), sgd(model), 2)
    assert capsys.readouterr() == ("", ""), "a run of milliseconds needs no bar"
    monkeypatch.setattr(helper_functions, "_BAR_AFTER", -1)
    train(model, loader, None, nn.CrossEntropyLoss(), sgd(model), 2)
    assert "1/6" in capsys.readouterr().err


def constant(value):
    def metric(logits, targets):
        return value

    return metric


def named_loss(logits, targets):
    return accuracy(logits, targets)


named_loss.__name__ = "loss"
good = (torch.zeros(4, 5), torch.zeros(4, dtype=torch.long))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"train_loader": good}, TypeError, "train_loader must yield .* got a tuple of 2"),
        ({"train_loader": good[0]}, TypeError, r"train_loader must yield .* shape \(4, 5\)"),
        ({"train_loader": 3}, TypeError, "train_loader must yield .* got a int"),
        ({"train_loader": iter([good])}, TypeError, "train_loader is a list_iterator, empty after"),
        ({"train_loader": []}, ValueError, "train_loader must hold one batch"),
        ({"val_loader": []}, ValueError, "val_loader must hold one batch"),
        ({"train_loader": [good[0]]}, TypeError, r"must yield \(inputs, targets\) pairs"),
        ({"train_loader": [(1, 2)]}, TypeError, "must be two tensors, got a int and a int"),
        ({"train_loader": [(good[0], good[1][:3])]}, ValueError, r"\(4, 5\) and \(3,\)"),
        ({"train_loader": [(good[0][:0], good[1][:0])]}, ValueError, r"\(0, 5\) and \(0,\)"),
        ({"train_loader": [(good[0], good[1].float())]}, ValueError, r"\(4, 3\) but torch.float32"),
        ({"epochs": 0}, ValueError, "epochs must be an int of 1 or more, got 0"),
        ({"epochs": 1.5}, ValueError, "epochs must be .* got 1.5"),
        ({"epochs": True}, ValueError, "epochs must be .* got True"),
        ({"loss_fn": nn.CrossEntropyLoss(reduction="sum")}, ValueError, "'mean', got 'sum'"),
        ({"loss_fn": lambda a, b: a.mean(dim=1)}, ValueError, r"one number.* shape \(4,\)"),
        ({"metric": lambda a, b: a}, TypeError, "metric must be a named function"),
        ({"metric": 3}, TypeError, "metric must be a named function .* got 3"),
        ({"metric": named_loss}, TypeError, "metric must be a named function"),
        ({"metric": constant(0.5)}, ValueError, r"one value per example, .* got a float"),
        (
            {"metric": constant(torch.ones(()))},
            ValueError,
            r"shape \(4,\), got a tensor of shape \(\)",
        ),
        ({"metric": constant(torch.ones(4, 3))}, ValueError, r"shape \(4,\), got .* \(4, 3\)"),
        ({"optimizer": sgd(nn.Linear(5, 3))}, ValueError, "none of the model's parameters"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_trained(change, error, message):
    model = problem()[0]
    before = [p.clone() for p in model.parameters()]
    arguments = {
        "train_loader": [good],
        "val_loader": None,
        "loss_fn": nn.CrossEntropyLoss(),
        "optimizer": sgd(model),
        "epochs": 1,
        **change,
    }
    with pytest.raises(error, match=message):
        train(model, **arguments)
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))


@given(shapes, shapes, dtypes)
def test_a_loss_never_broadcasts_outputs_to_targets(shape, target_shape, dtype):
    """For floating-point targets of any other shape than the outputs', training is refused."""

    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.value = nn.Parameter(torch.zeros(shape))

        def forward(self, X):
            return self.value * 1

    model, X = Constant(), torch.zeros(target_shape[:1] or (1,))
    targets = torch.zeros(target_shape, dtype=dtype)
    if not dtype.is_floating_point or 0 in (*shape, *target_shape) or not target_shape:
        if target_shape and target_shape[0] > 0:
            return  # integers are class indices, which the loss itself checks
        with pytest.raises(ValueError, match="there must be n inputs and n targets"):
            train_step(model, [(X, targets)], nn.L1Loss(), sgd(model))
    elif shape != target_shape:
        with pytest.raises(ValueError, match="they must be equal") as error:
            train_step(model, [(X, targets)], lambda a, b: a.sum(), sgd(model))
        assert str(shape) in str(error.value)
        assert str(target_shape) in str(error.value)
    else:
        assert train_step(model, [(X, targets)], nn.L1Loss(), sgd(model)) == {"loss": 0.0}
