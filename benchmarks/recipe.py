"""The data and the training recipe of notebook 04, for the programs in this folder.

A test compares the recipe with the one that the notebook writes out.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.datasets import FashionMNIST

from helper_functions import DATA_DIR, TensorLoader, accuracy, get_device, set_seeds, train

PEAK_LR, WEIGHT_DECAY, LABEL_SMOOTHING = 0.2, 5e-4, 0.1


def pictures(*, train: bool) -> tuple[Tensor, Tensor]:
    """Read FashionMNIST: pixels from 0 to 1, shape (n, 1, 28, 28), and classes, shape (n,)."""
    data = FashionMNIST(DATA_DIR, train=train)
    return data.data.unsqueeze(1).float() / 255, data.targets


def split() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Split the 60,000 as the notebook does: 50,000 to train on, 10,000 to choose by."""
    X, y = pictures(train=True)
    order = torch.randperm(len(X), generator=torch.Generator().manual_seed(42))
    chosen = order[:50_000], order[50_000:]
    return tuple((X[indices], y[indices]) for indices in chosen)


def linear() -> nn.Module:
    """Build a linear model, 7,850 parameters: (n, 1, 28, 28) to (n, 10)."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def hidden_layer() -> nn.Module:
    """Build a network with one hidden layer of 128 units: (n, 1, 28, 28) to (n, 10)."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


class MixedPrecision(nn.Module):
    """A model whose forward pass computes in bfloat16 where that is safe; float32 logits."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, X: Tensor) -> Tensor:
        """Return the model's logits for a batch, shape (n, ...)."""
        with torch.autocast(X.device.type, dtype=torch.bfloat16):
            return self.model(X).float()


class TestTimeFlip(nn.Module):
    """A model that in eval mode adds up its logits for a picture and for its mirror image."""

    __test__ = False  # or pytest would collect it

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, X: Tensor) -> Tensor:
        """Return logits, shape (n, 10), for pictures of shape (n, 1, h, w)."""
        return self.model(X) if self.training else self.model(X) + self.model(X.flip(3))


def flip_half(X: Tensor) -> Tensor:
    """Mirror each picture of a batch, shape (n, 1, h, w), with probability one half."""
    coin = torch.rand(len(X)) < 0.5  # drawn on the CPU, so that a GPU draws the same
    coin = coin.view(-1, 1, 1, 1).to(X.device, non_blocking=True)
    return torch.where(coin, X.flip(3), X)


def fit(
    build: Callable[[], nn.Module],
    train_data: tuple[Tensor, Tensor],
    val_loader: TensorLoader | None,
    *,
    epochs: int,
    seed: int = 42,
    wrap: Callable[[nn.Module], nn.Module] | None = None,
    batch_size: int = 256,
    flip: bool = True,
    one_cycle: bool = True,
    anneal: str = "linear",
    lr: float = PEAK_LR,
    momentum: float = 0.9,
    weight_decay: float = WEIGHT_DECAY,
    label_smoothing: float = LABEL_SMOOTHING,
    metric: Callable[[Tensor, Tensor], Tensor] | None = accuracy,
) -> tuple[nn.Module, dict[str, list[float]]]:
    """Train by the recipe, or with an ingredient left out.

    Args:
        build: Makes the network, from (n, 1, 28, 28) to logits (n, 10).
        train_data: Standardized pictures (n, 1, 28, 28) and classes (n,), on one device.
        val_loader: What to evaluate on after each epoch, if anything.
        epochs: How many; the learning rate's one cycle spans them all.
        seed: For weights, shuffles and flips.
        wrap: Put around the network, such as MixedPrecision.
        batch_size: Pictures per step.
        flip: Whether to mirror half of each batch's pictures.
        one_cycle: Whether the learning rate rises and falls; else it stays at lr.
        anneal: How the rate rises and falls, "linear" or "cos".
        lr: The highest learning rate.
        momentum: Of SGD; 0 is plain SGD. A one cycle moves another from 0.95 to 0.85 and back.
        weight_decay: Of SGD.
        label_smoothing: Of the loss.
        metric: As for `helper_functions.train`.

    Returns:
        The model and the history that `helper_functions.train` returns.
    """
    set_seeds(seed)
    model = build() if wrap is None else wrap(build())
    model.to(get_device(), memory_format=torch.channels_last)
    transform = flip_half if flip else None
    loader = TensorLoader(*train_data, batch_size=batch_size, shuffle=True, transform=transform)
    optimizer = torch.optim.SGD(
        model.parameters(), lr, momentum, nesterov=momentum > 0, weight_decay=weight_decay
    )
    if one_cycle:
        steps = epochs * len(loader)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            lr,
            total_steps=steps,
            pct_start=0.2,
            anneal_strategy=anneal,
            cycle_momentum=momentum > 0,  # or it would set one, from 0.95 to 0.85 and back
        )

        def move(*_: object) -> None:
            if scheduler.last_epoch < steps - 1:  # there is no rate after the last one
                scheduler.step()

        optimizer.register_step_post_hook(move)
    loss_fn = nn.CrossEntropyLoss(label_smoothing=label_smoothing)
    history = train(model, loader, val_loader, loss_fn, optimizer, epochs, metric=metric)
    return model, history


def flip_accuracy(model: nn.Module, loader: TensorLoader) -> tuple[float, float]:
    """Measure accuracy on pictures as they are, and on their logits plus those of their mirrors."""
    model.eval()
    plain, flipped = [], []
    with torch.inference_mode():
        for X, y in loader:
            logits, mirrored = model(X), model(X.flip(3))
            plain.append(accuracy(logits, y))
            flipped.append(accuracy(logits + mirrored, y))
    return torch.cat(plain).mean().item(), torch.cat(flipped).mean().item()
