"""Mini-batches cut from tensors that are in memory already."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from torch_course._checks import check_int, check_pair, describe


class TensorLoader:
    """Cut mini-batches from tensors that are in memory already (notebook 04).

    Takes each batch at once, by index, where a DataLoader fetches and stacks its examples one by
    one. Draws from torch's default CPU generator what a DataLoader without workers draws, and so
    yields the same batches in the same order, on any device; nothing waits for a GPU. The batches
    are copies.

    Args:
        X: Inputs, shape (n, ...), n of 1 or more.
        y: Targets, shape (n, ...), on the same device.
        batch_size: Examples per batch; the last batch may be shorter.
        shuffle: Whether to draw another order in each epoch.
        drop_last: Whether to leave a shorter last batch out.
        transform: Maps the inputs of a batch, shape (m, ...), to m others, drawn anew each time.

    Raises:
        TypeError: If X or y is not a tensor, batch_size no int, or transform can't be called.
        ValueError: If there are not as many inputs as targets, on one device, or batch_size is
            below 1.
    """

    def __init__(
        self,
        X: Tensor,
        y: Tensor,
        *,
        batch_size: int,
        shuffle: bool = False,
        drop_last: bool = False,
        transform: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        check_pair((X, y))
        if X.device != y.device:
            raise ValueError(f"X and y must be on one device, got {X.device} and {y.device}")
        check_int("batch_size", batch_size, 1)
        if transform is not None and not callable(transform):
            raise TypeError(f"transform must be a function, got {describe(transform)}")
        self.X, self.y, self.batch_size = X, y, batch_size
        self.shuffle, self.drop_last, self.transform = shuffle, drop_last, transform

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        whole, rest = divmod(len(self.X), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield an epoch's batches: inputs, shape (m, ...), and targets, shape (m, ...)."""
        torch.empty((), dtype=torch.int64).random_()  # a DataLoader draws it for its workers
        order = torch.arange(len(self.X))
        if self.shuffle:
            seed = torch.empty((), dtype=torch.int64).random_().item()
            order = torch.randperm(len(order), generator=torch.Generator().manual_seed(seed))
        order = order.to(self.X.device, non_blocking=True)
        for indices in order.split(self.batch_size)[: len(self)]:
            X, y = self.X.index_select(0, indices), self.y.index_select(0, indices)
            yield (X if self.transform is None else self.transform(X)), y
