"""What may stand in a checkpoint: what can be loaded again, and nothing else."""

import enum
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from helper_functions import load_checkpoint, save_checkpoint, train
from tests.unit.runs import OPTIMIZERS, equal, parameters, saved, setting


class Odd(nn.Linear):
    """A layer whose state holds what is asked for."""

    extra = None

    def get_extra_state(self):
        """Return the class's extra."""
        return self.extra

    def set_extra_state(self, state):
        """Keep it."""
        self.extra = state


def test_what_could_not_be_loaded_again_is_refused_and_the_old_file_kept(tmp_path):
    path = tmp_path / "model.pt"
    saved(path)
    before = path.read_bytes()
    model = nn.Sequential(Odd(4, 3))
    optimizer = OPTIMIZERS["sgd"](model.parameters())
    for extra in ({"anything": print}, {"anything": lambda: 1}, {"anything": nn.Linear(1, 1)}):
        Odd.extra = extra
        with pytest.raises(TypeError, match="state_dict of model holds an object that could not"):
            save_checkpoint(path, model=model, optimizer=optimizer, epoch=1)
    lazy = nn.LazyLinear(3)
    with pytest.raises(TypeError, match="weight of a lazy module has no shape yet"):
        save_checkpoint(path, model=lazy, optimizer=optimizer, epoch=1)
    for epoch, error in ((lambda: 1, TypeError), (-1, ValueError), (True, TypeError)):
        with pytest.raises(error, match="epoch must be an int of 0 or more"):
            save_checkpoint(path, model=setting()[0], optimizer=optimizer, epoch=epoch)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


class Kind(enum.IntEnum):
    """An int that is read by its class's name alone, which weights_only=True refuses."""

    ODD = 1


class Own(dict):
    """A dict to those who look, and a class of one's own to torch.load."""


@pytest.mark.parametrize(
    "extra",
    [print, {"deep": [1, (2, print)]}, {print: 1}, np.array([1.0, 2.0]), {"a": {print}}],
)
def test_what_could_not_be_loaded_again_is_named_by_whose_it_is(tmp_path, extra):
    model, _, optimizer, scheduler = setting()
    state = {"model": model, "optimizer": optimizer, "scheduler": scheduler, "epoch": 1}
    path = tmp_path / "a.pt"
    scheduler.extra = extra
    with pytest.raises(TypeError, match="the state_dict of scheduler holds an object") as caught:
        save_checkpoint(path, **state)
    assert "\n" not in str(caught.value), "torch's own advice is to read without weights_only"
    optimizer.param_groups[0]["extra"] = extra
    with pytest.raises(TypeError, match="the state_dict of optimizer and scheduler holds"):
        save_checkpoint(path, **state)
    scheduler.extra = None
    for looks_plain in (Own(a=1), Kind.ODD):
        optimizer.param_groups[0]["extra"] = looks_plain
        with pytest.raises(TypeError, match="the state_dict of an argument holds"):
            save_checkpoint(path, **state)
    assert not path.exists()


def test_what_holds_no_numbers_is_refused_on_both_ways(tmp_path):
    _, _, optimizer, _ = saved(tmp_path / "a.pt")
    bare = nn.Linear(4, 3, device="meta")
    for wrong, error, message in (
        (bare, ValueError, "on the device meta"),
        (nn.Linear, TypeError, "model is the class Linear"),
        (nn.LazyLinear(3), TypeError, "a lazy module has no shape yet"),
    ):
        with pytest.raises(error, match=message):
            save_checkpoint(tmp_path / "b.pt", model=wrong, optimizer=optimizer, epoch=1)
        with pytest.raises(error, match=message):
            load_checkpoint(tmp_path / "a.pt", model=wrong)
    assert not (tmp_path / "b.pt").exists()


def test_extra_state_of_plain_things_is_saved_and_loaded(tmp_path):
    Odd.extra = {"seen": 3, "rate": np.float64(0.5), "row": [np.int64(1)], "pair": (np.array(2),)}
    model = nn.Sequential(Odd(4, 3))
    optimizer = OPTIMIZERS["sgd"](model.parameters())
    save_checkpoint(tmp_path / "a.pt", model=model, optimizer=optimizer, epoch=1)
    Odd.extra = None
    with pytest.raises(ValueError, match="_extra_state has a dict in the file"):
        load_checkpoint(tmp_path / "a.pt", model=model)
    Odd.extra = {}
    load_checkpoint(tmp_path / "a.pt", model=model)
    assert model[0].extra == {"seen": 3, "rate": 0.5, "row": [1], "pair": (2,)}
    kinds = [type(value) for value in (*model[0].extra.values(), *model[0].extra["pair"])]
    assert kinds == [int, float, list, tuple, int]


class Halving:
    """A rule for LambdaLR that is an object, with numbers of its own."""

    def __init__(self, base):
        self.base = base

    def __call__(self, epoch):
        """Return the factor of an epoch."""
        return self.base**epoch


def test_numpys_numbers_and_rules_that_are_objects_are_saved_and_loaded(tmp_path):
    model = setting()[0]
    makes = {
        "lambda": lambda o, x: torch.optim.lr_scheduler.LambdaLR(o, Halving(x)),
        "steps": lambda o, x: torch.optim.lr_scheduler.MultiStepLR(
            o, milestones=np.array([1, 3]), gamma=x
        ),
        "plateau": lambda o, x: torch.optim.lr_scheduler.ReduceLROnPlateau(o, factor=x),
    }
    for name, make in makes.items():
        path = tmp_path / f"{name}.pt"
        optimizer = torch.optim.SGD(model.parameters(), lr=np.float64(0.05))
        scheduler = make(optimizer, np.float64(0.5))
        for _ in range(2):
            optimizer.step()
            scheduler.step(*([np.float64(1.0)] if name == "plateau" else []))
        state = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
        save_checkpoint(path, **state, epoch=np.int64(2))
        fresh = torch.optim.SGD(model.parameters(), lr=0.05)
        other = make(fresh, 0.5)
        assert load_checkpoint(path, model=model, optimizer=fresh, scheduler=other) == 2
        assert fresh.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]
        assert other.last_epoch == 2
        assert type(fresh.param_groups[0]["lr"]) is float


def test_numpys_numbers_are_converted_however_deep_and_what_holds_them_is_kept(tmp_path):
    model = nn.Linear(2, 2)
    betas = (np.float64(0.5), np.float64(0.25))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1, betas=betas)
    optimizer.param_groups[0]["array"] = np.array(3.0)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=np.array([1, 3, 3]))
    save_checkpoint(
        tmp_path / "a.pt", model=model, optimizer=optimizer, scheduler=scheduler, epoch=1
    )
    state = torch.load(tmp_path / "a.pt", weights_only=True)
    (group,) = state["optimizer"]["param_groups"]
    assert group["betas"] == (0.5, 0.25)
    assert type(group["betas"]) is tuple
    assert [type(value) for value in (*group["betas"], group["array"])] == [float] * 3
    assert state["scheduler"]["milestones"] == {1: 1, 3: 2}
    assert type(state["scheduler"]["milestones"]) is Counter
    assert {type(k) for k in state["scheduler"]["milestones"]} == {int}


def test_a_lazy_module_is_saved_and_loaded_once_a_batch_has_given_it_its_shapes(tmp_path):
    X, y = torch.randn(6, 5), torch.tensor([0, 1, 2, 0, 1, 2])
    model, fresh = (nn.Sequential(nn.LazyLinear(4), nn.LazyLinear(3)) for _ in range(2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    train(model, [(X, y)], None, nn.CrossEntropyLoss(), optimizer, 1)
    save_checkpoint(tmp_path / "a.pt", model=model, optimizer=optimizer, epoch=1)
    with pytest.raises(TypeError, match="run a batch through first"):
        load_checkpoint(tmp_path / "a.pt", model=fresh)
    fresh(X)
    load_checkpoint(tmp_path / "a.pt", model=fresh)
    assert equal(parameters(fresh), parameters(model))
