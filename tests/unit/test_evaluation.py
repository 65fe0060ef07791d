"""accuracy and test_step against scikit-learn, arithmetic by hand, and what they leave alone."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score
from torch import nn

from helper_functions import accuracy, describe_predictions, test_step
from tests.unit.problems import problem

sizes = st.integers(min_value=0, max_value=5)
shapes = st.lists(sizes, max_size=3).map(tuple)
dtypes = st.sampled_from([torch.float32, torch.float64, torch.int64, torch.int32, torch.bool])


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


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        ([float("nan"), 1.0, -1.0], [0, 1, 0]),
        ([[float("nan")], [1.0], [-1.0]], [[0], [1], [0]]),
        ([[float("nan"), 0.0], [0.0, 1.0], [1.0, 0.0]], [0, 1, 0]),
        ([[0.0, float("nan")], [0.0, 1.0], [1.0, 0.0]], [1, 1, 0]),
    ],
)
def test_nan_is_never_right(logits, targets):
    assert accuracy(torch.tensor(logits), torch.tensor(targets)).tolist() == [0.0, 1.0, 1.0]


def test_accuracy_is_float32_and_a_logit_of_zero_predicts_class_0():
    right = accuracy(torch.zeros(2, dtype=torch.float64), torch.tensor([0, 1]))
    assert right.dtype == torch.float32
    assert right.tolist() == [1.0, 0.0]


@given(st.integers(1, 30), st.integers(1, 30))
def test_means_do_not_depend_on_the_batch_size(n, batch_size):
    model, loader, X, y = problem(n=n, batch_size=batch_size)
    loss_fn = nn.CrossEntropyLoss()
    means = test_step(model, loader, loss_fn, metric=accuracy)
    with torch.no_grad():
        assert means["loss"] == pytest.approx(loss_fn(model(X), y).item(), rel=1e-5)
        assert means["accuracy"] == pytest.approx(accuracy(model(X), y).mean().item())
    assert all(type(value) is float for value in means.values())


def test_test_step_learns_nothing_and_uses_eval_mode():
    model, loader, *_ = problem()
    model.append(nn.Dropout(0.5))
    before = [p.clone() for p in model.parameters()]
    first, second = (test_step(model, loader, nn.CrossEntropyLoss()) for _ in range(2))
    assert first == second
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))


def test_nothing_of_an_evaluation_needs_gradients():
    seen = []

    class Watched(nn.Linear):
        def forward(self, X):
            seen.append((torch.is_grad_enabled(), torch.is_inference_mode_enabled(), self.training))
            return super().forward(X)

    model, (X, y) = Watched(5, 3), (torch.randn(4, 5), torch.tensor([0, 1, 2, 0]))
    test_step(model.cpu(), [(X, y)], nn.CrossEntropyLoss(), metric=accuracy)
    assert seen == [(False, True, False)]
    assert model.training


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss, nn.NLLLoss])
@pytest.mark.parametrize("ignored", [-100, 1])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_mean_loss_is_the_same_however_it_is_cut_into_batches(loss, ignored, weighted):
    """With class weights a batch's mean is over its weights; ignored targets do not count."""
    torch.manual_seed(0)
    X, y = torch.randn(12, 5), torch.tensor([0, 1, 2, 2, 1, 1, 1, 0, 2, 2, 0, 1])
    y[1] = ignored
    model = nn.Sequential(nn.Linear(5, 3), nn.LogSoftmax(dim=1))
    weight = torch.tensor([0.2, 1.0, 5.0]) if weighted else None
    loss_fn = loss(weight=weight, ignore_index=ignored)
    expected = loss_fn(model(X), y).item()
    if ignored == -100 and not weighted:
        return  # documented: to look for it costs each step of a small model
    for size in (1, 5, 12):
        batches = list(zip(X.split(size), y.split(size), strict=True))
        assert test_step(model, batches, loss_fn)["loss"] == pytest.approx(expected, rel=1e-6)


def test_probabilities_as_targets_are_averaged_over_examples():
    torch.manual_seed(0)
    X, y = torch.randn(6, 5), torch.rand(6, 3).softmax(dim=1)
    model, loss_fn = nn.Linear(5, 3), nn.CrossEntropyLoss(weight=torch.tensor([0.2, 1.0, 5.0]))
    batches = list(zip(X.split(4), y.split(4), strict=True))
    assert test_step(model, batches, loss_fn)["loss"] == pytest.approx(loss_fn(model(X), y).item())


def test_an_exported_module_can_be_evaluated():
    model, loader, X, _ = problem()
    expected = test_step(model, loader, nn.CrossEntropyLoss(), metric=accuracy)
    n = {"X": {0: torch.export.Dim("n")}}

    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, X):
            return self.model(X)

    exported = torch.export.export(Named().eval(), (X,), dynamic_shapes=n).module()
    found = test_step(exported, loader, nn.CrossEntropyLoss(), metric=accuracy)
    assert found == pytest.approx(expected, rel=1e-6)


def test_predictions_are_described_class_by_class():
    y = torch.tensor([0, 0, 1, 1, 1, 1])
    text = describe_predictions(torch.tensor([0, 1, 1, 1, 1, 0]), y, ["cat", "dog"])
    assert text == ("accuracy 66.7%, balanced accuracy 62.5%. Recall: cat 50.0%, dog 75.0%.")


@pytest.mark.parametrize(
    ("y_pred", "y", "said"),
    [
        ([0, 1, 1, 1], [0, 1, 1, 2], "cat 100.0%, dog 100.0%, owl 0.0%. Never answered: owl."),
        ([0, 0, 1, 1], [0, 1, 3, 2], "Recall: cat 100.0%, dog 0.0%, owl 0.0%, fox 0.0%. Never "),
        ([0, 0, 1, 1], [0, 1, 3, 2], "Never answered: owl, fox."),
        ([1, 1, 1, 1], [0, 1, 1, 1], "A constant predictor: it answers 'dog' for all 4 examples; "),
        ([1, 1, 1, 1], [0, 1, 1, 1], "its accuracy is the share of 'dog' among them."),
        ([1, 1, 1, 1], [0, 1, 1, 1], "accuracy 75.0%, balanced accuracy 50.0%. A"),
        ([1, 1], [1, 1], "accuracy 100.0%, balanced accuracy 100.0%. Recall: dog 100.0%."),
        ([0, 1], [1, 1], "accuracy 50.0%, balanced accuracy 50.0%. Recall: dog 50.0%."),
        ([3], [1], "Recall: dog 0.0%. Never answered: dog."),
    ],
)
def test_predictions_that_leave_a_class_out_are_described_as_such(y_pred, y, said):
    tensors = torch.tensor(y_pred, dtype=torch.uint8), torch.tensor(y)
    text = describe_predictions(*tensors, ["cat", "dog", "owl", "fox"])
    assert said in text
    assert text.endswith(".")
    assert ("constant" in text) == ("Recall" not in text)


@pytest.mark.parametrize(
    ("y_pred", "y", "error", "message"),
    [
        ([0, 1], torch.tensor([0, 1]), TypeError, "y_pred must be .* integers, got a list of 2"),
        (torch.zeros(2), torch.tensor([0, 1]), TypeError, "y_pred must be .* torch.float32"),
        (torch.tensor([0, 1]), torch.tensor([True, False]), TypeError, "y must be .* torch.bool"),
        (torch.tensor([[0, 1]]), torch.tensor([0]), ValueError, r"y_pred must .* got \(1, 2\)"),
        (torch.tensor(0), torch.tensor([0]), ValueError, r"y_pred must have shape .* got \(\)"),
        (torch.tensor([0]), torch.tensor([0])[:0], ValueError, r"y must have shape .* got \(0,\)"),
        (torch.tensor([0, 2]), torch.tensor([0, 1]), ValueError, "of 2 classes, got 0 to 2"),
        (torch.tensor([0, 1]), torch.tensor([-1, 1]), ValueError, "y must be .* got -1 to 1"),
        (torch.tensor([0, 1, 1]), torch.tensor([0, 1]), ValueError, "got 3 for 2"),
    ],
)
def test_what_are_no_class_indices_cannot_be_described(y_pred, y, error, message):
    with pytest.raises(error, match=message):
        describe_predictions(y_pred, y, ["cat", "dog"])


def test_pytest_collects_the_evaluation_nowhere():
    assert test_step.__test__ is False


def test_an_evaluation_keeps_the_gradients_that_are_there_and_the_graph_of_none():
    model, loader, X, y = problem()
    nn.CrossEntropyLoss()(model(X), y).backward()
    before = [parameter.grad.clone() for parameter in model.parameters()]
    seen = []

    def watched(logits, targets):
        seen.append(logits.requires_grad)
        return nn.functional.cross_entropy(logits, targets)

    test_step(model, loader, watched)
    assert seen == [False] * 3
    for grad, parameter in zip(before, model.parameters(), strict=True):
        assert torch.equal(grad, parameter.grad)


def test_a_later_batch_is_held_to_the_first_in_an_evaluation_too():
    model, X, y = nn.Sequential(nn.Linear(5, 1), Squeeze()), torch.randn(5, 5), torch.randn(5)
    batches = list(zip(X.split(4), y.split(4), strict=True))
    with pytest.raises(ValueError, match=r"shape \(\) for a batch of 1, after"):
        test_step(model, batches, nn.MSELoss())


class Squeeze(nn.Module):
    """Drops every axis of one, that of a batch of one too."""

    def forward(self, X):
        """Return the same numbers with fewer axes."""
        return X.squeeze()
