"""The training loop: an epoch of it, and a run of epochs with its history."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

from torch.optim.lr_scheduler import ReduceLROnPlateau

from torch_course._bar import ProgressBar
from torch_course._checks import (
    CheckedLoss,
    check_int,
    check_loader,
    check_metric,
    check_model,
    check_optimizer,
    check_scheduler,
    count_batches,
)
from torch_course._epoch import Record, batches, device_of, mode
from torch_course.evaluation import test_step

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    from torch_course._epoch import Loader, LossFn, Metric


def train_step(
    model: nn.Module,
    loader: Loader,
    loss_fn: LossFn,
    optimizer: Optimizer,
    *,
    metric: Metric | None = None,
) -> dict[str, float]:
    """Train for one epoch: the five steps on every batch (notebook 01).

    Losses and outputs stay on the device and are reduced once, after the epoch, so that nothing
    waits for a GPU in between. With a metric, the outputs of a whole epoch are held in memory.
    A part of the model that is in eval mode, while the model itself is in train mode, is frozen and
    stays in it; so does a part in eval mode whose own parameters all have requires_grad False.

    Args:
        model: Maps inputs, shape (n, ...), to outputs, shape (n,) or (n, ...), on its own device.
        loader: Yields (inputs, targets), n of each, on any device. The last batch may be short.
        loss_fn: Maps (outputs, targets) to the mean loss over the batch, shape ().
        optimizer: Updates the model's parameters, all or some, and no others but the loss's own.
        metric: Maps (outputs, targets) to one value per example, shape (n,); its name is the key.

    Returns:
        Means over examples: {"loss": ..., "<metric's name>": ...}. Each batch counts with the
        parameters of its time. With class weights (`weight=` of CrossEntropyLoss or NLLLoss) the
        loss is the mean weighted by them, whatever the batch size.

    Raises:
        TypeError: If a batch is not a pair of tensors, or an argument is not as described.
        ValueError: If there is no example, or if the shapes of the first batch don't fit (nothing
            is updated then) or those of a later one.
    """
    check_model(model)
    check_optimizer(model, loss_fn, optimizer)
    record, loss_fn = Record(loss_fn, metric), CheckedLoss(loss_fn, metric)
    with mode(model, training=True):
        for X, y in batches(loader, device_of(model)):
            y_pred = model(X)
            loss = loss_fn(y_pred, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            record.add(y_pred, y, loss)
    return record.means()


def train(
    model: nn.Module,
    train_loader: Loader,
    val_loader: Loader | None,
    loss_fn: LossFn,
    optimizer: Optimizer,
    epochs: int,
    *,
    metric: Metric | None = None,
    scheduler: LRScheduler | None = None,
) -> dict[str, list[float]]:
    """Train for a number of epochs and keep the history (notebook 01).

    A loss or metric that is not finite, or an interrupt (Ctrl-C, the stop button), ends training
    early: a line says so and the finished epochs are returned. An error in a later epoch carries
    their history: `error.history`, in a notebook `sys.last_value.history`. A run of more than half
    a second shows a progress bar that counts batches; the environment variable COURSE_LIVE=0
    turns it off.

    Args:
        model: As for `train_step`.
        train_loader: Yields (inputs, targets), n of each; gone through once per epoch.
        val_loader: The same for validation, after each epoch; None leaves validation out.
        loss_fn: As for `train_step`.
        optimizer: As for `train_step`.
        epochs: How many times to go through train_loader, 1 or more.
        metric: As for `train_step`.
        scheduler: Its `step()` is called after each epoch. ReduceLROnPlateau is given the epoch's
            loss, or, with mode="max", the metric: on validation data, if there are any.

    Returns:
        Means over examples, one entry per finished epoch: {"train_loss": [...], "val_loss": [...],
        "train_accuracy": [...], "val_accuracy": [...]}, the last two named after the metric.

    Raises:
        TypeError: If an argument is not as described; nothing is trained then.
        ValueError: If epochs, loss_fn, optimizer or scheduler is not as described, or as
            `train_step`.
    """
    splits = {"train": train_loader} | ({} if val_loader is None else {"val": val_loader})
    _check_all(model, splits, optimizer, epochs, metric, scheduler)
    names = ["loss"] if metric is None else ["loss", metric.__name__]
    per_epoch = count_batches(train_loader)
    n_batches = None if per_epoch is None else epochs * per_epoch
    rows = []  # one dict per finished epoch

    def history() -> dict[str, list[float]]:
        return {
            f"{s}_{name}": [row[f"{s}_{name}"] for row in rows] for name in names for s in splits
        }

    try:
        with contextlib.closing(ProgressBar(n_batches)) as progress:
            while len(rows) < epochs:
                counted = progress.through(train_loader)
                means = train_step(model, counted, loss_fn, optimizer, metric=metric)
                row = {f"train_{name}": mean for name, mean in means.items()}
                if val_loader is not None:
                    means = test_step(model, val_loader, loss_fn, metric=metric)
                    row |= {f"val_{name}": mean for name, mean in means.items()}
                rows.append(row)
                if not all(map(math.isfinite, row.values())):
                    lr = ", ".join(f"{float(group['lr']):g}" for group in optimizer.param_groups)
                    print(f"Stopped after epoch {len(rows)} at learning rate {lr}: {row}")
                    break
                _step_scheduler(scheduler, row, names)
    except KeyboardInterrupt:
        print(f"Interrupted in epoch {len(rows) + 1}. The history holds the {len(rows)} finished.")
    except Exception as error:
        if rows:
            error.history = history()
            error.add_note(
                f"Epochs finished before: {len(rows)}. Their history is kept in the error: "
                "in a notebook, import sys, then sys.last_value.history"
            )
        raise
    return history()


def _check_all(model, splits, optimizer, epochs, metric, scheduler) -> None:
    """Refuse what could only fail or mislead later; the first step refuses the rest."""
    check_model(model)
    for split, loader in splits.items():
        check_loader(f"{split}_loader", loader)
    check_int("epochs", epochs, 1)
    if metric is not None:
        check_metric(metric)
    if scheduler is not None:
        check_scheduler(scheduler, optimizer, metric)


def _step_scheduler(scheduler: LRScheduler | None, row: dict[str, float], names: list[str]) -> None:
    """Step after an epoch; tell ReduceLROnPlateau what it waits for: the loss or the metric."""
    if isinstance(scheduler, ReduceLROnPlateau):
        name = names[-1] if scheduler.mode == "max" else "loss"
        scheduler.step(row.get(f"val_{name}", row[f"train_{name}"]))
    elif scheduler is not None:
        scheduler.step()
