"""The figures draw what they are given, in the given axes, display nothing and change no model."""

import matplotlib.pyplot as plt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from helper_functions import (
    get_device,
    plot_decision_boundary,
    plot_loss_curves,
    plot_predictions,
    set_seeds,
    show,
)

shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def column(n):
    return torch.linspace(0, 1, n).unsqueeze(1)


def offsets(ax):
    """Return what was scattered, label by label."""
    return {points.get_label(): points.get_offsets().tolist() for points in ax.collections}


def test_plot_predictions_draws_every_point_in_the_given_axes():
    fig, ax = plt.subplots()
    train, test = column(3), column(2).to(get_device()).requires_grad_()
    returned = plot_predictions(train, 2 * train, test, 2 * test, 3 * test.squeeze(1), ax=ax)
    assert returned is ax
    assert plt.get_fignums() == [fig.number]
    assert offsets(ax) == {
        "train": [[0, 0], [0.5, 1], [1, 2]],
        "test": [[0, 0], [1, 2]],
        "predicted": [[0, 0], [1, 3]],
    }
    markers = {tuple(map(tuple, p.get_paths()[0].vertices.tolist())) for p in ax.collections}
    assert len(markers) == 3  # colour is not the only cue
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("X", "y")


def test_a_new_figure_is_made_without_axes():
    assert plot_predictions(column(3), column(3), column(2), column(2)).figure.number == 1
    assert plot_loss_curves({"train_loss": [1.0]}).figure.number == 2


@given(shapes)
def test_plot_predictions_names_the_shape_that_does_not_fit(shape):
    X = torch.zeros(shape)
    if shape and X.numel() and shape in (shape[:1], (shape[0], 1)):
        return
    with pytest.raises(ValueError, match="X of train must have shape") as error:
        plot_predictions(X, column(3), column(2), column(2))
    assert str(shape) in str(error.value)
    assert plt.get_fignums() == []


def test_plot_predictions_refuses_lists_and_other_lengths():
    with pytest.raises(TypeError, match="y of test must be a tensor, got list"):
        plot_predictions(column(3), column(3), column(2), [1, 2])
    with pytest.raises(ValueError, match="predicted needs one y per X, got 3 for 2"):
        plot_predictions(column(3), column(3), column(2), column(2), column(3))


def test_plot_loss_curves_draws_both_losses_by_epoch():
    history = {"train_loss": [3.0, 2.0], "val_loss": [4.0, 3.5], "train_accuracy": [0.1, 0.2]}
    ax = plot_loss_curves(history)
    lines = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert lines == {"train": [[1, 3], [2, 2]], "val": [[1, 4], [2, 3.5]]}
    assert len({line.get_linestyle() for line in ax.lines}) == 2


@pytest.mark.parametrize("history", [{}, {"train_loss": []}, {"loss": [1.0]}])
def test_plot_loss_curves_says_what_came(history):
    with pytest.raises(ValueError, match="must hold one train_loss or more, got the lengths"):
        plot_loss_curves(history)


class Right(nn.Module):
    """Class 1 where feature 0 is positive, as logits of three shapes; remembers its mode."""

    def __init__(self, outputs):
        super().__init__()
        self.outputs, self.modes = outputs, set()
        self.anchor = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        """Return logits of the wanted shape."""
        self.modes.add(self.training)
        if self.outputs is None:
            return X[:, 0]
        if self.outputs == 1:
            return X[:, :1]
        return torch.stack([-X[:, 0], X[:, 0]] + [X[:, 0] * 0 - 99] * (self.outputs - 2), dim=1)


@pytest.mark.parametrize("outputs", [None, 1, 2, 5])
def test_the_boundary_is_where_the_model_changes_its_mind(outputs):
    set_seeds(42)
    X = torch.randn(60, 2)
    y = (X[:, 0] > 0).long()
    model = Right(outputs).to(get_device()).train()
    fig, ax = plt.subplots()
    assert plot_decision_boundary(model, X.to(get_device()), y, ax=ax, n_steps=50) is ax
    mesh = ax.collections[0]
    regions = mesh.get_array().reshape(50, 50)
    centres = (mesh.get_coordinates()[0, :-1, 0] + mesh.get_coordinates()[0, 1:, 0]) / 2
    assert (regions == (centres > 0)).all()
    assert model.training
    assert model.modes == {False}
    assert all(p.grad is None and p.device.type == get_device().type for p in model.parameters())
    assert plt.get_fignums() == [fig.number]


def test_a_model_that_predicts_one_class_draws_without_warning():
    set_seeds(42)
    model = nn.Linear(2, 3).to(get_device())
    nn.init.zeros_(model.weight)
    X = torch.tensor([[1.0, 1.0]])
    plot_decision_boundary(model, X, torch.tensor([[2]]))


@given(shapes)
def test_points_that_are_not_in_the_plane_are_refused(shape):
    if len(shape) == 2 and shape[1] == 2 and shape[0] > 0:
        return
    with pytest.raises(ValueError, match=r"X must be a tensor of shape \(n, 2\)") as error:
        plot_decision_boundary(nn.Linear(2, 1), torch.zeros(shape), torch.zeros(3))
    assert str(shape) in str(error.value)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": torch.zeros(4)}, "one class index for each of 5 points, got a tensor of shape"),
        ({"y": torch.full((5,), -1)}, "one class index"),
        ({"n_steps": 1}, "n_steps must be an int of 2 or more, got 1"),
        ({"n_steps": 9.5}, "n_steps must be an int of 2 or more, got 9.5"),
        ({"model": nn.Unflatten(1, (1, 2))}, r"must return logits .* got \(40000, 1, 2\)"),
        ({"X": [[1, 2]]}, "X must be .* got a list of 1"),
    ],
)
def test_bad_arguments_of_the_boundary_are_named(arguments, message):
    good = {"model": nn.Linear(2, 1), "X": torch.rand(5, 2), "y": torch.zeros(5)}
    with pytest.raises(ValueError, match=message):
        plot_decision_boundary(**{**good, **arguments})
    assert plt.get_fignums() == []


def test_show_displays_once_with_its_text_and_closes(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda fig, **options: shown.append(options))
    fig, _ = plt.subplots()
    show(fig, alt="Nothing yet.")
    assert shown == [{"metadata": {"image/png": {"alt": "Nothing yet."}}}]
    assert plt.get_fignums() == []


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_show_wants_words(alt):
    fig, _ = plt.subplots()
    with pytest.raises(ValueError, match="alt must say in words what the figure shows, got"):
        show(fig, alt)


def test_show_wants_a_figure():
    _, ax = plt.subplots()
    with pytest.raises(
        TypeError, match=r"fig must be a Figure \(axes have ax.figure\), got a Axes"
    ):
        show(ax, "Axes.")
