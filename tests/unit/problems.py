"""Small problems that the tests of training, evaluation and loaders share."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helper_functions import get_device, set_seeds


def problem(n=10, n_classes=3, batch_size=4, shuffle=False):
    """Return a small classification model, its loader with a short last batch, and the data."""
    set_seeds(42)
    X, y = torch.randn(n, 5), torch.randint(n_classes, (n,))
    model = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, n_classes)).to(get_device())
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=shuffle)
    return model, loader, X.to(get_device()), y.to(get_device())


def sgd(model, lr=0.1):
    """Return plain SGD for all parameters of a model."""
    return torch.optim.SGD(model.parameters(), lr=lr)


def copies(model):
    """Return copies of the parameters and buffers of a model."""
    return [tensor.detach().clone() for tensor in model.state_dict().values()]


def unchanged(model, before):
    """Tell whether a model's parameters and buffers are those that `copies` returned."""
    return all(torch.equal(*pair) for pair in zip(copies(model), before, strict=True))
