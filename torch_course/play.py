"""Figures that move: sliders where someone can pull them, the same figure at rest elsewhere."""

from __future__ import annotations

import base64
import html
import io
import math
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from torch_course._checks import check_alt, describe
from torch_course.figures import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 80  # a picture of 7 by 4 inches is then drawn and sent in less than a tenth of a second


def play(draw: Callable[..., Figure | Axes], *, alt: str, **sliders: Sequence) -> None:
    """Show a figure with a slider for each of its quantities (notebook 01).

    In a live notebook the sliders move the figure. Under tests, in stored outputs, where the
    environment variable COURSE_LIVE is 0 and outside of a notebook, it is drawn once, each slider
    at its default.

    Args:
        draw: Takes each slider's value by its name, draws a new figure and returns it, or its axes.
        alt: What the figure shows at the defaults, in a sentence.
        sliders: By name, `(low, high, default)`: whole numbers if all three are, else 20 to 200
            steps of a power of ten; or a list of values, whose first one is the default.

    Raises:
        TypeError: If draw can't be called, or returns no figure.
        ValueError: If there is no slider, or a slider is not as described.
    """
    if not callable(draw):
        raise TypeError(f"draw must be a function that returns a figure, got {describe(draw)}")
    if not sliders:
        raise ValueError("play needs a slider, such as learning_rate=(0.0, 1.0, 0.5)")
    check_alt(alt)
    defaults = {name: _default(name, slider) for name, slider in sliders.items()}
    if _live():
        _show_live(draw, alt, sliders, defaults)
    else:
        show(_figure(draw, defaults), alt)


def _default(name: str, slider: Any) -> Any:
    """Return a slider's default, if it is one."""
    if isinstance(slider, list) and slider:
        return slider[0]
    numbers = isinstance(slider, tuple) and len(slider) == 3
    if numbers and all(isinstance(value, int | float) for value in slider):
        low, high, default = slider
        if low < high and low <= default <= high and math.isfinite(high - low):
            return default
    expected = "(low, high, default) with low <= default <= high, or a list of values"
    raise ValueError(f"{name} must be {expected}, got {slider!r}")


def _live() -> bool:
    """Tell whether someone could move a slider: a Jupyter kernel that is not under test."""
    from IPython import get_ipython

    shell = get_ipython()
    return getattr(shell, "kernel", None) is not None and os.environ.get("COURSE_LIVE") != "0"


def _figure(draw: Callable, values: dict[str, Any]) -> Figure:
    """Draw at the given values; return the figure."""
    from matplotlib.figure import Figure

    drawn = draw(**values)
    figure = getattr(drawn, "figure", drawn)  # axes know their figure
    if not isinstance(figure, Figure):
        raise TypeError(f"draw must return a figure or its axes, got {describe(drawn)}")
    return figure


def _picture(draw: Callable, alt: str, values: dict[str, Any]) -> str:
    """Draw at the given values; return the picture as an HTML element."""
    import matplotlib.pyplot as plt

    figure, png = _figure(draw, values), io.BytesIO()
    if figure.get_layout_engine() is None and any(ax.get_xlabel() for ax in figure.axes):
        (width, height), margins = figure.get_size_inches(), figure.subplotpars
        left, bottom = max(margins.left, 0.65 / width), max(margins.bottom, 0.55 / height)
        figure.subplots_adjust(left=left, bottom=bottom)  # room for the axes' labels, in inches
    figure.savefig(png, format="png", dpi=_DPI, facecolor="white")  # "tight" draws twice
    plt.close(figure)
    data = base64.b64encode(png.getvalue()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'


def _widget(name: str, slider: Any, default: Any) -> Any:
    """Return the slider as a widget."""
    import ipywidgets

    look = {
        "description": name.replace("_", " "),
        "style": {"description_width": "initial"},
        "layout": {"width": "28em"},
    }
    if isinstance(slider, list):
        return ipywidgets.SelectionSlider(options=slider, value=default, **look)
    low, high, _ = slider
    if all(isinstance(value, int) for value in slider):
        return ipywidgets.IntSlider(min=low, max=high, value=default, **look)
    n_decimals = -math.floor(math.log10((high - low) / 20))  # round steps, which meet the default
    look["readout_format"] = f".{max(n_decimals, 0)}f"
    return ipywidgets.FloatSlider(min=low, max=high, step=10.0**-n_decimals, value=default, **look)


def _show_live(draw: Callable, alt: str, sliders: dict, defaults: dict) -> None:
    """Display the sliders above a picture that follows them."""
    import ipywidgets
    from IPython.display import display

    widgets = {name: _widget(name, sliders[name], defaults[name]) for name in sliders}
    picture = ipywidgets.HTML(_picture(draw, alt, defaults))

    def follow(_: Any) -> None:
        picture.value = _picture(draw, alt, {name: w.value for name, w in widgets.items()})

    for widget in widgets.values():
        widget.observe(follow, "value")
    display(ipywidgets.VBox([*widgets.values(), picture]))
