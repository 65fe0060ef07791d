"""Points by class and rows of boundaries draw what they are given, and refuse the rest."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex
from torch import nn

from helper_functions import (
    COLORS,
    get_device,
    plot_boundaries,
    plot_classes,
    plot_decision_boundary,
)

X = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def points(ax):
    """Return the drawn points by class, and their colors."""
    parts = [part for part in ax.collections if part.get_label().isdigit()]
    found = {part.get_label(): part.get_offsets().tolist() for part in parts}
    return found, [to_hex(part.get_facecolor()[0]).upper() for part in parts]


def test_each_class_is_drawn_in_its_color_and_a_class_without_points_is_left_out():
    ax = plot_classes(X.to(get_device()), torch.tensor([2, 0, 2]).to(get_device()))
    found, colors = points(ax)
    assert found == {"0": [[2, 3]], "2": [[0, 1], [4, 5]]}
    assert colors == [COLORS[0], COLORS[2]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0", "2"]
    assert ax.get_legend().get_title().get_text() == "class"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 0", "feature 1")
    assert ax.figure.get_size_inches().tolist() == [3.4, 3]


def test_classes_are_drawn_in_the_axes_that_are_given_and_look_as_on_a_boundary():
    _, ax = plt.subplots()
    y = torch.tensor([[0], [1], [1]])
    assert plot_classes(X, y, ax=ax) is ax
    assert points(ax) == points(plot_decision_boundary(nn.Linear(2, 2), X, y, n_steps=3))
    markers = [part.get_paths()[0].vertices.shape for part in ax.collections]
    assert markers[0] != markers[1]


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (
            torch.zeros(3, 3),
            torch.zeros(3),
            r"X must be .* \(n, 2\).* got a tensor of shape \(3, 3\)",
        ),
        (X, torch.zeros(2), "one class index for each of 3 points"),
        (X, torch.tensor([0, -1, 0]), "one class index"),
    ],
)
def test_what_is_no_class_for_each_point_is_refused_before_a_figure_opens(X, y, message):
    with pytest.raises(ValueError, match=message):
        plot_classes(X, y)
    assert plt.get_fignums() == []


def test_boundaries_stand_side_by_side_under_their_names():
    models = {"one": nn.Linear(2, 1), "three": nn.Linear(2, 3).train()}
    fig = plot_boundaries(models, X, torch.tensor([0, 1, 2]), n_steps=7)
    assert [ax.get_title() for ax in fig.axes] == ["one", "three"]
    assert [ax.get_legend() for ax in fig.axes] == [None, None]
    assert [ax.get_xlabel() + ax.get_ylabel() for ax in fig.axes] == ["", ""]
    assert fig.axes[0].get_ylim() == fig.axes[1].get_ylim()
    assert fig.get_size_inches().tolist() == [6, 3.2]
    for ax, model in zip(fig.axes, models.values(), strict=True):
        alone = plot_decision_boundary(model, X, torch.tensor([0, 1, 2]), n_steps=7)
        assert (ax.collections[0].get_array() == alone.collections[0].get_array()).all()
    assert models["three"].training


def test_many_boundaries_are_smaller():
    models = {str(i): nn.Linear(2, 2) for i in range(13)}
    fig = plot_boundaries(models, X, torch.tensor([0, 1, 1]), n_steps=2)
    assert fig.get_size_inches().tolist() == pytest.approx([13, 1.2])
    assert fig.axes[0].collections[0].get_array().size == 4


def test_no_model_or_a_bad_one_leaves_no_half_figure():
    with pytest.raises(ValueError, match="models must hold one model or more by name, got none"):
        plot_boundaries({}, X, torch.zeros(3))
    with pytest.raises(ValueError, match="must return logits"):
        plot_boundaries({"good": nn.Linear(2, 1), "bad": nn.Flatten(0)}, X, torch.zeros(3))
    assert plt.get_fignums() == []
