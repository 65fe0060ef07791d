"""Drawings show each number where it stands, marks included, and refuse what they can't draw."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from helper_functions import get_device, plot_bars, plot_pictures, plot_tensors


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def boxes(ax):
    """Return the drawn boxes by their lower left corner, rounded."""
    return {(round(box.get_x(), 2), round(box.get_y(), 2)): box for box in ax.patches}


def numbers(ax):
    """Return the texts inside boxes by their box's lower left corner."""
    inside = [text for text in ax.texts if "\n" not in text.get_text()]
    corners = [
        (round(t.get_position()[0] - 0.5, 2), round(t.get_position()[1] - 0.47, 2)) for t in inside
    ]
    return {corner: text.get_text() for corner, text in zip(corners, inside, strict=True)}


def test_each_number_has_a_box_and_rows_run_downwards():
    ax = plot_tensors({"x": torch.arange(6).reshape(2, 3)}, title="six")
    expected = {(0, -1): "0", (1, -1): "1", (2, -1): "2", (0, -2): "3", (1, -2): "4", (2, -2): "5"}
    assert numbers(ax) == expected
    assert boxes(ax).keys() == expected.keys()
    assert {(box.get_width(), box.get_height()) for box in ax.patches} == {(1, 1)}
    assert ax.get_title() == "six"
    assert not ax.axison
    assert ax.get_aspect() == 1


def test_tensors_stand_side_by_side_with_names_and_shapes_below():
    tensors = {"s": torch.tensor(7), "v": torch.tensor([1.25, 2.0], device=get_device())}
    ax = plot_tensors(tensors)
    assert numbers(ax) == {(0, -1): "7", (2.2, -1): "1.25", (3.2, -1): "2"}
    labels = {t.get_text(): t.get_position() for t in ax.texts if "\n" in t.get_text()}
    assert labels == {"s\n()": (0.5, -1.2), "v\n(2,)": (pytest.approx(3.2), -1.2)}
    assert ax.get_xlim() == (-0.5, pytest.approx(4.7))


def test_the_first_of_three_axes_lies_in_depth_its_position_0_in_front():
    ax = plot_tensors({"x": torch.tensor([[[1]], [[2]], [[3]]])})
    assert numbers(ax) == {(0, -1.6): "1", (0.3, -1.3): "2", (0.6, -1): "3"}
    order = [boxes(ax)[corner].get_zorder() for corner in ((0, -1.6), (0.3, -1.3), (0.6, -1))]
    assert order == sorted(order, reverse=True)
    assert len(set(order)) == 3
    texts = {text.get_text(): text.get_zorder() for text in ax.texts}
    assert texts["2"] < order[0], "the sheet in front hides it"
    assert texts["2"] > order[1]


def test_marked_boxes_are_filled_and_bold_and_faint_ones_dashed_and_gray():
    x = torch.tensor([1, 2, 3])
    mark, faint = {"x": x == 1}, {"x": x == 3}
    ax = plot_tensors({"x": x, "y": x}, mark=mark, faint=faint)
    faces = [to_rgb(box.get_facecolor()) for box in ax.patches]
    assert faces[1] == faces[3] == faces[4] == faces[5] == (1, 1, 1)
    assert len({faces[0], faces[1], faces[2]}) == 3
    gray = [sum(face) for face in (faces[0], faces[2], faces[1])]
    assert gray == sorted(gray), "they differ without color too"
    assert [box.get_linestyle() for box in ax.patches[:3]] == ["-", "-", "--"]
    inside = [text for text in ax.texts if "\n" not in text.get_text()]
    assert [text.get_weight() for text in inside[:3]] == ["bold", "normal", "normal"]
    assert [text.get_color() for text in inside[:3]] == ["black", "black", "#777777"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "T"), (False, "F"), (0.123456, "0.123"), (-1100, "-1100"), (1100.0, "1.1e+03")],
)
def test_how_a_number_is_written(value, shown):
    assert list(numbers(plot_tensors({"x": torch.tensor(value)})).values()) == [shown]


def test_long_numbers_are_small_and_wide_drawings_fit_the_page():
    ax = plot_tensors({"x": torch.tensor([1.0, 0.123])})
    short, long = (text.get_fontsize() for text in ax.texts[:2])
    assert short > long > 0.6 * short
    width, height = plot_tensors({"x": torch.arange(50)}).figure.get_size_inches()
    assert 9 < width < 10
    assert height < 2
    small, _ = plot_tensors({"x": torch.arange(4)}).figure.get_size_inches()
    assert small == pytest.approx(2.6)


@pytest.mark.parametrize(
    ("tensors", "marks", "error", "words"),
    [
        ({}, {}, ValueError, "one tensor or more"),
        ({"x": [1, 2]}, {}, TypeError, "x must be a tensor, got a list of 2"),
        ({"x": torch.zeros(1, 1, 1, 1)}, {}, ValueError, r"three axes .*\(1, 1, 1, 1\)"),
        ({"x": torch.zeros(0)}, {}, ValueError, r"1 to 200 numbers.*\(0,\)"),
        ({"x": torch.zeros(201)}, {}, ValueError, r"1 to 200 numbers.*\(201,\)"),
        ({"x": torch.zeros(2)}, {"y": torch.ones(2).bool()}, ValueError, "'y'"),
        ({"x": torch.zeros(2)}, {"x": torch.ones(2)}, TypeError, "mark of x must be boolean"),
        ({"x": torch.zeros(2)}, {"x": torch.ones(3).bool()}, ValueError, r"must be \(2,\)"),
    ],
)
@pytest.mark.parametrize("kind", ["mark", "faint"])
def test_what_is_no_drawing_is_refused(tensors, marks, error, words, kind):
    with pytest.raises(error, match=words):
        plot_tensors(tensors, **{kind: marks})
    assert plt.get_fignums() == []


def test_pictures_stand_side_by_side_under_their_names():
    gray, color = torch.rand(2, 4), torch.randint(0, 256, (3, 3, 3), dtype=torch.uint8)
    fig = plot_pictures({"gray": gray.to(get_device()), "color": color})
    left, right = fig.axes
    assert [ax.get_title() for ax in fig.axes] == ["gray", "color"]
    assert np.array_equal(left.images[0].get_array(), gray.numpy())
    assert np.array_equal(right.images[0].get_array(), color.numpy())
    assert left.images[0].get_cmap().name == "gray"
    assert left.images[0].get_clim() == (0, 1)
    assert right.images[0].get_clim() == (0, 255)
    assert list(left.get_xticks()) == list(left.get_yticks()) == []
    width, height = fig.get_size_inches()
    assert (width, height) == (pytest.approx(1.3 * 3 + 0.4), pytest.approx(1.7))
    wide, _ = plot_pictures({str(i): gray for i in range(8)}).get_size_inches()
    assert wide == pytest.approx(9)


@pytest.mark.parametrize(
    ("pictures", "error", "words"),
    [
        ({}, ValueError, "one picture or more"),
        ({"x": np.zeros((2, 2))}, TypeError, "x must be a tensor"),
        ({"x": torch.zeros(2, 2, dtype=torch.int64)}, TypeError, "floats or of uint8"),
        ({"x": torch.zeros(3, 4, 5)}, ValueError, r"channels last, got \(3, 4, 5\)"),
        ({"x": torch.zeros(4)}, ValueError, r"\(4,\)"),
        ({"x": torch.zeros(0, 4)}, ValueError, r"\(0, 4\)"),
    ],
)
def test_what_is_no_picture_is_refused(pictures, error, words):
    with pytest.raises(error, match=words):
        plot_pictures(pictures)
    assert plt.get_fignums() == []


def heights(ax):
    return [bar.get_height() for bar in ax.patches]


def test_bars_stand_in_a_panel_for_each_name_beside_the_picture():
    logits = torch.tensor([-1.0, 2.0, 0.5], device=get_device(), requires_grad=True)
    fig = plot_bars({"logits": logits, "shares": logits.softmax(0)}, picture=torch.ones(4, 4) / 2)
    picture, left, right = fig.axes
    assert (picture.images[0].get_array() == 0.5).all()
    assert picture.images[0].get_clim() == (0, 1)
    assert heights(left) == [-1, 2, 0.5]
    assert heights(right) == pytest.approx(logits.softmax(0).tolist())
    assert [ax.get_title() for ax in fig.axes] == ["", "logits", "shares"]
    assert left.get_ylim()[0] < -1
    assert right.get_ylim() == (0, 1.02)
    assert [text.get_text() for text in left.get_xticklabels()] == ["0", "1", "2"]
    assert left.get_xlabel() == "class"
    assert left.lines[0].get_ydata() == [0, 0]
    assert fig.get_size_inches().tolist() == [10, 2.5]


def test_bars_may_have_names_and_no_picture():
    (ax,) = plot_bars({"p": torch.tensor([0.0, 1.0])}, classes=["cat", "dog"]).axes
    assert [text.get_text() for text in ax.get_xticklabels()] == ["cat", "dog"]
    assert ax.get_xlabel() == ""
    assert ax.get_ylim() == (0, 1.02)
    above = plot_bars({"p": torch.tensor([0.0, 1.5])}).axes[0]
    assert above.get_ylim()[1] > 1.5


def test_a_picture_of_whole_numbers_keeps_its_scale_beside_bars():
    fig = plot_bars({"p": torch.ones(1)}, picture=torch.full((2, 2), 9, dtype=torch.uint8))
    assert fig.axes[0].images[0].get_clim() == (0, 255)


@pytest.mark.parametrize(
    ("bars", "options", "error", "message"),
    [
        ({}, {}, ValueError, "bars must hold one tensor or more by name, got none"),
        ({"p": [1.0]}, {}, TypeError, "p must be a tensor, got a list of 1"),
        ({"p": torch.ones(1, 3)}, {}, ValueError, r"p must have one value per class, \(3,\), got"),
        ({"p": torch.ones(3), "q": torch.ones(2)}, {}, ValueError, r"q must have .* \(3,\), got"),
        ({"p": torch.ones(0)}, {}, ValueError, "p must have one value per class"),
        ({"p": torch.ones(2)}, {"classes": ["a"]}, ValueError, "classes must be 2 names.* got 1"),
        ({"p": torch.ones(2)}, {"picture": torch.ones(3)}, ValueError, "picture must have shape"),
    ],
)
def test_bars_that_do_not_fit_are_refused_before_a_figure_opens(bars, options, error, message):
    with pytest.raises(error, match=message):
        plot_bars(bars, **options)
    assert plt.get_fignums() == []
