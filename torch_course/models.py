"""The course's networks, as notebooks 04 and 05 build them by hand: TinyVGG, a small ResNet."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn


def tiny_vgg(
    n_classes: int = 10,
    *,
    in_channels: int = 1,
    size: int = 28,
    width: int = 10,
    dropout: float = 0.0,
) -> nn.Sequential:
    """Build TinyVGG (notebook 04), 7,740 parameters as it is: two blocks, each halving the size.

    Args:
        n_classes: How many logits per picture.
        in_channels: Of the pictures, 1 for grey and 3 for color.
        size: Their height and width in pixels, 4 or more.
        width: Channels of each convolution.
        dropout: The share of features that is dropped before the last layer.

    Returns:
        A network that maps (n, in_channels, size, size) to logits, (n, n_classes).

    Source: CNN Explainer, https://poloclub.github.io/cnn-explainer/, which draws this network.
    """
    layers, channels = [], in_channels
    for _ in range(2):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    layers += [nn.Flatten(), *([nn.Dropout(dropout)] if dropout else [])]
    return nn.Sequential(*layers, nn.Linear(width * (size // 4) ** 2, n_classes))


def conv_block(
    n_in: int, n_out: int, kernel_size: int = 3, stride: int = 1, *, norm: bool = True
) -> nn.Sequential:
    """Build convolution, batch norm (if any) and ReLU: (n, n_in, h, w) to (n, n_out, h', w')."""
    conv = nn.Conv2d(n_in, n_out, kernel_size, stride, padding=1, bias=not norm)
    return nn.Sequential(conv, *([nn.BatchNorm2d(n_out)] if norm else []), nn.ReLU())


class Residual(nn.Module):
    """Two blocks whose result is added to what came in: (n, channels, h, w) to the same."""

    def __init__(self, channels: int, *, norm: bool = True, skip: bool = True) -> None:
        super().__init__()
        blocks = (conv_block(channels, channels, norm=norm) for _ in range(2))
        self.blocks, self.skip = nn.Sequential(*blocks), skip

    def forward(self, X: Tensor) -> Tensor:
        """Return X plus what the blocks make of it."""
        return X + self.blocks(X) if self.skip else self.blocks(X)


def small_resnet(width: int = 16, *, norm: bool = True, skip: bool = True) -> nn.Sequential:
    """Build the small residual network (notebook 04), 116,714 parameters at width 16.

    Args:
        width: Channels of the first convolution; later ones have two and four times as many.
        norm: Whether convolutions are followed by batch norm; else they have a bias.
        skip: Whether the residual connections are there.

    Returns:
        A network that maps (n, 1, 28, 28) to logits, (n, 10).
    """
    block, residual = partial(conv_block, norm=norm), partial(Residual, norm=norm, skip=skip)
    return nn.Sequential(
        block(1, width, kernel_size=4, stride=2),  # (n, width, 14, 14)
        block(width, 2 * width),
        nn.MaxPool2d(2),  # (n, 2 * width, 7, 7)
        residual(2 * width),
        block(2 * width, 4 * width),
        nn.MaxPool2d(2),  # (n, 4 * width, 3, 3)
        residual(4 * width),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * width, 10),
    )
