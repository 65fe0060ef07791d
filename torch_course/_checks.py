"""Refusals of bad input, kept out of the code that notebooks teach: each error says what came."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ReduceLROnPlateau


def describe(value: Any) -> str:
    """Name what came, for an error message: a tensor by its shape and dtype, the rest by type."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}, {value.dtype}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"a {type(value).__name__}"


def check_alt(alt: Any) -> None:
    """Refuse what does not say in words what a figure shows."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say in words what the figure shows, got {alt!r}")


def check_int(name: str, value: Any, low: int, high: int | None = None) -> None:
    """Refuse what is not an int (NumPy's are), with TypeError, or out of range, with ValueError."""
    expected = f"an int of {low} or more" if high is None else f"an int from {low} to {high}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be {expected}, got {describe(value)}: {value!r}")
    if value < low or (high is not None and value > high):
        raise ValueError(f"{name} must be {expected}, got {value}")


def check_made(name: str, value: Any) -> None:
    """Refuse a class where an object of it is expected: the parentheses were forgotten."""
    if isinstance(value, type):
        raise TypeError(
            f"{name} is {describe(value)}: write {value.__name__}(...) to make one of it"
        )


# --- Data -----------------------------------------------------------------------------------------


def check_pair(batch: Any) -> None:
    """Refuse a batch that is not n inputs and n targets."""
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise TypeError(f"a loader must yield (inputs, targets) pairs, got {describe(batch)}")
    X, y = batch
    if not isinstance(X, Tensor) or not isinstance(y, Tensor):
        came = f"{describe(X)} and {describe(y)}"
        raise TypeError(f"inputs and targets must be two tensors, got {came}")
    if X.ndim == 0 or y.ndim == 0 or not len(X) == len(y) > 0:
        came = f"{tuple(X.shape)} and {tuple(y.shape)}"
        raise ValueError(f"there must be n inputs and n targets, n of 1 or more, got {came}")


def count_batches(loader: Iterable) -> int | None:
    """Return how many batches a loader yields; None if it does not know, as over a stream."""
    try:
        return len(loader)
    except TypeError:  # a DataLoader over an IterableDataset has a __len__ that raises this
        return None


def check_loader(name: str, loader: Any) -> None:
    """Refuse, before anything is trained, what cannot be gone through once per epoch."""
    check_made(name, loader)
    if isinstance(loader, Tensor | tuple) or not isinstance(loader, Iterable):
        expected = "batches (inputs, targets), as a DataLoader or the list [(X, y)] does"
        raise TypeError(f"{name} must yield {expected}, got {describe(loader)}")
    if isinstance(loader, Iterator):  # not iter(loader): a DataLoader's draws a random number
        raise TypeError(f"{name} is {describe(loader)}, empty after one epoch: make it a list")
    if count_batches(loader) == 0:
        raise ValueError(f"{name} must hold one batch or more, got none")


# --- Models and training --------------------------------------------------------------------------


def check_model(model: Any) -> None:
    """Refuse what is no module, or has no numbers to compute with."""
    check_made("model", model)
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be an nn.Module, got {describe(model)}")
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if tensor.is_meta:
            raise ValueError(
                f"the model is on the device meta, where {name} has a shape but no numbers: "
                "build it outside of torch.device('meta'), or load its weights with assign=True"
            )


def check_loss_fn(loss_fn: Any) -> None:
    """Refuse a loss that can't give a batch's mean."""
    check_made("loss_fn", loss_fn)
    if not callable(loss_fn):
        raise TypeError(f"loss_fn must be a function of outputs, targets, got {describe(loss_fn)}")
    if getattr(loss_fn, "reduction", "mean") != "mean":
        raise ValueError(f"loss_fn must have reduction 'mean', got {loss_fn.reduction!r}")


def check_metric(metric: Any) -> None:
    """Refuse a metric that can't name its key in a history."""
    name = getattr(metric, "__name__", "")
    if isinstance(metric, type) or not callable(metric) or not name.isidentifier():
        raise TypeError(f"metric must be a named function (not 'loss'), got {metric!r}")
    if name == "loss":
        raise TypeError(f"metric must be a named function (not 'loss'), got {metric!r}")


def check_optimizer(model: nn.Module, loss_fn: Any, optimizer: Any) -> None:
    """Refuse an optimizer that holds other parameters than the model's and the loss's."""
    check_made("optimizer", optimizer)
    held = [p for group in optimizer.param_groups for p in group["params"]]
    ours = {id(parameter) for parameter in model.parameters()}
    if not any(id(parameter) in ours for parameter in held):
        raise ValueError(
            "the optimizer holds none of the model's parameters, so that nothing would be learned: "
            "make it after the model, from model.parameters()"
        )
    losses = {id(p) for p in loss_fn.parameters()} if isinstance(loss_fn, nn.Module) else set()
    strange = [tuple(p.shape) for p in held if id(p) not in ours | losses]
    if strange:
        raise ValueError(
            f"the optimizer holds parameters that are not the model's, of the shapes {strange}: "
            "was a layer replaced after it was made? Make it last, from model.parameters()"
        )


def check_scheduler(scheduler: Any, optimizer: Any, metric: Any) -> None:
    """Refuse a scheduler of another optimizer, or one that waits for a metric that is not there."""
    check_made("scheduler", scheduler)
    if getattr(scheduler, "optimizer", optimizer) is not optimizer:
        raise ValueError("the scheduler was made for another optimizer, expected the one given")
    if isinstance(scheduler, ReduceLROnPlateau) and scheduler.mode == "max" and metric is None:
        raise ValueError("ReduceLROnPlateau(mode='max') follows the metric, got metric None")


# --- Shapes ---------------------------------------------------------------------------------------


def check_logits(logits: Any, targets: Any) -> None:
    """Refuse logits and targets that `accuracy` can't compare; see there for the shapes."""
    if not isinstance(logits, Tensor) or not isinstance(targets, Tensor):
        came = f"{describe(logits)} and {describe(targets)}"
        raise TypeError(f"logits and targets must be tensors, got {came}")
    if not logits.is_floating_point():
        raise TypeError(f"logits must be floating point, as the model returns, got {logits.dtype}")
    one_logit = logits.ndim == 1 or logits.shape[1:] == (1,)
    fitting = logits.shape if one_logit else logits.shape[:1]
    if logits.ndim not in (1, 2) or logits.numel() == 0 or targets.shape != fitting:
        expected = "(n,) and (n,), (n, 1) and (n, 1), or (n, n_classes) and (n,), n of 1 or more"
        came = f"{tuple(logits.shape)} and {tuple(targets.shape)}"
        raise ValueError(f"logits and targets must have shapes {expected}, got {came}")
    if not one_logit and not is_integer(targets):
        raise TypeError(f"class indices must be integers, got {targets.dtype}")


def is_integer(values: Tensor) -> bool:
    """Tell whether a tensor's dtype is one of the integers, which bool is not."""
    return not (values.dtype == torch.bool or values.is_floating_point() or values.is_complex())


class CheckedLoss:
    """A loss function that refuses, before it computes anything, what would train on nonsense.

    The first batch is looked at in full: that outputs and targets fit, that the loss is one number,
    that the metric gives one value per example. Of the others only the shapes, which costs less
    than a microsecond.

    Args:
        loss_fn: Maps outputs (n, ...) and targets (n, ...) to the batch's mean, shape ().
        metric: Maps the same to one value per example, shape (n,), or None.
    """

    def __init__(self, loss_fn: Any, metric: Any) -> None:
        check_loss_fn(loss_fn)
        if metric is not None:
            check_metric(metric)
        self.loss_fn, self.metric, self.shape = loss_fn, metric, None

    def __call__(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the loss of outputs (n, ...) against targets (n, ...), shape ()."""
        if self.shape is None:
            return self._first(outputs, y)
        if outputs.shape[1:] != self.shape or outputs.shape[:1] != y.shape[:1]:
            raise ValueError(
                f"the model returned shape {tuple(outputs.shape)} for a batch of {len(y)}, after "
                f"{('n', *self.shape)} for those before: does squeeze() drop a batch of 1?"
            )
        return self.loss_fn(outputs, y)

    def _first(self, outputs: Any, y: Tensor) -> Tensor:
        if not isinstance(outputs, Tensor):
            raise TypeError(f"the model must return a tensor, got {describe(outputs)}")
        self._check_targets(outputs, y)
        if self.metric is not None:
            values = self.metric(outputs.detach(), y)
            if not isinstance(values, Tensor) or values.shape != y.shape[:1]:
                expected = f"one value per example, shape {tuple(y.shape[:1])}"
                raise ValueError(f"metric must return {expected}, got {describe(values)}")
        loss = self.loss_fn(outputs, y)
        if not isinstance(loss, Tensor) or loss.ndim != 0:
            raise ValueError(f"loss_fn must return one number, shape (), got {describe(loss)}")
        self.shape = outputs.shape[1:]
        return loss

    def _check_targets(self, outputs: Tensor, y: Tensor) -> None:
        """Accept targets of the outputs' shape, or class indices for two classes or more."""
        if outputs.shape == y.shape:
            return
        came = f"outputs have shape {tuple(outputs.shape)} but {y.dtype} targets {tuple(y.shape)}"
        indices = is_integer(y) and outputs.ndim > 1 and outputs.shape[1] > 1
        if not indices or y.shape != outputs.shape[:1] + outputs.shape[2:]:
            raise ValueError(
                f"{came}: they must be equal, or the loss broadcasts them (class indices must be "
                "integers of shape (n,), for outputs (n, n_classes) of two classes or more)"
            )
        n, n_classes = outputs.shape[:2]
        if n not in (1, n_classes):
            return  # here a loss of numbers, such as MSELoss, fails by itself: nothing broadcasts
        times = 2 if 2 * n != n_classes else 3
        again = outputs.detach().repeat_interleave(times, 0), y.repeat_interleave(times, 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's losses of numbers warn before they fail
            try:
                self.loss_fn(*again)
            except (RuntimeError, ValueError) as error:
                self.loss_fn(outputs.detach(), y)  # what fails without broadcasting says so itself
                raise ValueError(
                    f"{came}, which loss_fn broadcasts instead of taking class indices"
                ) from error
