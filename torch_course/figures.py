"""Figures of data, losses and decision boundaries, drawn into axes and shown with a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from torch_course._checks import check_alt, check_int, check_model, describe
from torch_course._epoch import device_of, mode

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe-Ito colors in the order of their contrast on white; markers tell them apart in grey.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
STYLES = ("-", "--", "-.", ":")


def _points(name: str, values: Any) -> np.ndarray:
    """Return a tensor of shape (n,) or (n, 1) as a NumPy array of shape (n,), float64."""
    if not isinstance(values, Tensor):
        raise TypeError(f"{name} must be a tensor, got {describe(values)}")
    if values.ndim == 0 or values.shape[1:] not in ((), (1,)) or values.numel() == 0:
        expected = "shape (n,) or (n, 1), n of 1 or more"
        raise ValueError(f"{name} must have {expected}, got {tuple(values.shape)}")
    return values.detach().flatten().cpu().double().numpy()  # NumPy has no bfloat16


def _axes(ax: Axes | None) -> Axes:
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
        X, y = _points(f"X of {label}", X), _points(f"y of {label}", y)
        if len(X) != len(y):
            raise ValueError(f"{label} needs one y per X, got {len(y)} for {len(X)}")
        drawn.append((label, X, y))
    ax = _axes(ax)
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
    ax = _axes(ax)
    for split, color, style in (("train", COLORS[0], "-"), ("val", COLORS[1], "--")):
        losses = curves.get(f"{split}_loss", [])
        marks = "o" if len(losses) == 1 else None  # a single point draws no line
        if losses:
            ax.plot(range(1, len(losses) + 1), losses, style, marker=marks, c=color, label=split)
    ax.set(xlabel="epoch", ylabel="loss")
    ax.legend(loc="upper right")
    return ax


def plot_decision_boundary(
    model: nn.Module, X: Tensor, y: Tensor, *, ax: Axes | None = None, n_steps: int = 200
) -> Axes:
    """Shade the class that a model predicts at every point of the plane (notebook 02).

    The model is left as it was found: on the same device, in the same mode.

    Args:
        model: Maps points, shape (n, 2), to logits, shape (n,), (n, 1) or (n, n_classes).
        X: Examples to draw on top, shape (n, 2), on any device.
        y: Their class indices, shape (n,) or (n, 1).
        ax: Where to draw; a new figure when None.
        n_steps: Grid points per axis, 2 or more.

    Returns:
        The axes, so that the caller can draw on them.

    Raises:
        TypeError: If y is not a tensor, n_steps no int, or the model returns no tensor.
        ValueError: If X is not a set of points in the plane, y has not one class for each, or the
            model's output has another shape.
    """
    if not isinstance(X, Tensor) or X.ndim != 2 or X.shape[1] != 2 or len(X) == 0:
        expected = "a tensor of shape (n, 2), n of 1 or more, to be drawn"
        raise ValueError(f"X must be {expected}, got {describe(X)}")
    classes = _points("y", y).round().astype(int)
    if len(classes) != len(X) or classes.min() < 0:
        raise ValueError(
            f"y must hold one class index for each of {len(X)} points, got {describe(y)}"
        )
    check_int("n_steps", n_steps, 2)
    check_model(model)
    points = X.detach().cpu().float()
    low, high = points.min(dim=0).values, points.max(dim=0).values
    pad = 0.1 * torch.where(high > low, high - low, 1.0)
    xs, ys = (torch.linspace(*ends, n_steps) for ends in zip(low - pad, high + pad, strict=True))
    grid = torch.cartesian_prod(xs, ys)  # (n_steps * n_steps, 2)
    with mode(model, training=False), torch.inference_mode():
        logits = model(grid.to(device_of(model), _float_dtype(model)))
    if not isinstance(logits, Tensor):
        raise TypeError(f"the model must return a tensor, got {describe(logits)}")
    logits = logits.cpu()
    if logits.ndim not in (1, 2) or len(logits) != len(grid):
        expected = f"{(len(grid),)}, {(len(grid), 1)} or {(len(grid), 'n_classes')}"
        raise ValueError(f"the model must return logits {expected}, got {tuple(logits.shape)}")
    one_logit = logits.ndim == 1 or logits.shape[1] == 1
    y_pred = (logits > 0).flatten().int() if one_logit else logits.argmax(dim=1)
    n = max(2 if one_logit else logits.shape[1], classes.max() + 1)
    regions = y_pred.view(n_steps, n_steps).T.numpy()
    return _draw_classes(_axes(ax), xs.numpy(), ys.numpy(), regions, points.numpy(), classes, n)


def _float_dtype(model: nn.Module) -> torch.dtype:
    """Return the dtype of the model's numbers; float32 if it has none."""
    dtypes = (tensor.dtype for tensor in [*model.parameters(), *model.buffers()])
    return next((dtype for dtype in dtypes if dtype.is_floating_point), torch.float32)


def _draw_classes(
    ax: Axes,
    xs: np.ndarray,
    ys: np.ndarray,
    regions: np.ndarray,
    points: np.ndarray,
    classes: np.ndarray,
    n_classes: int,
) -> Axes:
    """Shade the regions, outline them (for readers in grey) and draw each class's points."""
    from matplotlib.colors import ListedColormap

    colors = [COLORS[i % len(COLORS)] for i in range(n_classes)]
    cmap = ListedColormap(colors)
    ax.pcolormesh(xs, ys, regions, cmap=cmap, vmin=-0.5, vmax=n_classes - 0.5, alpha=0.25)
    for label in range(n_classes):
        inside = regions == label
        if label > 0 and inside.any() and not inside.all():
            ax.contour(xs, ys, inside, levels=[0.5], colors="black", linewidths=0.8)
        X = points[classes == label]
        if len(X):
            marker = MARKERS[label % len(MARKERS)]
            ax.scatter(*X.T, c=colors[label], marker=marker, s=16, lw=0.3, ec="white", label=label)
    ax.set(xlabel="feature 0", ylabel="feature 1")
    ax.legend(title="class", loc="upper right")
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
