"""The course's networks against torch's own functions, written out layer by layer."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helper_functions import set_seeds, small_resnet, tiny_vgg
from torch_course.models import Residual, conv_block


@pytest.mark.parametrize(
    ("options", "shape", "n"),
    [
        ({}, (2, 1, 28, 28), 7_740),
        ({"n_classes": 3, "in_channels": 3, "size": 64}, (2, 3, 64, 64), 10_693),
        ({"width": 4, "size": 30}, (2, 1, 30, 30), 2_454),
    ],
)
def test_tiny_vgg_is_two_blocks_and_a_linear_layer(options, shape, n):
    set_seeds(42)
    model, X = tiny_vgg(**options), torch.randn(shape)
    w, out = list(model.parameters()), X
    for i in range(0, 8, 2):
        out = F.conv2d(out, w[i], w[i + 1], padding=1).relu()
        out = F.max_pool2d(out, 2) if i in (2, 6) else out
    assert sum(parameter.numel() for parameter in w) == n
    assert torch.allclose(model(X), F.linear(out.flatten(1), w[8], w[9]), atol=1e-6)
    assert model(X).shape == (2, options.get("n_classes", 10))


def test_dropout_stands_before_the_last_layer_or_nowhere():
    assert not any(isinstance(layer, nn.Dropout) for layer in tiny_vgg())
    *_, dropout, last = tiny_vgg(dropout=0.3)
    assert (type(dropout), dropout.p, type(last)) == (nn.Dropout, 0.3, nn.Linear)


@pytest.mark.parametrize("norm", [True, False])
def test_a_block_is_convolution_norm_and_relu(norm):
    block = conv_block(2, 3, 4, 2, norm=norm)
    kinds = [nn.Conv2d, nn.BatchNorm2d, nn.ReLU] if norm else [nn.Conv2d, nn.ReLU]
    assert [type(layer) for layer in block] == kinds
    assert (block[0].bias is None) == norm
    assert block(torch.randn(2, 2, 28, 28)).shape == (2, 3, 14, 14)
    assert conv_block(2, 3)(torch.randn(2, 2, 7, 7)).shape == (2, 3, 7, 7)


@pytest.mark.parametrize("skip", [True, False])
def test_a_residual_part_adds_what_came_in(skip):
    part, X = Residual(3, skip=skip).eval(), torch.randn(2, 3, 5, 5)
    expected = part.blocks(X) + (X if skip else 0)
    assert torch.equal(part(X), expected)
    assert len(part.blocks) == 2


@pytest.mark.parametrize(("width", "n"), [(16, 116_714), (8, 29_562)])
def test_the_small_resnet_has_its_shapes_after_each_part(width, n):
    model, X, shapes = small_resnet(width), torch.randn(2, 1, 28, 28), []
    assert sum(parameter.numel() for parameter in model.parameters()) == n
    for layer in model:
        X = layer(X)
        shapes.append(tuple(X.shape[1:]))
    assert shapes == [
        *((width, 14, 14), (2 * width, 14, 14), (2 * width, 7, 7), (2 * width, 7, 7)),
        *((4 * width, 7, 7), (4 * width, 3, 3), (4 * width, 3, 3)),
        *((4 * width, 1, 1), (4 * width,), (10,)),
    ]


def test_its_options_reach_every_part():
    plain = small_resnet(norm=False, skip=False)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in plain.modules())
    assert [part.skip for part in plain if isinstance(part, Residual)] == [False, False]
    assert [part.skip for part in small_resnet() if isinstance(part, Residual)] == [True, True]
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in small_resnet().modules()) == 7


def test_without_options_there_is_batch_norm_a_skip_and_a_width_of_16():
    assert [type(layer) for layer in conv_block(2, 3)] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in Residual(3).modules()) == 2
    assert Residual(3).skip
    assert small_resnet()[0][0].out_channels == 16
