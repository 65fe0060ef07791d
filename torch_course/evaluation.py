"""How good a model is: accuracy, means over a data set, predictions described in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from torch_course._checks import CheckedLoss, check_logits, check_model, describe, is_integer
from torch_course._epoch import Loader, LossFn, Metric, Record, batches, device_of, mode


def accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """Tell for each example whether the prediction is right (notebook 02).

    Its mean is the accuracy. One logit per example predicts class 1 where it is above 0; several
    predict the class of the largest. NaN predicts nothing, so that it is never right.

    Args:
        logits: Shape (n,) or (n, 1) for two classes, (n, n_classes) for more; floating point.
        targets: For (n,) and (n, 1) of the same shape as the logits, 0 or 1 of any dtype; for
            (n, n_classes) class indices of shape (n,), an integer dtype.

    Returns:
        1.0 where right and 0.0 where wrong, shape (n,), float32, on the device of the logits.

    Raises:
        TypeError: If logits are not floating point, or class indices are not integers.
        ValueError: If there are no examples, or the shapes don't fit: (n, 1) against (n,) would
            broadcast to (n, n).
    """
    check_logits(logits, targets)
    logits = logits.flatten() if logits.ndim == 1 or logits.shape[1] == 1 else logits
    if logits.ndim == 1:
        right = (logits > 0) == (targets.flatten() > 0.5)
        return (right & ~logits.isnan()).float()
    right = logits.argmax(dim=1) == targets
    return (right & ~logits.isnan().any(dim=1)).float()


def test_step(
    model: nn.Module, loader: Loader, loss_fn: LossFn, *, metric: Metric | None = None
) -> dict[str, float]:
    """Evaluate on a loader, in eval mode and without gradients (notebook 01).

    The model is left as it was found; an exported one keeps the mode that it was exported in.
    Arguments of any shape, the means that are returned and the errors are those of `train_step`.
    """
    check_model(model)
    record, loss_fn = Record(loss_fn, metric), CheckedLoss(loss_fn, metric)
    with mode(model, training=False), torch.inference_mode():
        for X, y in batches(loader, device_of(model)):
            y_pred = model(X)
            loss = loss_fn(y_pred, y)
            record.add(y_pred, y, loss)
        return record.means()


test_step.__test__ = False  # or pytest, in the module of anyone who imports it, would collect it


def describe_predictions(y_pred: Tensor, y: Tensor, classes: Sequence[str]) -> str:
    """Say in words how good predictions are, and whether they are all the same (notebook 05).

    Args:
        y_pred: Predicted class indices, shape (n,), n of 1 or more, an integer dtype.
        y: True class indices, shape (n,).
        classes: The names of the classes, by index.

    Returns:
        Accuracy; balanced accuracy, the mean over the classes in y of their recalls; then the
        recall of each, or that the model always answers the same.

    Raises:
        TypeError: If something is not a tensor of integers.
        ValueError: If shapes differ, or an index has no name.
    """
    from sklearn.metrics import recall_score

    y_pred, y = (_class_indices(name, v, classes) for name, v in (("y_pred", y_pred), ("y", y)))
    if len(y_pred) != len(y):
        raise ValueError(f"there must be one prediction per target, got {len(y_pred)} for {len(y)}")
    present = np.unique(y)
    recalls = recall_score(y, y_pred, labels=present, average=None)
    line = f"accuracy {(y_pred == y).mean():.1%}, balanced accuracy {recalls.mean():.1%}. "
    answers = np.unique(y_pred)
    if len(answers) == 1 and len(present) > 1:
        name = repr(classes[answers[0]])
        return (
            f"{line}A constant predictor: it answers {name} for all {len(y)} examples; its "
            f"accuracy is the share of {name} among them."
        )
    line += "Recall: "
    line += ", ".join(f"{classes[k]} {r:.1%}" for k, r in zip(present, recalls, strict=True))
    never = [classes[k] for k in present if k not in answers]
    return f"{line}. Never answered: {', '.join(never)}." if never else f"{line}."


def _class_indices(name: str, values: Any, classes: Sequence[str]) -> np.ndarray:
    """Return a tensor of class indices as a NumPy array of shape (n,)."""
    if not isinstance(values, Tensor) or not is_integer(values):
        raise TypeError(f"{name} must be a tensor of integers, got {describe(values)}")
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"{name} must have shape (n,), n of 1 or more, got {tuple(values.shape)}")
    if values.min() < 0 or values.max() >= len(classes):
        came = f"{values.min()} to {values.max()}"
        raise ValueError(f"{name} must be indices of {len(classes)} classes, got {came}")
    return values.cpu().numpy()
