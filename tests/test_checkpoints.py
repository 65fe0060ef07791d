"""Checkpoints resume bit for bit, are never half written, and refuse what does not fit."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helper_functions import load_checkpoint, save_checkpoint, set_seeds, train

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
}


def setting(optimizer_name="sgd", seed=42, width=8):
    """Return model (with dropout), shuffled loader, optimizer and scheduler, on the CPU."""
    set_seeds(seed)
    X, y = torch.randn(50, 4), torch.randint(3, (50,))
    model = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, 3))
    loader = DataLoader(TensorDataset(X, y), batch_size=8, shuffle=True)
    optimizer = OPTIMIZERS[optimizer_name](model.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    return model, loader, optimizer, scheduler


def run(model, loader, optimizer, scheduler, epochs):
    loss_fn = nn.CrossEntropyLoss()
    return train(model, loader, loader, loss_fn, optimizer, epochs, scheduler=scheduler)


def parameters(model):
    return [p.detach().clone() for p in model.parameters()]


def equal(ours, theirs):
    return all(torch.equal(*pair) for pair in zip(ours, theirs, strict=True))


def saved(path, **change):
    """Write a checkpoint of a model that was trained a little; return its parts."""
    model, loader, optimizer, scheduler = setting(**change)
    run(model, loader, optimizer, scheduler, 2)
    save_checkpoint(path, model=model, optimizer=optimizer, scheduler=scheduler, epoch=2)
    return model, loader, optimizer, scheduler


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_resuming_equals_never_having_stopped_bit_for_bit(tmp_path, name):
    uninterrupted, *rest = setting(name)
    expected = run(uninterrupted, *rest, epochs=7)

    model, loader, optimizer, scheduler = setting(name)
    before = run(model, loader, optimizer, scheduler, epochs=3)
    path = tmp_path / "model.pt"
    save_checkpoint(path, model=model, optimizer=optimizer, scheduler=scheduler, epoch=3)

    resumed, loader, optimizer, scheduler = setting(name)
    for parameter in resumed.parameters():
        nn.init.ones_(parameter)
    set_seeds(123)
    state = {"model": resumed, "optimizer": optimizer, "scheduler": scheduler}
    assert load_checkpoint(path, **state) == 3
    after = run(resumed, loader, optimizer, scheduler, epochs=4)
    assert {key: before[key] + after[key] for key in expected} == expected
    assert equal(parameters(resumed), parameters(uninterrupted))


def test_the_model_alone_is_loaded_for_predicting_without_touching_the_random_state(tmp_path):
    model, *_ = saved(tmp_path / "model.pt")
    fresh = setting(seed=1)[0]
    before = torch.get_rng_state()
    assert load_checkpoint(tmp_path / "model.pt", model=fresh) == 2
    assert equal(parameters(fresh), parameters(model))
    assert torch.equal(before, torch.get_rng_state())


def test_a_missing_file_or_folder_is_named(tmp_path):
    model, _, optimizer, _ = setting()
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*none\.pt"):
        load_checkpoint(tmp_path / "none.pt", model=model)
    with pytest.raises(FileNotFoundError, match=r"no folder .*missing"):
        save_checkpoint(tmp_path / "missing" / "a.pt", model=model, optimizer=optimizer, epoch=1)


def test_a_failing_save_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "model.pt"
    model, _, optimizer, _ = saved(path)
    before = path.read_bytes()
    with pytest.raises(Exception, match="pickle"):
        save_checkpoint(path, model=model, optimizer=optimizer, epoch=lambda: 1)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def foreign(path):
    torch.save({"weights": torch.ones(2)}, path)


def dangerous(path):
    torch.save({"format": print, "model": nn.Linear(2, 2)}, path)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a checkpoint"),
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        foreign,
        dangerous,
        lambda path: torch.save([1, 2], path),
    ],
)
def test_a_damaged_or_foreign_file_is_an_error_that_names_it(tmp_path, write):
    path = tmp_path / "model.pt"
    model, _, optimizer, scheduler = saved(path)
    before = parameters(model)
    write(path)
    with pytest.raises(ValueError, match=r"model\.pt (is damaged|was not written)"):
        load_checkpoint(path, model=model, optimizer=optimizer, scheduler=scheduler)
    assert equal(parameters(model), before)


@settings(max_examples=50)
@given(where=st.floats(min_value=0, max_value=1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_never_changes_what_is_loaded(tmp_path_factory, where, bit):
    path = tmp_path_factory.mktemp("flip") / "model.pt"
    model, *_ = saved(path)
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    path.write_bytes(content)
    fresh = setting(seed=1)[0]
    before = parameters(fresh)
    try:
        load_checkpoint(path, model=fresh)
    except ValueError:
        assert equal(parameters(fresh), before)
    else:  # the bit was in padding
        assert equal(parameters(fresh), parameters(model))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 9}, r"another model: 0\.weight has shape \(8, 4\) in the file, \(9, 4\)"),
        ({"optimizer_name": "adam"}, "saved with .*SGD.*got .*Adam"),
    ],
)
def test_another_model_or_optimizer_is_refused_and_nothing_changed(tmp_path, change, message):
    saved(tmp_path / "model.pt")
    model, _, optimizer, scheduler = setting(**change)
    before, random_state = parameters(model), torch.get_rng_state()
    state = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    with pytest.raises(ValueError, match=message):
        load_checkpoint(tmp_path / "model.pt", **state)
    assert equal(parameters(model), before)
    assert torch.equal(torch.get_rng_state(), random_state)


def test_a_scheduler_left_out_or_added_is_refused(tmp_path):
    model, _, optimizer, scheduler = saved(tmp_path / "with.pt")
    with pytest.raises(ValueError, match="StepLR"):
        load_checkpoint(tmp_path / "with.pt", model=model, optimizer=optimizer)
    save_checkpoint(tmp_path / "without.pt", model=model, optimizer=optimizer, epoch=1)
    with pytest.raises(ValueError, match="NoneType"):
        load_checkpoint(
            tmp_path / "without.pt", model=model, optimizer=optimizer, scheduler=scheduler
        )


def test_other_parameter_groups_are_refused_and_nothing_changed(tmp_path):
    model, _, _, scheduler = saved(tmp_path / "model.pt")
    groups = [{"params": [p]} for p in model.parameters()]
    optimizer = torch.optim.SGD(groups, lr=0.05, momentum=0.9)
    before = parameters(model)
    with pytest.raises(ValueError, match="parameter group"):
        load_checkpoint(
            tmp_path / "model.pt", model=model, optimizer=optimizer, scheduler=scheduler
        )
    assert equal(parameters(model), before)


KILLS = """
import os, random, signal, sys, time
import torch
from torch import nn
from helper_functions import load_checkpoint, save_checkpoint
path, n_kills = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(1)
model = nn.Linear(500, 500)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
save_checkpoint(path, model=model, optimizer=optimizer, epoch=0)
n_readable, epochs = 0, set()
for kill in range(n_kills):
    pid = os.fork()
    if pid == 0:
        for epoch in range(10**6):
            save_checkpoint(path, model=model, optimizer=optimizer, epoch=epoch)
    time.sleep(random.uniform(0.002, 0.05))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    epochs.add(load_checkpoint(path, model=model, optimizer=optimizer))
    n_readable += 1
print(n_readable, len(epochs) > 1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_a_kill_at_any_moment_leaves_a_readable_file(tmp_path):
    command = [sys.executable, "-c", KILLS, str(tmp_path / "model.pt"), "50"]
    assert subprocess.check_output(command, text=True).split() == ["50", "True"]
