"""The figures draw what they are given, in the given axes, display nothing and change no model."""

import re

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from IPython.utils.capture import capture_output
from matplotlib.colors import to_hex, to_rgb
from matplotlib.legend import Legend
from matplotlib.markers import MarkerStyle
from matplotlib_inline import backend_inline
from torch import nn

from helper_functions import (
    COLORS,
    get_device,
    plot_decision_boundary,
    plot_lines,
    plot_loss_curves,
    plot_predictions,
    set_seeds,
    show,
)
from torch_course.figures import MARKERS

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


def is_drawn_with(points, color, marker):
    """Tell whether scattered points have a color and a marker."""
    marker = MarkerStyle(marker)
    path = marker.get_path().transformed(marker.get_transform()).vertices.tolist()
    same = points.get_paths()[0].vertices.tolist() == path
    return same and tuple(points.get_facecolor()[0][:3]) == to_rgb(color)


def test_colors_and_markers_are_seven_each():
    assert len({to_rgb(color) for color in COLORS}) == len(set(MARKERS)) == 7
    assert COLORS[:2] == ("#0072B2", "#D55E00")  # blue and vermilion of Okabe and Ito


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
    for i, points in enumerate(ax.collections):  # color is not the only cue
        assert is_drawn_with(points, COLORS[i], MARKERS[i])
        assert points.get_sizes() == [16]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("X", "y")


def test_a_new_figure_is_made_without_axes():
    assert plot_predictions(column(3), column(3), column(2), column(2)).figure.number == 1
    assert plot_loss_curves({"train_loss": [1.0]}).figure.number == 2


@settings(max_examples=40)
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
    with pytest.raises(TypeError, match="y of test must be a tensor, got a list of 2"):
        plot_predictions(column(3), column(3), column(2), [1, 2])
    with pytest.raises(ValueError, match="predicted needs one y per X, got 3 for 2"):
        plot_predictions(column(3), column(3), column(2), column(2), column(3))


def test_plot_loss_curves_draws_both_losses_by_epoch():
    history = {"train_loss": [3.0, 2.0], "val_loss": [4.0, 3.5], "train_accuracy": [0.1, 0.2]}
    ax = plot_loss_curves(history)
    lines = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert lines == {"train": [[1, 3], [2, 2]], "val": [[1, 4], [2, 3.5]]}
    styles = [(line.get_color(), line.get_linestyle()) for line in ax.lines]
    assert styles == [(COLORS[0], "-"), (COLORS[1], "--")]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    assert plot_loss_curves(history, ax=ax) is ax


def test_without_validation_there_is_one_curve():
    for history in ({"train_loss": [3.0, 2.0]}, {"train_loss": [3.0, 2.0], "val_loss": []}):
        ax = plot_loss_curves(history)
        assert [line.get_label() for line in ax.lines] == ["train"]
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["train"]


@pytest.mark.parametrize("history", [{}, {"train_loss": []}, {"loss": [1.0]}])
def test_plot_loss_curves_says_what_came(history):
    lengths = {key: len(values) for key, values in history.items()}
    expected = f"must hold one train_loss or more, got the lengths {lengths}"
    with pytest.raises(ValueError, match=re.escape(expected)):
        plot_loss_curves(history)


class Right(nn.Module):
    """Class 1 where feature 0 is positive, as logits of three shapes; remembers its mode."""

    def __init__(self, outputs):
        super().__init__()
        self.outputs, self.modes, self.grads = outputs, set(), set()
        self.anchor = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        """Return logits of the wanted shape."""
        self.modes.add(self.training)
        self.grads.add(torch.is_grad_enabled())
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
    assert (model.modes, model.grads) == ({False}, {False})
    assert all(p.grad is None and p.device.type == get_device().type for p in model.parameters())
    assert plt.get_fignums() == [fig.number]


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_model_that_predicts_one_class_draws_it_without_outline_or_warning(outputs):
    model = nn.Linear(2, outputs).to(get_device())
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    X = torch.tensor([[1.0, 1.0]], requires_grad=True)
    ax = plot_decision_boundary(model, X, torch.tensor([[1]]))
    mesh, _ = ax.collections  # and the point
    assert (mesh.get_array() == 0).all()  # a logit of zero predicts class 0, as in accuracy
    assert mesh.get_array().size == 200**2
    low, high = mesh.get_coordinates()[0, 0], mesh.get_coordinates()[-1, -1]
    step = 0.2 / 199  # the axes have no width but that of the margin, 0.1 on either side
    assert [*low, *high] == pytest.approx([0.9 - step / 2] * 2 + [1.1 + step / 2] * 2, abs=1e-5)


@pytest.mark.parametrize(
    ("outputs", "y", "n"), [(1, [0, 0], 2), (None, [0, 4], 5), (3, [0, 1], 3), (3, [0, 3], 4)]
)
def test_there_is_a_color_for_each_class_of_the_model_and_of_the_data(outputs, y, n):
    X = torch.tensor([[-1.0, 0.0], [1.0, 1.0]])
    mesh, *_ = plot_decision_boundary(Right(outputs), X, torch.tensor(y), n_steps=9).collections
    assert mesh.get_clim() == (-0.5, n - 0.5)
    assert [to_hex(color).upper() for color in mesh.get_cmap().colors] == list(COLORS[:n])


def test_beyond_seven_classes_colors_and_markers_begin_again():
    X, y = torch.rand(9, 2), torch.arange(9.0) - 1e-6  # what is nearly a class is that class
    mesh, *parts = plot_decision_boundary(nn.Linear(2, 9), X, y, n_steps=9).collections
    assert mesh.get_cmap().N == 9
    points = {part.get_label(): part for part in parts if part.get_label().isdigit()}
    assert list(points) == [str(label) for label in range(9)]
    for label, part in points.items():
        i = int(label) % 7
        assert is_drawn_with(part, COLORS[i], MARKERS[i])
        assert part.get_sizes() == [16]
        assert part.get_linewidths() == [0.3]
        assert to_hex(part.get_edgecolor()[0]) == "#ffffff"


@settings(max_examples=40)
@given(shapes)
def test_points_that_are_not_in_the_plane_are_refused(shape):
    if len(shape) == 2 and shape[1] == 2 and shape[0] > 0:
        return
    with pytest.raises(ValueError, match=r"X must be a tensor of shape \(n, 2\)") as error:
        plot_decision_boundary(nn.Linear(2, 1), torch.zeros(shape), torch.zeros(3))
    assert str(shape) in str(error.value)
    assert plt.get_fignums() == []


class Sum(nn.Module):
    """Returns one number for all points."""

    def forward(self, X):
        """Return shape ()."""
        return X.sum()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": torch.zeros(4)}, "one class index for each of 5 points, got a tensor of shape"),
        ({"y": torch.full((5,), -1)}, "one class index"),
        ({"n_steps": 1}, "n_steps must be an int of 2 or more, got 1"),
        ({"model": nn.Unflatten(1, (1, 2))}, r"must return logits .* got \(40000, 1, 2\)"),
        ({"model": nn.Flatten(0)}, r"logits \(40000,\), \(40000, 1\) or .* got \(80000,\)"),
        ({"model": Sum()}, r"must return logits .* got \(\)"),
        ({"model": nn.Linear(2, 1, device="meta")}, "the model is on the device meta"),
        ({"X": torch.rand(5, 3)}, "X must be a tensor of shape"),
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
    monkeypatch.setattr(
        "IPython.display.display", lambda *args, **options: shown.append((args, options))
    )
    (fig, _), (other, _) = plt.subplots(), plt.subplots()
    show(fig, alt="Nothing yet.")
    assert shown == [((fig,), {"metadata": {"image/png": {"alt": "Nothing yet."}}})]
    assert plt.get_fignums() == [other.number]


def test_a_notebook_stores_one_png_with_its_text():
    """IPython itself makes the picture here, as it does in a kernel."""
    select_figure_formats(InteractiveShell.instance(), {"png"})
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    with capture_output() as captured:
        show(fig, alt="A line.")
        backend_inline.show()  # as a kernel does at a cell's end, of what is still open
    (output,) = captured.outputs
    assert output.metadata["image/png"]["alt"] == "A line."
    assert output.data["image/png"]
    assert captured.stdout == ""


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_show_wants_words(alt):
    fig, _ = plt.subplots()
    with pytest.raises(ValueError, match="alt must say in words what the figure shows, got"):
        show(fig, alt)


def test_show_takes_axes_for_their_figure():
    fig, ax = plt.subplots()
    with capture_output() as captured:
        show(ax, "Axes.")
    assert len(captured.outputs) == 1
    assert not plt.fignum_exists(fig.number)


def test_show_wants_a_figure():
    with pytest.raises(TypeError, match="fig must be a figure or its axes, got a list of 1"):
        show([1], "A list.")


def test_a_table_of_the_history_is_drawn_as_the_history_is():
    history = {"train_loss": [3.0, 2.0], "val_loss": [4.0, 3.5]}
    ours, theirs = (plot_loss_curves(h) for h in (history, pd.DataFrame(history)))
    for one, other in zip(ours.lines, theirs.lines, strict=True):
        assert one.get_xydata().tolist() == other.get_xydata().tolist()
    with pytest.raises(TypeError, match="history must be what train returns, got a list of 2"):
        plot_loss_curves([1.0, 2.0])


def test_a_single_epoch_is_a_point():
    one, two = plot_loss_curves({"train_loss": [1.0]}), plot_loss_curves({"train_loss": [1.0, 2.0]})
    assert one.lines[0].get_marker() == "o"
    assert two.lines[0].get_marker() == "None"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64, torch.int64])
def test_numbers_of_every_dtype_are_drawn(dtype):
    X, y = torch.tensor([[0, 1], [2, 3], [4, 1]]).to(dtype), torch.tensor([0, 1, 1]).to(dtype)
    ax = plot_predictions(X[:, 0], y, X[:, 1], y)
    assert offsets(ax)["train"] == [[0, 0], [2, 1], [4, 1]]
    model = nn.Linear(2, 2).to(dtype if dtype.is_floating_point else torch.float32)
    plot_decision_boundary(model.to(get_device()), X, y, n_steps=5)


def test_integer_points_do_not_make_the_grid_one_of_integers():
    seen = []

    class Watched(Right):
        def forward(self, X):
            seen.append(X)
            return super().forward(X)

    plot_decision_boundary(Watched(1), torch.tensor([[0, 0], [1, 1]]), torch.tensor([0, 1]))
    assert seen[0].dtype == torch.float32
    assert len(seen[0].unique()) > 100


def test_a_tuple_from_the_model_is_named():
    class Two(nn.Linear):
        def forward(self, X):
            return super().forward(X), X

    with pytest.raises(TypeError, match="the model must return a tensor, got a tuple of 2"):
        plot_decision_boundary(Two(2, 1), torch.rand(5, 2), torch.zeros(5))
    with pytest.raises(TypeError, match=r"n_steps must be an int of 2 or more, got a float"):
        plot_decision_boundary(nn.Linear(2, 1), torch.rand(5, 2), torch.zeros(5), n_steps=9.5)


def test_whole_numbers_in_a_model_do_not_make_the_grid_one_of_integers():
    class Counting(Right):
        def __init__(self, outputs):
            super().__init__(outputs)
            first = nn.Parameter(torch.zeros(1, dtype=torch.int64), requires_grad=False)
            self._parameters = {"n_calls": first, **self._parameters}

        def forward(self, X):
            seen.append(X.dtype)
            return super().forward(X)

    seen = []
    plot_decision_boundary(Counting(1), torch.tensor([[0.5, 0], [1, 1]]), torch.tensor([0, 1]))
    assert seen[0] == torch.float32


def test_targets_that_are_no_tensor_are_named_by_their_name():
    with pytest.raises(TypeError, match=r"^y must be a tensor, got a list of 2"):
        plot_decision_boundary(Right(1), torch.zeros(2, 2), [0, 1])


@pytest.mark.parametrize("outputs", [1, 3])
def test_each_class_has_its_color_its_marker_and_an_outline(outputs):
    """In grey too: what is shaded is outlined, and each class has another marker."""
    X = torch.tensor([[-2.0, 0.0], [2.0, 1.0], [3.0, 2.0]])
    ax = plot_decision_boundary(Right(outputs), X, torch.tensor([0, 1, 1]), n_steps=20)
    mesh, outline, first, second = ax.collections
    assert mesh.get_alpha() == 0.25
    assert (outline.get_edgecolor()[:, :3] == 0).all()
    for label, points, n in ((0, first, 1), (1, second, 2)):
        assert points.get_label() == str(label)
        assert is_drawn_with(points, COLORS[label], MARKERS[label])
        assert len(points.get_offsets()) == n
    assert outline.get_linewidths() == [0.8]
    assert list(outline.levels) == [0.5]
    edge = outline.get_paths()[0].vertices  # upright, between the grid points around 0
    assert abs(edge[:, 0]).max() < 6 / 19
    low, high = mesh.get_coordinates()[0, 0], mesh.get_coordinates()[-1, -1]
    half = 6 / 19 / 2, 2.4 / 19 / 2  # of a step: a cell reaches so far beyond its point
    assert list(low) == pytest.approx([-2.5 - half[0], -0.2 - half[1]], abs=1e-5)
    assert list(high) == pytest.approx([3.5 + half[0], 2.2 + half[1]], abs=1e-5)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 0", "feature 1")
    assert ax.get_legend().get_title().get_text() == "class"


def test_legends_have_a_place_and_need_no_search():
    """To search for the best one warns where it takes more than a second."""
    X = torch.rand(5, 2)
    for ax, place in (
        (plot_predictions(column(3), column(3), column(2), column(2)), "upper left"),
        (plot_loss_curves({"train_loss": [1.0]}), "upper right"),
        (plot_decision_boundary(nn.Linear(2, 1), X, torch.zeros(5)), "upper right"),
    ):
        assert ax.get_legend()._loc == Legend.codes[place]


def test_lines_are_told_apart_by_color_and_by_style():
    lines = {"a": [1.0, 2.0], "b": torch.tensor([3.0, 4.0], device=get_device()), "c": ([5], [6])}
    ax = plot_lines(lines, xlabel="epoch", ylabel="loss", title="t", log=True, loc="lower left")
    drawn = [line.get_xydata().tolist() for line in ax.lines]
    assert drawn == [[[1, 1], [2, 2]], [[1, 3], [2, 4]], [[5, 6]]]
    assert [line.get_label() for line in ax.lines] == ["a", "b", "c"]
    assert len({line.get_color() for line in ax.lines}) == 3
    assert len({line.get_linestyle() for line in ax.lines}) == 3
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("epoch", "loss", "t")
    assert ax.get_yscale() == "log"
    assert ax.get_legend()._loc == Legend.codes["lower left"]
    assert ax.figure.get_size_inches().tolist() == [6, 3]


def test_more_lines_than_colors_begin_again_and_axes_may_be_given():
    _, ax = plt.subplots()
    same = plot_lines({str(i): [i] for i in range(9)}, xlabel="x", ylabel="y", ax=ax)
    assert same is ax
    assert ax.get_yscale() == "linear"
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    assert len(looks) == 9
    assert to_hex(ax.lines[7].get_color()).upper() == COLORS[0]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ({}, "one line or more"),
        ({"a": []}, r"a needs one y per x.*\(0,\)"),
        ({"a": ([1, 2], [1])}, r"\(2,\) and \(1,\)"),
        ({"a": [[1, 2]]}, r"\(1, 2\)"),
        ({"a": 3.0}, r"\(\)"),
    ],
)
def test_what_is_no_line_is_refused(lines, words):
    with pytest.raises(ValueError, match=words):
        plot_lines(lines, xlabel="x", ylabel="y")
    assert plt.get_fignums() == []
