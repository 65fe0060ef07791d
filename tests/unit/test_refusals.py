"""What training and testing refuse through _checks, before they begin, and what each error says."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

from helper_functions import TensorLoader, accuracy, test_step, train, train_step
from tests.unit.problems import copies, problem, sgd, unchanged
from torch_course._checks import check_int

shapes = st.lists(st.integers(min_value=0, max_value=4), max_size=3).map(tuple)


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
        ({"epochs": 1.5}, TypeError, "epochs must be .* got a float: 1.5"),
        ({"epochs": True}, TypeError, "epochs must be .* got a bool: True"),
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
        ({"loss_fn": nn.CrossEntropyLoss}, TypeError, r"loss_fn is the class CrossEntropyLoss"),
        ({"loss_fn": 3}, TypeError, "loss_fn must be a function of outputs, targets, got a int"),
        ({"metric": nn.CrossEntropyLoss}, TypeError, "metric must be a named function"),
        ({"optimizer": torch.optim.SGD}, TypeError, r"optimizer is the class SGD: write SGD\("),
        ({"scheduler": StepLR}, TypeError, "scheduler is the class StepLR"),
        ({"train_loader": TensorLoader}, TypeError, "train_loader is the class TensorLoader"),
        (
            {"scheduler": StepLR(sgd(nn.Linear(5, 3)), 1)},
            ValueError,
            "the scheduler was made for another optimizer",
        ),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_trained(change, error, message):
    model = problem()[0]
    before = copies(model)
    arguments = {
        "train_loader": [good],
        "val_loader": None,
        "loss_fn": nn.CrossEntropyLoss(),
        "optimizer": sgd(model),
        "epochs": 1,
        **change,
    }
    with pytest.raises(error, match=message) as caught:
        train(model, **arguments)
    assert not hasattr(caught.value, "history"), "nothing was finished"
    assert unchanged(model, before)
    assert model.training


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (nn.Linear, TypeError, "model is the class Linear: write Linear"),
        (lambda X: X, TypeError, "model must be an nn.Module, got a function"),
        (nn.Linear(5, 3, device="meta"), ValueError, "on the device meta, where weight has"),
    ],
)
def test_a_model_that_cannot_compute_is_refused(model, error, message):
    optimizer = sgd(nn.Linear(5, 3))
    for run in (
        lambda: train(model, [good], None, nn.CrossEntropyLoss(), optimizer, 1),
        lambda: train_step(model, [good], nn.CrossEntropyLoss(), optimizer),
        lambda: test_step(model, [good], nn.CrossEntropyLoss()),
    ):
        with pytest.raises(error, match=message):
            run()


def test_an_optimizer_of_parameters_that_the_model_has_no_more_is_refused():
    """A head that was replaced after the optimizer was made would never learn."""
    model = problem()[0].cpu()
    optimizer = sgd(model)
    model[2] = nn.Linear(8, 3)
    before = copies(model)
    for run in (train_step, lambda *a: train(a[0], a[1], None, *a[2:], 1)):
        with pytest.raises(ValueError, match=r"not the model's, .* \[\(3, 8\), \(3,\)\]"):
            run(model, [good], nn.CrossEntropyLoss(), optimizer)
    assert unchanged(model, before)


def test_an_optimizer_may_hold_a_part_of_the_model_and_the_losss_own_parameters():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, logits, y):
            return nn.functional.cross_entropy(self.scale * logits, y)

    model, loss_fn = problem()[0].cpu(), Scaled()
    optimizer = torch.optim.SGD([*model[2].parameters(), *loss_fn.parameters()], lr=0.1)
    before = copies(model)
    train_step(model, [good], loss_fn, optimizer)
    moved = [not torch.equal(*pair) for pair in zip(copies(model), before, strict=True)]
    assert moved == [False, False, True, True]
    assert loss_fn.scale.item() != 1.0


def test_an_exported_module_cannot_be_trained():
    model = nn.Linear(5, 3)
    exported = torch.export.export(model, (good[0],)).module()
    with pytest.raises(TypeError, match="can't be put in train mode, as an exported one"):
        train_step(exported, [good], nn.CrossEntropyLoss(), sgd(exported))


def test_a_tuple_from_the_model_is_named():
    class Two(nn.Linear):
        def forward(self, X):
            return super().forward(X), X

    model = Two(5, 3)
    with pytest.raises(TypeError, match="the model must return a tensor, got a tuple of 2"):
        train_step(model, [good], nn.CrossEntropyLoss(), sgd(model))


def test_a_last_batch_of_one_that_squeeze_flattens_is_named():
    class Squeezed(nn.Linear):
        def forward(self, X):
            return super().forward(X).squeeze()

    model, X, y = Squeezed(5, 1), torch.randn(5, 5), torch.randn(5)
    batches = list(zip(X.split(4), y.split(4), strict=True))
    with pytest.raises(ValueError, match=r"shape \(\) for a batch of 1, after .*squeeze\(\)"):
        train_step(model, batches, nn.MSELoss(), sgd(model))


def test_a_later_batch_of_other_outputs_is_named():
    class Growing(nn.Linear):
        def forward(self, X):
            return super().forward(X)[:, : len(X)]

    model, X, y = Growing(5, 4), torch.randn(5, 5), torch.randint(2, (5,))
    batches = list(zip(X.split(3), y.split(3), strict=True))
    with pytest.raises(ValueError, match=r"shape \(2, 2\) for a batch of 2, after \('n', 3\)"):
        train_step(model, batches, nn.CrossEntropyLoss(), sgd(model))


def test_plateau_on_a_metric_needs_one():
    model = problem()[0]
    optimizer = sgd(model)
    scheduler = ReduceLROnPlateau(optimizer, mode="max")
    with pytest.raises(ValueError, match="follows the metric, got metric None"):
        train(model, [good], None, nn.CrossEntropyLoss(), optimizer, 1, scheduler=scheduler)


class Constant(nn.Module):
    """Returns its one parameter whatever comes in."""

    def __init__(self, *shape):
        super().__init__()
        self.value = nn.Parameter(torch.randn(shape))

    def forward(self, X):
        """Return the parameter."""
        return self.value * 1


@given(shapes, shapes, st.sampled_from([torch.float32, torch.int64, torch.bool]))
def test_a_loss_of_numbers_never_broadcasts_outputs_to_targets(shape, target_shape, dtype):
    """Whatever the dtype of the targets: equal shapes are trained on, all others refused."""
    model, X = Constant(*shape), torch.zeros(target_shape[:1] or (1,))
    targets = torch.ones(target_shape).to(dtype)
    before = copies(model)
    if not target_shape or 0 in target_shape[:1]:
        with pytest.raises(ValueError, match="there must be n inputs and n targets"):
            train_step(model, [(X, targets)], nn.L1Loss(), sgd(model))
    elif shape != target_shape:
        with pytest.raises((ValueError, RuntimeError)):
            train_step(model, [(X, targets)], nn.L1Loss(), sgd(model))
        assert unchanged(model, before)
    elif 0 not in shape:
        loss = (model.value.detach() - 1).abs().mean().item()
        assert train_step(
            model, [(X, targets)], lambda a, b: (a - b.float()).abs().mean(), sgd(model)
        )["loss"] == pytest.approx(loss)


@pytest.mark.parametrize(
    ("shape", "target_shape"),
    [
        ((8, 1), (8,)),
        ((8, 8), (8,)),
        ((1, 3), (1,)),
        ((1, 2), (1,)),
        ((8,), (8, 1)),
        ((4, 4, 5), (4, 5)),
    ],
)
def test_integer_targets_never_broadcast(shape, target_shape):
    model, y = Constant(*shape), torch.ones(target_shape, dtype=torch.int64)
    for loss_fn in (nn.MSELoss(), lambda a, b: ((a - b) ** 2).mean()):
        with pytest.raises(ValueError, match="broadcasts"):
            train_step(model, [(torch.zeros(target_shape), y)], loss_fn, sgd(model))


@pytest.mark.parametrize(
    ("shape", "target_shape"),
    [((8, 8), (8,)), ((1, 3), (1,)), ((3, 3), (3,)), ((1, 2), (1,)), ((4, 4, 5), (4, 5))],
)
@pytest.mark.parametrize("weight", [False, True])
def test_class_indices_are_taken_where_numbers_would_broadcast(shape, target_shape, weight):
    loss_fn = nn.CrossEntropyLoss(weight=torch.ones(shape[1]) if weight else None)
    model, y = Constant(*shape), torch.ones(target_shape, dtype=torch.int64)
    expected = loss_fn(model.value, y).item()
    means = train_step(model, [(torch.zeros(target_shape), y)], loss_fn, sgd(model))
    assert means["loss"] == pytest.approx(expected)


def test_cross_entropy_over_a_single_output_is_refused():
    """Its loss is 0 and its gradient 0, whatever the target."""
    model, y = Constant(4, 1), torch.zeros(4, dtype=torch.int64)
    with pytest.raises(ValueError, match="two classes or more"):
        train_step(model, [(torch.zeros(4), y)], nn.CrossEntropyLoss(), sgd(model))


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (True, TypeError),
        (1.0, TypeError),
        ("1", TypeError),
        (None, TypeError),
        (1, ValueError),
        (6, ValueError),
    ],
)
def test_an_int_is_an_int_in_its_range(value, error):
    with pytest.raises(error, match="n must be an int from 2 to 5, got"):
        check_int("n", value, 2, 5)
    for allowed in (2, 5, torch.tensor([3]).numpy()[0]):
        check_int("n", allowed, 2, 5)
    check_int("n", 10**9, 2)
