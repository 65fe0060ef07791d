"""Figures of predictions, losses and other lines, drawn into axes and shown with a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from torch_course._checks import check_alt, describe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe-Ito colors in the order of their contrast on white; markers tell them apart in grey.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
STYLES = ("-", "--", "-.", ":")


def column(name: str, values: Any) -> np.ndarray:
    """Return a tensor of shape (n,) or (n, 1) as a NumPy array of shape (n,), float64."""
    if not isinstance(values, Tensor):
        raise TypeError(f"{name} must be a tensor, got {describe(values)}")
    if values.ndim == 0 or values.shape[1:] not in ((), (1,)) or values.numel() == 0:
        expected = "shape (n,) or (n, 1), n of 1 or more"
        raise ValueError(f"{name} must have {expected}, got {tuple(values.shape)}")
    return values.detach().flatten().cpu().double().numpy()  # NumPy has no bfloat16


def axes_or_new(ax: Axes | None) -> Axes:
    """Return the given axes, or those of a new figure."""
    import matplotlib.pyplot as plt

    return plt.subplots()[1] if ax is None else ax


def plot_predictions(
    X_train: Tensor,
    y_train: Tensor,
    X_test: Tensor,
    y_test: Tensor,
    y_pred: Tensor | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw training data, test data and, if given, predictions for the test data (notebook 01).

    Args:
        X_train: One feature, shape (n,) or (n, 1), on any device.
        y_train: Its targets, shape (n,) or (n, 1).
        X_test: The same feature, shape (m,) or (m, 1).
        y_test: Its targets, shape (m,) or (m, 1).
        y_pred: Predicted targets, shape (m,) or (m, 1).
        ax: Where to draw; a new figure when None.

    Returns:
        The axes, so that the caller can draw on them.

    Raises:
        TypeError: If something is not a tensor.
        ValueError: If a shape is not as described, or lengths differ.
    """
    series = [("train", X_train, y_train), ("test", X_test, y_test)]
    if y_pred is not None:
        series.append(("predicted", X_test, y_pred))
    drawn = []
    for label, X, y in series:
        X, y = column(f"X of {label}", X), column(f"y of {label}", y)
        if len(X) != len(y):
            raise ValueError(f"{label} needs one y per X, got {len(y)} for {len(X)}")
        drawn.append((label, X, y))
    ax = axes_or_new(ax)
    for (label, X, y), color, marker in zip(drawn, COLORS, MARKERS, strict=False):
        ax.scatter(X, y, color=color, marker=marker, s=16, label=label)
    ax.set(xlabel="X", ylabel="y")
    ax.legend(loc="upper left")  # "best" searches, and warns where that takes long
    return ax


def plot_lines(
    lines: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    log: bool = False,
    loc: str = "upper right",
    ax: Axes | None = None,
) -> Axes:
    """Draw a line for each name, told apart by color and by style (notebook 01).

    Args:
        lines: By name, one value per epoch or step, counted from 1, or a tuple (x, y) of as many
            values each; sequences of numbers or tensors of shape (n,).
        xlabel: What the horizontal axis counts or measures.
        ylabel: What the lines show.
        title: The finding.
        log: Whether the vertical axis is logarithmic.
        loc: Where the legend stands.
        ax: Where to draw; a new figure of 6 by 3 inches when None.

    Returns:
        The axes, so that the caller can draw on them.

    Raises:
        ValueError: If there is no line, or one is empty or has not one y per x.
    """
    import matplotlib.pyplot as plt

    if not lines:
        raise ValueError("lines must hold one line or more by name, got none")
    drawn = {}
    for name, values in lines.items():
        x, y = values if isinstance(values, tuple) and len(values) == 2 else (None, values)
        x, y = (None if v is None else torch.as_tensor(v).detach().cpu() for v in (x, y))
        x = torch.arange(1, y.numel() + 1) if x is None else x
        if y.ndim != 1 or x.shape != y.shape or not len(y):
            got = f"{tuple(x.shape)} and {tuple(y.shape)}"
            raise ValueError(f"{name} needs one y per x, shape (n,) each, got {got}")
        drawn[name] = x.double().numpy(), y.double().numpy()
    if ax is None:
        ax = plt.subplots(figsize=(6, 3), layout="constrained")[1]
    for index, (name, (x, y)) in enumerate(drawn.items()):
        style, color = STYLES[index % len(STYLES)], COLORS[index % len(COLORS)]
        ax.plot(x, y, linestyle=style, color=color, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, yscale="log" if log else "linear")
    ax.legend(loc=loc, fontsize=8)
    return ax


def plot_loss_curves(history: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the training loss and, if there is one, the validation loss by epoch (notebook 01).

    Args:
        history: What `train` returns, or a table of it, `pd.DataFrame(history)`; `train_loss` and
            `val_loss` are drawn.
        ax: Where to draw; a new figure when None.

    Returns:
        The axes, so that the caller can draw on them.

    Raises:
        TypeError: If history is neither a dict nor a table.
        ValueError: If there is no `train_loss`, or it is empty.
    """
    if not hasattr(history, "items"):
        raise TypeError(f"history must be what train returns, got {describe(history)}")
    curves = {key: list(values) for key, values in history.items()}
    if not curves.get("train_loss"):
        lengths = {key: len(values) for key, values in curves.items()}
        raise ValueError(f"history must hold one train_loss or more, got the lengths {lengths}")
    ax = axes_or_new(ax)
    for split, color, style in (("train", COLORS[0], "-"), ("val", COLORS[1], "--")):
        losses = curves.get(f"{split}_loss", [])
        marks = "o" if len(losses) == 1 else None  # a single point draws no line
        if losses:
            ax.plot(range(1, len(losses) + 1), losses, style, marker=marks, c=color, label=split)
    ax.set(xlabel="epoch", ylabel="loss")
    ax.legend(loc="upper right")
    return ax


def show(fig: Figure | Axes, alt: str) -> None:
    """Display a figure with a text for those who can't see it, then close it (notebook 00).

    Args:
        fig: The figure, or its axes.
        alt: What the figure shows, in a sentence; stored with the picture.

    Raises:
        TypeError: If fig is neither a figure nor axes.
        ValueError: If alt is empty.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display
    from matplotlib.figure import Figure

    fig = getattr(fig, "figure", fig)  # axes know their figure
    if not isinstance(fig, Figure):
        raise TypeError(f"fig must be a figure or its axes, got {describe(fig)}")
    check_alt(alt)
    display(fig, metadata={"image/png": {"alt": alt}})
    plt.close(fig)
