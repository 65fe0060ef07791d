"""TensorLoader against torch's own DataLoader, alone and in train; what train takes unchanged."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.recipe import flip_half
from helper_functions import (
    TensorLoader,
    accuracy,
    get_device,
    load_checkpoint,
    save_checkpoint,
    set_seeds,
    train,
    train_step,
)


def problem(n=10):
    """Return inputs, shape (n, 5), and class indices, shape (n,), on the device; and a model."""
    set_seeds(42)
    X, y = torch.randn(n, 5), torch.randint(3, (n,))
    model = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 3))
    return X.to(get_device()), y.to(get_device()), model.to(get_device())


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def same(model, other):
    return all(
        torch.equal(*pair) for pair in zip(model.parameters(), other.parameters(), strict=True)
    )


@given(st.integers(1, 40), st.integers(1, 50), st.booleans(), st.booleans(), st.integers(0, 99))
def test_its_batches_are_those_of_a_data_loader(n, batch_size, shuffle, drop_last, seed):
    X, y = torch.arange(n * 6.0).view(n, 2, 3), torch.arange(n)
    options = {"batch_size": batch_size, "shuffle": shuffle, "drop_last": drop_last}
    theirs = DataLoader(TensorDataset(X, y), **options)
    ours = TensorLoader(X.to(get_device()), y.to(get_device()), **options)
    assert len(ours) == len(theirs)
    epochs = []
    for loader in (theirs, ours):
        torch.manual_seed(seed)
        epochs.append([batch for _ in range(2) for batch in loader])
        epochs[-1].append([torch.get_rng_state()])
    for expected, batch in zip(*epochs, strict=True):
        assert all(torch.equal(a, b.cpu()) for a, b in zip(expected, batch, strict=True))


def test_batches_are_copies_on_the_device_and_the_transform_sees_each_once():
    X, y, _ = problem()
    seen = []

    def twice(inputs):
        seen.append(len(inputs))
        return 2 * inputs

    before = X.clone()
    for inputs, targets in TensorLoader(X, y, batch_size=4, transform=twice):
        assert inputs.device == targets.device == X.device
    assert seen == [4, 4, 2]
    assert torch.equal(inputs, 2 * X[8:])
    for inputs, _ in TensorLoader(X, y, batch_size=4):
        inputs.zero_()
    assert torch.equal(X, before)


def test_training_with_it_is_bit_for_bit_training_with_a_data_loader():
    models, histories = [], []
    for kind in (DataLoader, TensorLoader):
        X, y, model = problem()
        data = (TensorDataset(X, y),) if kind is DataLoader else (X, y)
        loader, val = (kind(*data, batch_size=4, shuffle=s) for s in (True, False))
        loss_fn = nn.CrossEntropyLoss()
        histories.append(train(model, loader, val, loss_fn, sgd(model), 3, metric=accuracy))
        models.append(model)
    assert histories[0] == histories[1]
    assert same(*models)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_cuda_never_waits_inside_an_epoch():
    X, y, model = problem()
    optimizer, loss_fn, seen = sgd(model), nn.CrossEntropyLoss(), []
    pictures = X.view(10, 1, 1, 5)
    loader = TensorLoader(pictures, y, batch_size=4, shuffle=True, transform=flip_half)

    def batches():
        torch.cuda.set_sync_debug_mode("error")
        yield from loader
        seen.append(True)
        torch.cuda.set_sync_debug_mode("default")

    try:
        train_step(nn.Sequential(nn.Flatten(), model), batches(), loss_fn, optimizer)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert seen


def test_a_checkpoint_resumes_bit_for_bit(tmp_path):
    X, y, model = problem()
    loader, loss_fn, optimizer = (
        TensorLoader(X, y, batch_size=4, shuffle=True),
        nn.CrossEntropyLoss(),
        sgd(model),
    )
    train(model, loader, None, loss_fn, optimizer, 2)
    save_checkpoint(tmp_path / "c.pt", model=model, optimizer=optimizer, epoch=2)
    train(model, loader, None, loss_fn, optimizer, 2)
    *_, resumed = problem()
    again = sgd(resumed)
    assert load_checkpoint(tmp_path / "c.pt", model=resumed, optimizer=again) == 2
    train(resumed, loader, None, loss_fn, again, 2)
    assert same(model, resumed)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"X": [1.0, 2.0]}, TypeError, "must be two tensors, got a list of 2 and a tensor"),
        ({"y": torch.zeros(3)}, ValueError, r"n inputs and n targets, .* got \(4, 5\) and \(3,\)"),
        ({"X": torch.zeros(0, 5), "y": torch.zeros(0)}, ValueError, r"got \(0, 5\) and \(0,\)"),
        ({"y": torch.zeros(4, device="meta")}, ValueError, "on one device, got cpu and meta"),
        ({"batch_size": 0}, ValueError, "batch_size must be an int of 1 or more, got 0"),
        ({"batch_size": 2.0}, TypeError, "batch_size must be .* got a float: 2.0"),
        ({"batch_size": True}, TypeError, "batch_size must be .* got a bool: True"),
        ({"transform": "flip"}, TypeError, "transform must be a function, got a str"),
    ],
)
def test_bad_arguments_are_refused(change, error, message):
    arguments = {"X": torch.zeros(4, 5), "y": torch.zeros(4), "batch_size": 2, **change}
    with pytest.raises(error, match=message):
        TensorLoader(arguments.pop("X"), arguments.pop("y"), **arguments)


def test_an_epoch_without_a_whole_batch_is_refused_by_train():
    X, y, model = problem()
    loader = TensorLoader(X, y, batch_size=11, drop_last=True)
    with pytest.raises(ValueError, match="train_loader must hold one batch or more, got none"):
        train(model, loader, None, nn.CrossEntropyLoss(), sgd(model), 1)


# --- What needs no option of train: torch's own hooks on the optimizer, and a module around a model


def test_a_hook_after_each_step_drives_a_schedule_by_the_batch():
    X, y, model = problem()
    optimizer, loader = sgd(model), TensorLoader(X, y, batch_size=4)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=2 * len(loader))
    optimizer.register_step_post_hook(lambda *_: scheduler.step())
    rates = []
    optimizer.register_step_pre_hook(lambda *_: rates.append(optimizer.param_groups[0]["lr"]))
    train(model, loader, None, nn.CrossEntropyLoss(), optimizer, 2)
    assert len(rates) == 6
    assert max(rates) == pytest.approx(0.5, rel=0.2)
    assert rates[-1] < rates[0] < max(rates)


def test_a_hook_before_each_step_clips_gradients():
    X, y, model = problem()
    optimizer, lengths = torch.optim.SGD(model.parameters(), lr=1.0), []

    def clip(*_):
        nn.utils.clip_grad_norm_(model.parameters(), 0.01)
        squares = [parameter.grad.square().sum() for parameter in model.parameters()]
        lengths.append(torch.stack(squares).sum().sqrt().item())

    optimizer.register_step_pre_hook(clip)
    loader = TensorLoader(X, y, batch_size=4)
    train(model, loader, None, nn.CrossEntropyLoss(), optimizer, 1)
    assert lengths == pytest.approx([0.01] * 3, rel=1e-3)


def test_a_module_around_a_model_trains_it_in_mixed_precision():
    X, y, model = problem()

    class Mixed(nn.Module):
        def __init__(self, model):
            super().__init__()
            self.model = model

        def forward(self, X):
            with torch.autocast(X.device.type, dtype=torch.bfloat16):
                logits = self.model(X)
            assert logits.dtype == torch.bfloat16
            return logits.float()

    *_, exact = problem()
    histories = []
    for trained in (Mixed(model), exact):
        loader = TensorLoader(X, y, batch_size=4)
        histories.append(train(trained, loader, loader, nn.CrossEntropyLoss(), sgd(trained), 20))
    mixed, full = (history["train_loss"] for history in histories)
    assert not same(model, exact)
    assert mixed[-1] < 0.7 * mixed[0]
    assert mixed[-1] == pytest.approx(full[-1], rel=0.05)
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
