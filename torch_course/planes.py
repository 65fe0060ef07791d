"""Figures of the plane: points by class, and the class that a model predicts everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from torch_course._checks import check_int, check_model, describe
from torch_course._epoch import device_of, mode
from torch_course.figures import COLORS, MARKERS, axes_or_new, column

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_classes(X: Tensor, y: Tensor, *, ax: Axes | None = None) -> Axes:
    """Draw points of the plane, each class with its color and marker (notebook 03).

    Args:
        X: Points, shape (n, 2), on any device.
        y: Their class indices, shape (n,) or (n, 1).
        ax: Where to draw; a new figure of 3.4 by 3 inches when None.

    Returns:
        The axes, so that the caller can draw on them.

    Raises:
        TypeError: If y is not a tensor.
        ValueError: If X is not a set of points in the plane, or y has not one class for each.
    """
    import matplotlib.pyplot as plt

    points, classes = _points_and_classes(X, y)
    if ax is None:
        ax = plt.subplots(figsize=(3.4, 3), layout="constrained")[1]
    for label in range(classes.max() + 1):
        if (classes == label).any():
            color, marker = COLORS[label % len(COLORS)], MARKERS[label % len(MARKERS)]
            inside = points[classes == label].numpy()
            ax.scatter(*inside.T, c=color, marker=marker, s=16, lw=0.3, ec="white", label=label)
    ax.set(xlabel="feature 0", ylabel="feature 1")
    ax.legend(title="class", loc="upper right")
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
    points, classes = _points_and_classes(X, y)
    check_int("n_steps", n_steps, 2)
    check_model(model)
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
    ax = axes_or_new(ax)
    _shade(ax, xs.numpy(), ys.numpy(), regions, n)
    return plot_classes(X, y, ax=ax)


def plot_boundaries(
    models: Mapping[str, nn.Module], X: Tensor, y: Tensor, *, n_steps: int = 100
) -> Figure:
    """Draw the decision boundaries of several models side by side (notebook 03).

    Args:
        models: By name, as `plot_decision_boundary` takes them.
        X: Examples to draw on top, shape (n, 2), on any device.
        y: Their class indices, shape (n,) or (n, 1).
        n_steps: Grid points per axis, 2 or more.

    Returns:
        The new figure, with panels that share their axes, without legends.

    Raises:
        TypeError: As of `plot_decision_boundary`.
        ValueError: As of `plot_decision_boundary`, or if there is no model.
    """
    import matplotlib.pyplot as plt

    if not models:
        raise ValueError("models must hold one model or more by name, got none")
    size = min(3.0, 13 / len(models)), min(3.0, 13 / len(models)) + 0.2
    fig, axes = plt.subplots(
        1, len(models), figsize=(size[0] * len(models), size[1]), sharey=True, squeeze=False
    )
    try:
        for ax, (name, model) in zip(axes[0], models.items(), strict=True):
            plot_decision_boundary(model, X, y, ax=ax, n_steps=n_steps)
            ax.set(title=name, xlabel="", ylabel="")
            ax.get_legend().remove()
    except (TypeError, ValueError):
        plt.close(fig)  # half a figure would be shown at the cell's end
        raise
    fig.tight_layout()
    return fig


def _points_and_classes(X: Tensor, y: Tensor) -> tuple[Tensor, np.ndarray]:
    """Return points as floats on the CPU, shape (n, 2), and as many class indices."""
    if not isinstance(X, Tensor) or X.ndim != 2 or X.shape[1] != 2 or len(X) == 0:
        expected = "a tensor of shape (n, 2), n of 1 or more, to be drawn"
        raise ValueError(f"X must be {expected}, got {describe(X)}")
    classes = column("y", y).round().astype(int)
    if len(classes) != len(X) or classes.min() < 0:
        raise ValueError(
            f"y must hold one class index for each of {len(X)} points, got {describe(y)}"
        )
    return X.detach().cpu().float(), classes


def _float_dtype(model: nn.Module) -> torch.dtype:
    """Return the dtype of the model's numbers; float32 if it has none."""
    dtypes = (tensor.dtype for tensor in [*model.parameters(), *model.buffers()])
    return next((dtype for dtype in dtypes if dtype.is_floating_point), torch.float32)


def _shade(ax: Axes, xs: np.ndarray, ys: np.ndarray, regions: np.ndarray, n_classes: int) -> None:
    """Shade the regions, shape (len(ys), len(xs)), and outline them for readers in grey."""
    from matplotlib.colors import ListedColormap

    cmap = ListedColormap([COLORS[i % len(COLORS)] for i in range(n_classes)])
    ax.pcolormesh(xs, ys, regions, cmap=cmap, vmin=-0.5, vmax=n_classes - 0.5, alpha=0.25)
    for label in range(1, n_classes):
        inside = regions == label
        if inside.any() and not inside.all():
            ax.contour(xs, ys, inside, levels=[0.5], colors="black", linewidths=0.8)
