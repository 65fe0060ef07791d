"""What an epoch of training and one of evaluating share: device, modes, batches, means."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn

from torch_course._checks import check_pair, is_integer

Loader = Iterable[tuple[Tensor, Tensor]]  # a DataLoader, a TensorLoader, a list of batches
LossFn = Callable[[Tensor, Tensor], Tensor]  # (outputs, targets) to the batch's mean, shape ()
Metric = Callable[[Tensor, Tensor], Tensor]  # (outputs, targets) to a value per example, shape (n,)


def device_of(model: nn.Module) -> torch.device:
    """Return the device of the model's parameters or buffers; the CPU if it has neither."""
    tensors = [*model.parameters(), *model.buffers()]
    return tensors[0].device if tensors else torch.device("cpu")


def _is_frozen(module: nn.Module, model: nn.Module) -> bool:
    """Tell whether a module is in eval mode on purpose, and not because all of its model is."""
    own = list(module.parameters(recurse=False))
    untrained = bool(own) and not any(parameter.requires_grad for parameter in own)
    return not module.training and (model.training or untrained)


@contextlib.contextmanager
def mode(model: nn.Module, *, training: bool) -> Iterator[None]:
    """Put the model in train or eval mode; put every module back as it was afterwards.

    What is frozen stays in eval mode: a part that is in it while the model itself is in train mode,
    and a part in it whose own parameters all have requires_grad False, such as a batch norm.

    Raises:
        TypeError: If the model can't be put in train mode, as an exported one can't.
    """
    before = [(module, module.training) for module in model.modules()]
    frozen = [module for module, _ in before if training and _is_frozen(module, model)]
    try:
        try:
            model.train(training)
        except NotImplementedError as error:  # an exported module keeps the mode it was exported in
            if training:
                raise TypeError(
                    "the model can't be put in train mode, as an exported one can't: train the "
                    "model that it was exported from"
                ) from error
        for module in frozen:
            module.training = False
        yield
    finally:
        for module, was_training in before:
            module.training = was_training


def batches(loader: Loader, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (inputs, targets) on the device, without waiting for it; check the first."""
    first = True
    for batch in loader:  # each microsecond here is 1 % of a small model's step
        if first:
            check_pair(batch)
            first = False
        X, y = batch
        if X.device != device:
            X = X.to(device, non_blocking=True)
        if y.device != device:
            y = y.to(device, non_blocking=True)
        yield X, y
    if first:
        raise ValueError("the loader yielded no batch, expected one or more")


def _n_averaged(loss_fn: LossFn, y: Tensor) -> int | Tensor:
    """Return what a batch's mean loss is a mean over, shape ().

    The number of examples; of class indices, with class weights, the sum of the examples' weights,
    and without those that ignore_index names. Only so does an epoch's mean not depend on how it was
    cut into batches. (A negative ignore_index without weights is passed over: looking for it would
    cost every step of a small model 3 %.)
    """
    if not isinstance(loss_fn, nn.CrossEntropyLoss | nn.NLLLoss) or not is_integer(y):
        return y.shape[0]
    if loss_fn.weight is None and loss_fn.ignore_index < 0:
        return y.shape[0]
    counted = y != loss_fn.ignore_index
    if loss_fn.weight is None:
        return counted.sum()
    return (loss_fn.weight[y.long().where(counted, 0)] * counted).sum()


class Record:
    """An epoch's losses and outputs, kept on the model's device and reduced once, at its end.

    Args:
        loss_fn: What the losses were computed with.
        metric: Maps outputs (n, ...) and targets (n, ...) to one value per example, shape (n,).
    """

    def __init__(self, loss_fn: LossFn, metric: Metric | None) -> None:
        self.loss_fn, self.metric = loss_fn, metric
        self.losses, self.weights, self.outputs = [], [], []

    def add(self, outputs: Tensor, y: Tensor, loss: Tensor) -> None:
        """Keep a batch's loss, shape (), and, for a metric, outputs and targets, (n, ...)."""
        self.losses.append(loss.detach())
        self.weights.append(_n_averaged(self.loss_fn, y))
        if self.metric is not None:
            self.outputs.append((outputs.detach(), y))

    def means(self) -> dict[str, float]:
        """Return the epoch's means over examples; the only place that waits for a GPU."""
        losses = torch.stack(self.losses).cpu().double()
        weights = torch.stack([torch.as_tensor(weight) for weight in self.weights]).cpu().double()
        losses = losses.where(weights > 0, 0.0)  # a batch of ignored targets has no mean
        means = {"loss": (losses @ weights / weights.sum()).item()}
        if self.metric is not None:
            outputs, y = (torch.cat(parts) for parts in zip(*self.outputs, strict=True))
            values = self.metric(outputs, y)
            means[self.metric.__name__] = values.cpu().double().mean().item()
        return means
