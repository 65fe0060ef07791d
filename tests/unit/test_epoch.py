"""What an epoch is made of: the model's device and modes, batches on it, means over examples."""

import math
import types

import pytest
import torch
from torch import nn

from torch_course import _epoch
from torch_course._epoch import Record, batches, device_of, mode

CPU, META = torch.device("cpu"), torch.device("meta")  # META stands for a GPU where there is none


def test_a_model_is_where_its_parameters_or_buffers_are():
    assert device_of(nn.Linear(2, 2, device="meta")) == META
    only_buffers = nn.Module()
    only_buffers.register_buffer("mean", torch.zeros(2, device="meta"))
    assert device_of(only_buffers) == META
    assert device_of(nn.Linear(2, 2)) == device_of(nn.ReLU()) == CPU


# --- Modes


def modes(model):
    return [module.training for module in model.modules()]


def nested():
    """Return a model whose modules() are: itself, linear, the inner part, batch norm, dropout."""
    return nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.BatchNorm1d(2), nn.Dropout()))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("found", [True, False])
def test_a_model_in_one_mode_takes_the_other_for_as_long_as_it_is_asked(training, found):
    model = nested().train(found)
    with mode(model, training=training):
        assert modes(model) == [training] * 5
    assert modes(model) == [found] * 5


def test_every_module_gets_its_own_mode_back_after_an_error_too():
    model = nested()
    model[1][0].eval()
    before = modes(model)
    assert before == [True, True, True, False, True]
    with pytest.raises(ZeroDivisionError), mode(model, training=False):
        assert modes(model) == [False] * 5
        raise ZeroDivisionError
    assert modes(model) == before


def test_a_part_in_eval_mode_stays_in_it_while_its_model_trains():
    model = nested()
    model[1].eval()
    with mode(model, training=True):
        assert modes(model) == [True, True, False, False, False]


def test_in_a_model_in_eval_mode_what_is_frozen_is_told_by_its_parameters():
    model = nested().eval()
    model[0].weight.requires_grad_(False)  # the bias is trained: not frozen
    model[1][0].requires_grad_(False)
    with mode(model, training=True):
        assert modes(model) == [True, True, True, False, True], "dropout has no parameters"
    assert modes(model) == [False] * 5


def test_parameters_alone_freeze_no_module_that_was_put_in_train_mode():
    model = nested()
    model[1][0].requires_grad_(False)  # its running statistics are to go on
    with mode(model, training=True):
        assert modes(model) == [True] * 5


def test_a_module_that_refuses_modes_is_evaluated_as_it_is_and_not_trained():
    """As an exported module does."""

    class Exported(nn.Linear):
        def train(self, mode=True):
            raise NotImplementedError("Calling train() is not supported yet.")

    model, inside = Exported(2, 2), []
    with mode(model, training=False):
        inside.append(model.training)
    assert inside == [True]
    with pytest.raises(TypeError, match="can't be put in train mode"), mode(model, training=True):
        inside.append("trained")
    assert len(inside) == 1
    assert model.training


# --- Batches


def test_batches_are_brought_to_the_device_without_waiting(monkeypatch):
    moves, to = [], torch.Tensor.to

    def watched(tensor, *where, **how):
        moves.append((tensor.shape, where, how))
        return to(tensor, *where, **how)

    monkeypatch.setattr(torch.Tensor, "to", watched)
    X, y = torch.zeros(4, 5), torch.zeros(4)
    ((ours, targets),) = batches([(X, y)], META)
    assert ours.device == targets.device == META
    assert moves == [(part.shape, (META,), {"non_blocking": True}) for part in (X, y)]
    moves.clear()
    ((ours, targets),) = batches([[X, y]], CPU)
    assert ours is X
    assert targets is y
    assert moves == [], "what is there already is not touched: it costs time"


def test_only_inputs_or_only_targets_may_be_elsewhere():
    for devices in ((CPU, META), (META, CPU)):
        X, y = (torch.zeros(4, device=device) for device in devices)
        ((ours, targets),) = batches([(X, y)], META)
        assert ours.device == targets.device == META


def test_the_first_batch_alone_is_checked_and_a_loader_without_any_refused(monkeypatch):
    good, checked = (torch.zeros(4), torch.zeros(4)), []
    check = _epoch.check_pair
    monkeypatch.setattr(_epoch, "check_pair", lambda batch: (checked.append(batch), check(batch)))
    with pytest.raises(TypeError, match="pairs"):
        list(batches([(good[0],)], CPU))
    checked.clear()
    assert len(list(batches([good, good, good], CPU))) == 3
    assert checked == [good], "each microsecond here is 1 % of a small model's step"
    with pytest.raises(ValueError, match="yielded no batch, expected one or more"):
        list(batches(iter([]), CPU))


# --- Means


def recorded(loss_fn, *parts, metric=None):
    """Return the means of batches (outputs, targets)."""
    record = Record(loss_fn, metric)
    for outputs, y in parts:
        record.add(outputs, y, loss_fn(outputs, y))
    return record.means()


def test_each_batch_counts_with_its_number_of_examples():
    parts = [(torch.full((n,), float(n)), torch.zeros(n)) for n in (1, 3)]
    assert recorded(nn.L1Loss(), *parts) == {"loss": (1 * 1 + 3 * 3) / 4}


def right(outputs, y):
    return outputs.argmax(dim=1) == y


def test_a_metric_sees_the_outputs_of_the_whole_epoch_at_once():
    seen = []

    def metric(outputs, y):
        seen.append((len(outputs), y.tolist()))
        return right(outputs, y)

    logits = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    parts = [(logits[:1], torch.tensor([1])), (logits[1:], torch.tensor([1, 1]))]
    means = recorded(nn.CrossEntropyLoss(), *parts, metric=metric)
    assert seen == [(3, [1, 1, 1])]
    assert means["metric"] == 2 / 3, "counted in double precision, from booleans too"
    assert [type(value) for value in means.values()] == [float, float]


def test_means_are_computed_in_double_precision():
    record = Record(nn.L1Loss(), None)
    for loss in (float(2**24), 1.0):  # the sum of both is no float32
        record.add(torch.zeros(1), torch.zeros(1), torch.tensor(loss))
    assert record.means() == {"loss": (2**24 + 1) / 2}
    parts = torch.eye(3), torch.tensor([0, 1, 0])
    means = recorded(nn.CrossEntropyLoss(), parts, metric=lambda a, y: right(a, y).float())
    assert means["<lambda>"] == pytest.approx(2 / 3, abs=1e-15)


def test_numbers_come_to_the_cpu_before_they_become_double(monkeypatch):
    """Apple's GPUs have no double precision."""
    calls = []
    for name in ("cpu", "double"):
        real = getattr(torch.Tensor, name)
        watched = lambda tensor, n=name, r=real: (calls.append(n), r(tensor))[1]  # noqa: E731
        monkeypatch.setattr(torch.Tensor, name, watched)
    parts = torch.eye(3), torch.tensor([0, 1, 0])
    recorded(nn.CrossEntropyLoss(), parts, metric=right)
    assert calls == ["cpu", "double"] * 3


def test_nothing_that_is_kept_holds_a_graph():
    record = Record(nn.CrossEntropyLoss(), right)
    outputs = torch.randn(4, 3, requires_grad=True) * 1
    y = torch.tensor([0, 1, 2, 0])
    record.add(outputs, y, record.loss_fn(outputs, y))
    assert not record.losses[0].requires_grad
    assert not record.outputs[0][0].requires_grad


def test_without_a_metric_no_outputs_are_kept():
    """Those of a whole epoch may be too many to hold."""
    record = Record(nn.L1Loss(), None)
    record.add(torch.zeros(4), torch.zeros(4), torch.tensor(1.0))
    assert record.outputs == []


WEIGHT = torch.tensor([1.0, 3.0, 10.0])


@pytest.mark.parametrize(
    ("loss_fn", "weights"),
    [
        (nn.CrossEntropyLoss(weight=WEIGHT), (4.0, 13.0)),
        (nn.CrossEntropyLoss(ignore_index=0), (1, 2)),
        (nn.CrossEntropyLoss(weight=WEIGHT, ignore_index=0), (3.0, 13.0)),
        (nn.CrossEntropyLoss(), (2, 2)),
        (types.SimpleNamespace(weight=WEIGHT, ignore_index=0), (2, 2)),  # no loss that is known
    ],
)
def test_what_a_mean_loss_is_a_mean_over(loss_fn, weights):
    record = Record(loss_fn, None)
    for targets in ([0, 1], [1, 2]):
        for dtype in (torch.int64, torch.uint8):
            y = torch.tensor(targets, dtype=dtype)
            record.add(torch.zeros(2, 3), y, torch.tensor(0.0))
    found = [float(weight) for weight in record.weights]
    assert found == [weights[0], weights[0], weights[1], weights[1]]


def test_weighted_targets_that_are_ignored_by_a_negative_index_weigh_nothing():
    record = Record(nn.CrossEntropyLoss(weight=WEIGHT), None)
    record.add(torch.zeros(3, 3), torch.tensor([-100, 1, -100]), torch.tensor(0.0))
    assert record.weights[0].item() == 3.0


def test_without_weights_a_batch_counts_by_its_length_alone():
    """To look at its targets would cost each step of a small model."""
    record = Record(nn.CrossEntropyLoss(), None)
    record.add(torch.zeros(3, 3), torch.tensor([-100, 1, 2]), torch.tensor(0.0))
    assert record.weights == [3]
    assert type(record.weights[0]) is int


def test_a_batch_without_any_target_that_counts_is_left_out_of_the_mean():
    """Its own mean is 0 / 0."""
    logits = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    loss_fn = nn.CrossEntropyLoss(ignore_index=1)
    ignored, counted = torch.tensor([1, 1]), torch.tensor([0, 1])
    assert math.isnan(loss_fn(logits, ignored).item())
    expected = loss_fn(logits, counted).item()
    means = recorded(loss_fn, (logits, ignored), (logits, counted))
    assert means["loss"] == pytest.approx(expected)


def test_pixels_count_one_by_one_where_some_are_ignored():
    torch.manual_seed(0)
    logits, y = torch.randn(4, 3, 5, 5), torch.randint(3, (4, 5, 5))
    y[0, :3] = 0
    for weight in (None, WEIGHT):
        loss_fn = nn.CrossEntropyLoss(ignore_index=0, weight=weight)
        parts = list(zip(logits.split(3), y.split(3), strict=True))
        assert recorded(loss_fn, *parts)["loss"] == pytest.approx(loss_fn(logits, y).item())
