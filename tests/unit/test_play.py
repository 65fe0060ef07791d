"""Sliders move a figure where they can be pulled; elsewhere it is shown once, at its defaults."""

import base64
import re
import types

import IPython
import IPython.display
import ipywidgets
import matplotlib.pyplot as plt
import pytest

from helper_functions import play
from torch_course import play as module  # the name of the function, too
from torch_course.play import _live

SLIDERS = {"slope": (-2.0, 2.0, 0.5), "n_points": (2, 9, 3), "name": ["a", "b"]}
CALLS = []


def draw(slope, n_points, name):
    """Draw a line; note the call."""
    CALLS.append((slope, n_points, name))
    fig, ax = plt.subplots(figsize=(2, 1))
    ax.plot(range(n_points), [slope * x for x in range(n_points)])
    ax.set(ylim=(-10, 10), title=name)
    return fig


@pytest.fixture
def displayed(monkeypatch):
    """Collect what is displayed, with its metadata, in a notebook that is live."""
    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda it, **more: shown.append((it, more)))
    events = types.SimpleNamespace(register=lambda *hook: None)  # which pyplot asks for
    shell = types.SimpleNamespace(kernel=object(), events=events)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.delenv("COURSE_LIVE", raising=False)
    CALLS.clear()
    return shown


@pytest.mark.parametrize("kernel", [True, False])
def test_at_rest_it_is_drawn_once_at_the_defaults(displayed, monkeypatch, kernel):
    if kernel:
        monkeypatch.setenv("COURSE_LIVE", "0")
    else:
        monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    play(draw, alt="A line.", **SLIDERS)
    assert CALLS == [(0.5, 3, "a")]
    ((fig, more),) = displayed
    assert isinstance(fig, plt.Figure)
    assert more == {"metadata": {"image/png": {"alt": "A line."}}}
    assert plt.get_fignums() == []


def test_axes_are_as_good_as_a_figure(displayed, monkeypatch):
    monkeypatch.setenv("COURSE_LIVE", "0")
    play(lambda x: plt.subplots()[1], alt="Axes.", x=(0, 2, 1))
    assert isinstance(displayed[0][0], plt.Figure)


def test_each_slider_moves_the_figure_over_its_whole_range(displayed):
    assert _live()
    play(draw, alt='A "line" < 1.', **SLIDERS)
    ((box, more),) = displayed
    assert more == {}
    *sliders, picture = box.children
    assert [slider.description for slider in sliders] == ["slope", "n points", "name"]
    assert [type(slider).__name__ for slider in sliders] == [
        *("FloatSlider", "IntSlider", "SelectionSlider")
    ]
    slope, n_points, name = sliders
    assert {slider.layout.width for slider in sliders} == {"28em"}
    assert (slope.min, slope.max, slope.value, slope.step) == (-2, 2, 0.5, 0.1)
    assert (n_points.min, n_points.max, n_points.value) == (2, 9, 3)
    assert (name.options, name.value) == (("a", "b"), "a")
    assert CALLS == [(0.5, 3, "a")]
    pictures = {picture.value}
    for slider, values in ((slope, (-2.0, 2.0)), (n_points, range(2, 10)), (name, ("b",))):
        for value in values:
            slider.value = value
            pictures.add(picture.value)
    assert CALLS[1:3] == [(-2, 3, "a"), (2, 3, "a")]
    assert CALLS[-1] == (2, 9, "b")
    assert len(pictures) == len(set(CALLS))
    for text in pictures:
        (data,) = re.findall(
            r'<img alt="A &quot;line&quot; &lt; 1." src="data:image/png;base64,(.*)">', text
        )
        assert base64.b64decode(data).startswith(b"\x89PNG")
    assert plt.get_fignums() == [], "each figure is closed"


def test_two_values_of_one_slider_give_two_pictures_and_the_same_value_the_same(displayed):
    play(draw, alt="A line.", **SLIDERS)
    *sliders, picture = displayed[0][0].children
    first = picture.value
    sliders[1].value = 8
    assert picture.value != first
    sliders[1].value = 3
    assert picture.value == first


@pytest.mark.parametrize(
    "slider",
    [
        (1, 2),
        (2, 1, 1),
        (1, 1, 1),
        (0.0, 1.0, 2.0),
        (0.0, 1.0, -1.0),
        ("a", "b", "a"),
        [],
        5,
        None,
        ipywidgets.IntSlider(),
        (0, float("nan"), 0),
        (0.0, float("inf"), 1.0),
    ],
)
@pytest.mark.parametrize("live", [True, False])
def test_what_is_no_slider_is_refused_before_anything_is_drawn(
    displayed, monkeypatch, slider, live
):
    if not live:
        monkeypatch.setenv("COURSE_LIVE", "0")
    with pytest.raises(ValueError, match=r"x must be \(low, high, default\) with low <= default"):
        play(lambda x: CALLS.append(x), alt="No.", x=slider)
    assert CALLS == []
    assert displayed == []


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_a_default_may_stand_at_either_end(displayed, edge):
    play(lambda x: plt.figure(figsize=(1, 1)), alt="Nothing.", x=(0.0, 1.0, edge))
    assert displayed[0][0].children[0].value == edge


def test_other_mistakes_are_named(displayed, monkeypatch):
    with pytest.raises(ValueError, match="play needs a slider, such as"):
        play(draw, alt="A line.")
    with pytest.raises(TypeError, match="draw must be a function that returns a figure, got"):
        play(plt.figure(), alt="A line.", x=(0, 2, 1))
    plt.close()
    for live in ("1", "0"):
        monkeypatch.setenv("COURSE_LIVE", live)
        with pytest.raises(TypeError, match="draw must return a figure or its axes, got"):
            play(lambda x: None, alt="A line.", x=(0, 2, 1))
        with pytest.raises(ValueError, match="alt must say in words"):
            play(lambda x: plt.figure(), alt=" ", x=(0, 2, 1))
        plt.close("all")
    assert module is not play


@pytest.mark.parametrize(
    ("low", "high", "step", "readout"),
    [
        (0.0, 1.0, 0.01, ".2f"),
        (0.0, 1.99, 0.01, ".2f"),
        (0.0, 2.0, 0.1, ".1f"),
        (1e-4, 1e-2, 1e-4, ".4f"),
        (0.0, 500.0, 10.0, ".0f"),
    ],
)
def test_steps_are_round_and_their_digits_are_shown(displayed, low, high, step, readout):
    play(lambda x: plt.figure(figsize=(1, 1)), alt="Nothing.", x=(low, high, low))
    slider = displayed[0][0].children[0]
    assert slider.step == pytest.approx(step)
    assert slider.readout_format == readout
    assert 19 <= (high - low) / slider.step <= 200


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_labels_of_axes_stay_inside_the_picture(displayed, layout):
    drawn = []

    def draw_labeled(n):
        fig, ax = plt.subplots(figsize=(3, 1.6), layout=layout)
        ax.plot(range(n))
        ax.set(xlabel="epoch", ylabel="loss")
        drawn.append(fig)
        return fig

    play(draw_labeled, alt="A line.", n=(2, 9, 3))
    for axis in (drawn[0].axes[0].xaxis, drawn[0].axes[0].yaxis):
        box = axis.label.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
