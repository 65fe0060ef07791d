"""Checkpoints resume bit for bit, whatever wraps the model, and refuse what does not fit."""

import pytest
import torch
from torch import nn

from helper_functions import load_checkpoint, save_checkpoint, set_seeds
from tests.unit.problems import sgd
from tests.unit.runs import OPTIMIZERS, equal, parameters, run, saved, setting
from torch_course import checkpoints


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


def test_files_that_were_written_before_stay_readable(tmp_path):
    """Another name for a key, or another format, is one that older files do not have."""
    saved(tmp_path / "model.pt")
    state = torch.load(tmp_path / "model.pt", weights_only=True)
    keys = ["format", "model", "optimizer", "scheduler", "classes", "epoch", "random"]
    assert list(state) == keys
    assert state["format"] == "torch-course checkpoint 2"
    assert state["classes"] == {"optimizer": "SGD", "scheduler": "StepLR"}
    assert list(state["random"]) == ["cpu"]


def test_the_model_alone_is_loaded_for_predicting_without_touching_the_random_state(tmp_path):
    model, *_ = saved(tmp_path / "model.pt")
    fresh = setting(seed=1)[0]
    before = torch.get_rng_state()
    assert load_checkpoint(tmp_path / "model.pt", model=fresh) == 2
    assert equal(parameters(fresh), parameters(model))
    assert torch.equal(before, torch.get_rng_state())


def wrapped(model, how):
    if how == "compiled":
        return torch.compile(model, backend="eager")
    if how == "part compiled":
        model[0] = torch.compile(model[0], backend="eager")
        return model
    if how == "data parallel":
        return nn.DataParallel(model)
    if how == "compiled in data parallel":
        return nn.DataParallel(torch.compile(model, backend="eager"))
    if how == "data parallel in compiled":
        return torch.compile(nn.DataParallel(model), backend="eager")
    if how == "distributed":
        return nn.parallel.DistributedDataParallel(model)
    if how == "compiled and distributed":
        return torch.compile(nn.parallel.DistributedDataParallel(model), backend="eager")
    return model


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    """A group of one process, which DistributedDataParallel needs."""
    store = torch.distributed.FileStore(str(tmp_path_factory.mktemp("group") / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


WRAPPERS = ["compiled", "part compiled", "data parallel", "distributed"]


@pytest.mark.parametrize(
    "how", [*WRAPPERS, "compiled in data parallel", "data parallel in compiled"]
)
def test_a_wrapped_model_is_saved_as_the_plain_one_and_back(tmp_path, how, group):
    plain, _, optimizer, _ = setting()
    ours = wrapped(setting(seed=1)[0], how)
    save_checkpoint(tmp_path / "plain.pt", model=plain, optimizer=optimizer, epoch=1)
    load_checkpoint(tmp_path / "plain.pt", model=ours)
    assert equal(parameters(ours), parameters(plain))
    save_checkpoint(tmp_path / "wrapped.pt", model=ours, optimizer=optimizer, epoch=1)
    fresh = setting(seed=2)[0]
    load_checkpoint(tmp_path / "wrapped.pt", model=fresh)
    assert equal(parameters(fresh), parameters(plain))


def test_a_part_named_module_is_no_wrapper(tmp_path):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.module, self.head = nn.Linear(2, 2), nn.Linear(2, 2)

    model = Own()
    save_checkpoint(tmp_path / "a.pt", model=model, optimizer=sgd(model), epoch=1)
    names = torch.load(tmp_path / "a.pt", weights_only=True)["model"]
    assert list(names) == ["module.weight", "module.bias", "head.weight", "head.bias"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"width": 9},
            r"0\.weight has shape \(8, 4\), .* in the file, shape \(9, 4\)",
        ),
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
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match="NoneType"):  # it could not reach the learning rate
        load_checkpoint(tmp_path / "with.pt", model=model, scheduler=scheduler)
    assert scheduler.state_dict() == before


def test_other_parameter_groups_are_refused_and_nothing_changed(tmp_path):
    model, _, _, scheduler = saved(tmp_path / "model.pt")
    groups = [{"params": [p]} for p in model.parameters()]
    optimizer = torch.optim.SGD(groups, lr=0.05, momentum=0.9)
    with torch.no_grad():
        for parameter in model.parameters():  # or loading would change nothing that can be seen
            parameter.add_(1)
    before, random_state = parameters(model), torch.get_rng_state()
    with pytest.raises(ValueError, match="parameter group"):
        load_checkpoint(
            tmp_path / "model.pt", model=model, optimizer=optimizer, scheduler=scheduler
        )
    assert equal(parameters(model), before)
    assert torch.equal(torch.get_rng_state(), random_state)


def test_a_part_too_many_or_too_few_is_named_and_nothing_changed(tmp_path):
    small, large = nn.Sequential(nn.Linear(4, 4)), nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    for theirs, ours, message in (
        (small, large, r"1\.weight has None in the file, shape \(2, 4\), torch.float32 in the"),
        (large, small, r"1\.weight has shape \(2, 4\), torch.float32 in the file, None in the"),
    ):
        save_checkpoint(tmp_path / "a.pt", model=theirs, optimizer=sgd(theirs), epoch=1)
        before = parameters(ours)
        with pytest.raises(ValueError, match=message):
            load_checkpoint(tmp_path / "a.pt", model=ours)
        assert equal(parameters(ours), before)


def test_buffers_are_loaded_and_compared_too(tmp_path):
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    model(torch.randn(10, 4))
    save_checkpoint(tmp_path / "a.pt", model=model, optimizer=sgd(model), epoch=1)
    fresh = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    load_checkpoint(tmp_path / "a.pt", model=fresh)
    assert equal(fresh.buffers(), model.buffers())
    other = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, track_running_stats=False))
    with pytest.raises(ValueError, match=r"1\.running_mean has shape \(4,\), .* None in the model"):
        load_checkpoint(tmp_path / "a.pt", model=other)


class Accelerator:
    """Stands for torch.cuda where there is none: has a random state."""

    state = torch.tensor([1, 2, 3], dtype=torch.uint8)

    def get_rng_state(self):
        """Return it."""
        return self.state

    def set_rng_state(self, state):
        """Replace it."""
        self.state = state


def test_the_random_state_of_an_accelerator_is_saved_and_restored(tmp_path, monkeypatch):
    model, _, optimizer, _ = setting()
    asked, module = [], Accelerator()
    monkeypatch.setattr(torch, "get_device_module", lambda name: (asked.append(name), module)[1])
    state = {"model": model, "optimizer": optimizer}
    save_checkpoint(tmp_path / "cpu.pt", **state, epoch=1)
    assert asked == [], "a model on the CPU draws from the CPU alone"
    monkeypatch.setattr(checkpoints, "device_of", lambda model: torch.device("cuda", 0))
    save_checkpoint(tmp_path / "cuda.pt", **state, epoch=1)
    before, module.state = module.state, torch.zeros(3, dtype=torch.uint8)
    load_checkpoint(tmp_path / "cpu.pt", **state)
    assert module.state.tolist() == [0, 0, 0], "saved on a CPU, gone on with on another device"
    load_checkpoint(tmp_path / "cuda.pt", model=model)
    assert module.state.tolist() == [0, 0, 0], "predicting draws nothing"
    load_checkpoint(tmp_path / "cuda.pt", **state)
    assert torch.equal(module.state, before)
    for other in ("cpu", "xpu"):  # a file from a GPU is gone on with elsewhere
        monkeypatch.setattr(checkpoints, "device_of", lambda model, o=other: torch.device(o, 0))
        module.state = None
        load_checkpoint(tmp_path / "cuda.pt", **state)
        assert module.state is None
    assert set(asked) == {"cuda"}


def test_numbers_of_another_precision_are_refused(tmp_path):
    model, _, optimizer, _ = setting()
    save_checkpoint(tmp_path / "a.pt", model=model.double(), optimizer=optimizer, epoch=1)
    with pytest.raises(ValueError, match=r"torch.float64 in the file, shape .* torch.float32"):
        load_checkpoint(tmp_path / "a.pt", model=setting()[0])


def test_the_versions_of_layers_are_not_lost(tmp_path):
    """A layer may refuse or convert what an older version of it saved."""

    class Versioned(nn.Linear):
        _version = 2

        def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
            assert local_metadata["version"] == 2
            super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    model, fresh = nn.Sequential(Versioned(2, 2)), nn.Sequential(Versioned(2, 2))
    save_checkpoint(tmp_path / "a.pt", model=model, optimizer=sgd(model), epoch=1)
    load_checkpoint(tmp_path / "a.pt", model=fresh)
    assert equal(parameters(fresh), parameters(model))
