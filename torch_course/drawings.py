"""Drawings of what tensors hold: numbers in boxes, some of them marked, bars, or pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from torch_course._checks import describe
from torch_course.figures import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 200  # numbers that one drawing may hold
_GAP, _DEPTH = 1.2, 0.3  # between two tensors, and from a sheet to the one behind it, in boxes
_MARKED, _PLAIN, _FAINT = "#9CC9E8", "#FFFFFF", "#F0F0F0"  # light, middle and white in grey too


def plot_tensors(
    tensors: Mapping[str, Tensor],
    *,
    mark: Mapping[str, Tensor] | None = None,
    faint: Mapping[str, Tensor] | None = None,
    title: str = "",
) -> Axes:
    """Draw small tensors side by side, one box per number, with names and shapes (notebook 00).

    A vector is a row. Of three axes the first lies in depth, with its position 0 in front.

    Args:
        tensors: By name, on any device; each of at most three axes, all of 1 to 200 numbers.
        mark: By name, a boolean tensor of that tensor's shape: its boxes are filled, and bold.
        faint: By name, the same for boxes that are dashed and gray: numbers that are not stored.
        title: What the drawing shows.

    Returns:
        The axes of a new figure, in boxes: x to the right, y upwards from the top row's edge.

    Raises:
        TypeError: If something is not a tensor.
        ValueError: If there is nothing to draw or too much, or a mark has another name or shape.
    """
    import matplotlib.pyplot as plt

    _refuse(tensors, mark or {}, faint or {})
    extents = [_extent(x) for x in tensors.values()]
    width = sum(columns for _, columns in extents) + _GAP * (len(extents) - 1)
    height = max(rows for rows, _ in extents)
    inches = min(0.5, 9 / width)  # per box: a figure as wide as the page at most
    ax = plt.figure(figsize=(inches * width + 0.6, inches * height + 1.1)).subplots()
    left = 0.0
    for (name, x), (_, columns) in zip(tensors.items(), extents, strict=True):
        marked, pale = ((kind or {}).get(name) for kind in (mark, faint))
        _draw_sheets(ax, _as_sheets(x), _as_sheets(marked), _as_sheets(pale), left, 22 * inches)
        label = f"{name}\n{tuple(x.shape)}"
        ax.text(left + columns / 2, -height - 0.2, label, ha="center", va="top", fontsize=10)
        left += columns + _GAP
    margin = 0.5 / inches  # for two lines of names
    ax.set(xlim=(-0.5, width + 0.5), ylim=(-height - margin, 0.3), title=title, aspect="equal")
    ax.set_axis_off()
    return ax


def plot_pictures(pictures: Mapping[str, Tensor]) -> Figure:
    """Draw pictures side by side, each under its name (notebook 00).

    Args:
        pictures: By name, shape (h, w) for gray or (h, w, 3) for color, on any device; fractions
            from 0 to 1, or whole numbers from 0 to 255 as uint8.

    Returns:
        The new figure.

    Raises:
        TypeError: If something is not a tensor of floats or of uint8.
        ValueError: If there is no picture, or one has another shape.
    """
    import matplotlib.pyplot as plt

    if not pictures:
        raise ValueError("pictures must hold one picture or more by name, got none")
    for name, picture in pictures.items():
        _refuse_picture(name, picture)
    ratios = [picture.shape[1] / picture.shape[0] for picture in pictures.values()]
    inches = min(1.3, (9 - 0.2 * len(ratios)) / sum(ratios))  # high; as wide as the page at most
    size = inches * sum(ratios) + 0.2 * len(ratios), inches + 0.4
    fig, axes = plt.subplots(1, len(ratios), figsize=size, width_ratios=ratios, squeeze=False)
    for ax, (name, picture) in zip(axes[0], pictures.items(), strict=True):
        _draw_picture(ax, picture)
        ax.set_title(name, fontsize=10)
    fig.tight_layout()
    return fig


def plot_bars(
    bars: Mapping[str, Tensor],
    *,
    picture: Tensor | None = None,
    classes: Sequence[str] | None = None,
) -> Figure:
    """Draw one bar per class, a panel for each name, beside the picture they tell of (notebook 03).

    A panel whose values all lie between 0 and 1 reaches from 0 to 1, as probabilities do.

    Args:
        bars: By name, shape (k,), the same k for all, on any device.
        picture: As of `plot_pictures`; none is drawn when None.
        classes: The k names below the bars; 0 to k - 1 when None.

    Returns:
        The new figure.

    Raises:
        TypeError: If bars holds something else than tensors.
        ValueError: If there are no bars, their shapes differ, or there is not one class for each.
    """
    import matplotlib.pyplot as plt

    if not bars:
        raise ValueError("bars must hold one tensor or more by name, got none")
    k = max(v.numel() if isinstance(v, Tensor) else 0 for v in bars.values())
    for name, values in bars.items():
        if not isinstance(values, Tensor):
            raise TypeError(f"{name} must be a tensor, got {describe(values)}")
        if values.shape != (k,) or k == 0:
            raise ValueError(
                f"{name} must have one value per class, {(k,)}, got {describe(values)}"
            )
    if classes is not None and len(classes) != k:
        raise ValueError(f"classes must be {k} names, one per bar, got {len(classes)}")
    if picture is not None:
        _refuse_picture("picture", picture)
    widths = [1.0] * (picture is not None) + [2.0] * len(bars)
    fig, axes = plt.subplots(
        1, len(widths), figsize=(2 * sum(widths), 2.5), width_ratios=widths, squeeze=False
    )
    if picture is not None:
        _draw_picture(axes[0, 0], picture)
    for ax, (name, values) in zip(axes[0, len(widths) - len(bars) :], bars.items(), strict=True):
        values = values.detach().cpu().double()
        ax.bar(range(k), values.numpy(), color=COLORS[0])
        ax.axhline(0, color="black", lw=0.8)
        ax.set(title=name, xticks=range(k))
        if classes is None:
            ax.set_xlabel("class")
        else:
            ax.set_xticklabels(classes, rotation=60, ha="right", fontsize=8)
        if values.min() >= 0 and values.max() <= 1:
            ax.set_ylim(0, 1.02)
    fig.tight_layout()
    return fig


def _refuse_picture(name: str, picture: Tensor) -> None:
    """Raise if something is no picture, shape (h, w) or (h, w, 3), of floats or of uint8."""
    if not isinstance(picture, Tensor) or not (
        picture.is_floating_point() or picture.dtype == torch.uint8
    ):
        expected = "a tensor of floats or of uint8"
        raise TypeError(f"{name} must be {expected}, got {describe(picture)}")
    if picture.ndim not in (2, 3) or picture.shape[2:] not in ((), (3,)) or not len(picture):
        expected = "shape (h, w) or (h, w, 3), channels last"
        raise ValueError(f"{name} must have {expected}, got {tuple(picture.shape)}")


def _draw_picture(ax: Axes, picture: Tensor) -> None:
    """Draw a picture without ticks, black at 0, white at 1 or 255."""
    highest = 255 if picture.dtype == torch.uint8 else 1
    ax.imshow(picture.detach().cpu().numpy(), cmap="gray", vmin=0, vmax=highest)
    ax.set(xticks=[], yticks=[])


def _refuse(
    tensors: Mapping[str, Tensor], mark: Mapping[str, Tensor], faint: Mapping[str, Tensor]
) -> None:
    """Raise if something can't be drawn: a tensor's shape, or a mark of another shape."""
    if not tensors:
        raise ValueError("tensors must hold one tensor or more by name, got none")
    for name, x in tensors.items():
        if not isinstance(x, Tensor):
            raise TypeError(f"{name} must be a tensor, got {describe(x)}")
        if x.ndim > 3 or not 1 <= x.numel() <= _MOST:
            expected = f"at most three axes and 1 to {_MOST} numbers"
            raise ValueError(f"{name} must have {expected}, got shape {tuple(x.shape)}")
    for kind in (mark, faint):
        for name, boxes in kind.items():
            if name not in tensors:
                raise ValueError(f"the marks must be of {list(tensors)}, got {name!r}")
            if not isinstance(boxes, Tensor) or boxes.dtype != torch.bool:
                raise TypeError(f"the mark of {name} must be boolean, got {describe(boxes)}")
            if boxes.shape != tensors[name].shape:
                expected = tuple(tensors[name].shape)
                raise ValueError(f"the mark of {name} must be {expected}, got {describe(boxes)}")


def _as_sheets(x: Tensor | None) -> Tensor | None:
    """Return a tensor of up to three axes as (sheets, rows, columns) on the CPU; None as it is."""
    return None if x is None else x.detach().cpu().reshape((1,) * (3 - x.ndim) + tuple(x.shape))


def _extent(x: Tensor) -> tuple[float, float]:
    """Return how high and wide a tensor of up to three axes is, in boxes."""
    n_sheets, n_rows, n_columns = (1,) * (3 - x.ndim) + tuple(x.shape)
    depth = _DEPTH * (n_sheets - 1)
    return n_rows + depth, n_columns + depth


def _draw_sheets(
    ax: Axes,
    sheets: Tensor,
    marked: Tensor | None,
    faint: Tensor | None,
    left: float,
    fontsize: float,
) -> None:
    """Draw a tensor, shape (sheets, rows, columns), with marks of its shape: sheet 0 in front."""
    from matplotlib.patches import Rectangle

    n_sheets = len(sheets)
    for sheet, row, column in torch.cartesian_prod(*map(torch.arange, sheets.shape)).tolist():
        is_marked = marked is not None and bool(marked[sheet, row, column])
        is_faint = faint is not None and bool(faint[sheet, row, column])
        x = left + column + _DEPTH * sheet
        y = -row - 1 - _DEPTH * (n_sheets - 1 - sheet)
        face = _MARKED if is_marked else _FAINT if is_faint else _PLAIN
        edge = {"edgecolor": "#777777" if is_faint else "black", "ls": "--" if is_faint else "-"}
        order = 2 * (n_sheets - sheet)
        ax.add_patch(Rectangle((x, y), 1, 1, facecolor=face, lw=0.8, zorder=order, **edge))
        text = _short(sheets[sheet, row, column].item())
        style = {
            "color": "#777777" if is_faint else "black",
            "weight": "bold" if is_marked else "normal",
            "fontsize": fontsize * min(1.0, 3.5 / len(text)),
        }
        ax.text(x + 0.5, y + 0.47, text, ha="center", va="center", zorder=order + 1, **style)


def _short(value: float | bool) -> str:
    """Return a float in at most three digits, an integer in full, a truth value as a letter."""
    if isinstance(value, bool):
        return str(value)[0]
    return f"{value:.3g}" if isinstance(value, float) else str(value)
