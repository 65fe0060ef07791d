"""The functions of _checks alone: what they let through and refuse, and how they name what came."""

import functools
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LinearLR, ReduceLROnPlateau
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from tests.unit.problems import sgd
from torch_course import _checks
from torch_course._checks import CheckedLoss, check_loader, check_pair, describe


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (torch.zeros(2, 3), "a tensor of shape (2, 3), torch.float32"),
        (torch.tensor(1), "a tensor of shape (), torch.int64"),
        ((1, 2), "a tuple of 2"),
        ([1], "a list of 1"),
        (nn.Linear, "the class Linear"),
        (1.5, "a float"),
        (None, "a NoneType"),
    ],
)
def test_what_came_is_named(value, words):
    assert describe(value) == words


def test_numpys_ints_are_ints_and_its_floats_are_not():
    for value in (np.int64(3), np.uint8(3)):
        _checks.check_int("n", value, 3, 3)
    with pytest.raises(TypeError, match=r"n must be an int of 3 or more, got a float64: .*3\.0"):
        _checks.check_int("n", np.float64(3), 3)
    with pytest.raises(TypeError, match="got a bool: True"):
        _checks.check_int("n", True, 0)
    with pytest.raises(ValueError, match="n must be an int of 3 or more, got 2"):
        _checks.check_int("n", 2, 3)
    with pytest.raises(ValueError, match="n must be an int from 3 to 4, got 5"):
        _checks.check_int("n", 5, 3, 4)


def test_an_object_is_made_and_a_class_is_not():
    _checks.check_made("model", nn.Linear(1, 1))
    with pytest.raises(TypeError, match=r"model is the class Linear: write Linear\(\.\.\.\)"):
        _checks.check_made("model", nn.Linear)


def test_a_metric_without_a_name_is_refused():
    with pytest.raises(TypeError, match="metric must be a named function"):
        _checks.check_metric(functools.partial(max))


def test_class_indices_are_whole_numbers():
    logits = torch.zeros(4, 3)
    _checks.check_logits(logits, torch.zeros(4, dtype=torch.uint8))
    with pytest.raises(TypeError, match=r"class indices must be integers, got torch\.float32"):
        _checks.check_logits(logits, torch.zeros(4))


# --- Data


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        (torch.zeros(2, 3), TypeError, r"pairs, got a tensor of shape \(2, 3\)"),
        ([torch.zeros(2)], TypeError, "pairs, got a list of 1"),
        ((torch.zeros(2),) * 3, TypeError, "pairs, got a tuple of 3"),
        ({"X": 1, "y": 2}, TypeError, "pairs, got a dict"),
        ((torch.zeros(2), [0, 1]), TypeError, r"shape \(2,\), torch.float32 and a list of 2"),
        (([0, 1], torch.zeros(2)), TypeError, r"a list of 2 and a tensor of shape \(2,\)"),
        ((torch.zeros(()), torch.zeros(1)), ValueError, r"got \(\) and \(1,\)"),
        ((torch.zeros(1), torch.zeros(())), ValueError, r"got \(1,\) and \(\)"),
        ((torch.zeros(2), torch.zeros(3)), ValueError, r"got \(2,\) and \(3,\)"),
        ((torch.zeros(0), torch.zeros(0)), ValueError, r"got \(0,\) and \(0,\)"),
    ],
)
def test_a_batch_is_n_inputs_and_n_targets(batch, error, message):
    with pytest.raises(error, match=message):
        check_pair(batch)


def test_the_smallest_batch_is_one_example():
    check_pair((torch.zeros(1), torch.zeros(1)))
    check_pair([torch.zeros(1, 3), torch.zeros(1, 2)])


class Stream(IterableDataset):
    """Has no length."""

    def __iter__(self):
        yield from ()


def test_batches_are_counted_where_the_loader_knows():
    data = TensorDataset(torch.zeros(5), torch.zeros(5))
    assert _checks.count_batches(DataLoader(data, batch_size=2)) == 3
    assert _checks.count_batches([]) == 0
    assert _checks.count_batches(DataLoader(Stream())) is None


def test_looking_at_a_loader_draws_no_random_number_and_takes_no_batch():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    check_loader("loader", DataLoader(TensorDataset(torch.zeros(5)), shuffle=True))
    check_loader("loader", DataLoader(Stream()))
    check_loader("loader", [(torch.zeros(1), torch.zeros(1))])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("loader", "error", "message"),
    [
        (DataLoader, TypeError, "loader is the class DataLoader"),
        (torch.zeros(3), TypeError, r"or the list \[\(X, y\)\] does, got a tensor"),
        ((torch.zeros(3), torch.zeros(3)), TypeError, "got a tuple of 2"),
        (None, TypeError, "got a NoneType"),
        ((batch for batch in ()), TypeError, "is a generator, empty after one epoch: make it a"),
        ([], ValueError, "loader must hold one batch or more, got none"),
    ],
)
def test_what_cannot_be_gone_through_once_per_epoch_is_refused(loader, error, message):
    with pytest.raises(error, match=message):
        check_loader("loader", loader)


# --- Models and training


def test_a_buffer_without_numbers_is_named_too():
    model = nn.Sequential(nn.Linear(2, 2))
    model.register_buffer("mean", torch.zeros(2, device="meta"))
    with pytest.raises(ValueError, match="on the device meta, where mean has a shape but no num"):
        _checks.check_model(model)
    _checks.check_model(nn.Sequential(nn.BatchNorm1d(2)))
    _checks.check_model(nn.ReLU())


def test_a_loss_without_the_word_reduction_is_taken_and_a_sum_is_not():
    for loss_fn in (nn.functional.cross_entropy, nn.MSELoss(), lambda a, b: a):
        _checks.check_loss_fn(loss_fn)
    for reduction in ("sum", "none"):
        with pytest.raises(ValueError, match=f"must have reduction 'mean', got '{reduction}'"):
            _checks.check_loss_fn(nn.MSELoss(reduction=reduction))


def test_the_optimizer_of_a_part_or_of_the_loss_too_is_taken():
    model, loss_fn = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), nn.Linear(2, 2)
    both = [*model[0].parameters(), *loss_fn.parameters()]
    for optimizer in (sgd(model), sgd(model[1]), torch.optim.SGD(both, lr=0.1)):
        _checks.check_optimizer(model, loss_fn, optimizer)
    with pytest.raises(ValueError, match="none of the model's parameters"):
        _checks.check_optimizer(model, loss_fn, sgd(loss_fn))
    for loss in (nn.MSELoss(), nn.functional.mse_loss):  # a function has no parameters
        with pytest.raises(ValueError, match=r"of the shapes \[\(2, 2\), \(2,\)\]"):
            _checks.check_optimizer(model, loss, torch.optim.SGD(both, lr=0.1))


def test_every_group_of_the_optimizer_is_looked_at():
    model, other = nn.Linear(2, 2), nn.Linear(3, 1)
    optimizer = torch.optim.SGD([{"params": model.parameters()}, {"params": other.parameters()}])
    with pytest.raises(ValueError, match=r"of the shapes \[\(1, 3\), \(1,\)\]"):
        _checks.check_optimizer(model, nn.MSELoss(), optimizer)


def test_a_scheduler_follows_its_optimizer_and_may_be_anything_with_a_step():
    model = nn.Linear(2, 2)
    optimizer, other = sgd(model), sgd(model)
    for scheduler in (
        LinearLR(optimizer),
        ReduceLROnPlateau(optimizer),
        object(),  # one of your own need not know its optimizer
    ):
        _checks.check_scheduler(scheduler, optimizer, None)
    for scheduler in (LinearLR(other), ReduceLROnPlateau(other)):
        with pytest.raises(ValueError, match="made for another optimizer"):
            _checks.check_scheduler(scheduler, optimizer, None)
    best = ReduceLROnPlateau(optimizer, mode="max")
    _checks.check_scheduler(best, optimizer, len)
    with pytest.raises(ValueError, match="follows the metric, got metric None"):
        _checks.check_scheduler(best, optimizer, None)


# --- Outputs, targets, losses


def test_integers_are_told_from_the_rest():
    integers = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)
    others = (torch.bool, torch.float16, torch.float32, torch.complex64)
    assert all(_checks.is_integer(torch.zeros(1, dtype=dtype)) for dtype in integers)
    assert not any(_checks.is_integer(torch.zeros(1, dtype=dtype)) for dtype in others)


class Counted:
    """A loss or a metric that counts how often it is asked."""

    __name__ = "counted"

    def __init__(self, function):
        self.function, self.n = function, 0

    def __call__(self, outputs, y):
        """Count and go on."""
        self.n += 1
        return self.function(outputs, y)


def ones(outputs, y):
    return torch.ones(len(y))


def test_a_step_alone_refuses_the_losses_and_metrics_that_train_refuses():
    with pytest.raises(ValueError, match="must have reduction 'mean', got 'sum'"):
        CheckedLoss(nn.MSELoss(reduction="sum"), None)
    with pytest.raises(TypeError, match="metric must be a named function"):
        CheckedLoss(nn.MSELoss(), lambda outputs, y: y)


def test_loss_and_metric_are_asked_once_for_the_first_batch_and_the_metric_no_more():
    loss_fn, metric = Counted(nn.CrossEntropyLoss()), Counted(ones)
    checked = CheckedLoss(loss_fn, metric)
    for n in (1, 2):
        assert checked(torch.zeros(4, 3), torch.tensor([0, 1, 2, 0])).ndim == 0
        assert (loss_fn.n, metric.n) == (n, 1)


def test_the_metric_of_the_first_batch_sees_no_graph():
    seen = []

    def metric(outputs, y):
        seen.append(outputs.requires_grad)
        return ones(outputs, y)

    outputs = torch.zeros(4, 3, requires_grad=True) * 1
    loss = CheckedLoss(nn.CrossEntropyLoss(), metric)(outputs, torch.tensor([0, 1, 2, 0]))
    assert seen == [False]
    assert loss.requires_grad, "the loss needs its graph"


def test_looking_twice_at_a_square_batch_leaves_gradients_alone():
    """Here a loss of numbers is found by giving it the batch once more."""
    outputs = torch.randn(3, 3, requires_grad=True)
    y = torch.tensor([0, 1, 2])
    loss = CheckedLoss(nn.CrossEntropyLoss(), None)(outputs, y)
    loss.backward()
    expected = outputs.detach().clone().requires_grad_()
    nn.functional.cross_entropy(expected, y).backward()
    assert torch.equal(outputs.grad, expected.grad)


@pytest.mark.parametrize(
    ("shape", "target_shape"),
    [((4, 3), (4,)), ((1, 2), (1,)), ((4, 3, 2), (4, 2)), ((1, 3, 2, 2), (1, 2, 2))],
)
def test_class_indices_fit_outputs_of_two_classes_or_more(shape, target_shape):
    y = torch.ones(target_shape, dtype=torch.int64)
    loss = CheckedLoss(nn.CrossEntropyLoss(), None)(torch.zeros(shape), y)
    assert loss.item() == pytest.approx(np.log(shape[1]))


@pytest.mark.parametrize(
    ("shape", "target_shape", "dtype"),
    [
        ((4, 3), (4,), torch.float32),  # class indices as numbers
        ((4, 3), (4,), torch.bool),
        ((4, 1), (4,), torch.int64),
        ((4,), (4, 1), torch.int64),
        ((), (4,), torch.int64),
        ((4, 3), (3,), torch.int64),
        ((4, 3, 2), (4, 3), torch.int64),
        ((4, 3, 2), (4, 2, 2), torch.int64),
        ((4, 3), (4, 1), torch.int64),
    ],
)
def test_other_targets_are_refused_with_both_shapes_before_the_loss_is_asked(
    shape, target_shape, dtype
):
    loss_fn = Counted(nn.MSELoss())
    with pytest.raises(ValueError, match="must be equal, or the loss broadcasts them") as caught:
        CheckedLoss(loss_fn, None)(torch.zeros(shape), torch.zeros(target_shape, dtype=dtype))
    assert f"outputs have shape {shape} but {dtype} targets {target_shape}" in str(caught.value)
    assert loss_fn.n == 0


@pytest.mark.parametrize("shape", [(1, 2), (1, 3), (2, 2), (3, 3), (8, 8)])
def test_numbers_for_class_indices_are_found_whatever_the_number_of_classes(shape):
    """Repeated, the batch must not become one that broadcasts again: 1 against 2 classes."""

    def loss_of_numbers(outputs, y):  # unlike torch's own it does not warn
        return (outputs - y).square().mean()

    checked = CheckedLoss(loss_of_numbers, None)
    with pytest.raises(ValueError, match="broadcasts instead of taking class indices") as caught:
        checked(torch.zeros(shape), torch.zeros(shape[0], dtype=torch.int64))
    assert f"outputs have shape {shape}" in str(caught.value)
    assert caught.value.__cause__ is not None, "what the loss itself said is kept"


@pytest.mark.parametrize("n", [1, 3])
def test_a_loss_that_warns_is_not_mistaken_for_one_of_numbers(n):
    def warning(outputs, y):
        warnings.warn("this loss will have another name", UserWarning, stacklevel=2)
        return nn.functional.cross_entropy(outputs, y)

    with pytest.warns(UserWarning, match="another name") as caught:
        loss = CheckedLoss(warning, None)(torch.zeros(n, 3), torch.zeros(n, dtype=torch.int64))
    assert loss.item() == pytest.approx(np.log(3))
    assert len(caught) == 1, "trying it out warns nobody"


@pytest.mark.parametrize("n", [1, 2, 3])
def test_what_a_loss_cannot_take_it_says_itself(n):
    """Also where the number of examples is one that could broadcast."""
    y = torch.zeros(n, dtype=torch.int32)
    with pytest.raises(RuntimeError, match=r"expected .* Long"):
        CheckedLoss(nn.CrossEntropyLoss(), None)(torch.zeros(n, 3), y)


def test_a_later_batch_is_held_to_the_shapes_of_the_first():
    checked = CheckedLoss(nn.MSELoss(), None)
    checked(torch.zeros(4, 1), torch.zeros(4, 1))
    assert checked(torch.zeros(1, 1), torch.zeros(1, 1)).item() == 0.0
    for shape, target_shape in (((2, 2), (2, 2)), ((1, 1), (2, 1)), ((2,), (2, 1)), ((), (1, 1))):
        with pytest.raises(ValueError, match=r"for a batch of \d, after \('n', 1\) for those"):
            checked(torch.zeros(shape), torch.zeros(target_shape))
