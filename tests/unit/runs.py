"""A small run, with all that chance and momentum add, for the tests of checkpoints."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helper_functions import save_checkpoint, set_seeds, train

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
}


def setting(optimizer_name="sgd", seed=42, width=8):
    """Return model (with dropout), shuffled loader, optimizer and scheduler, on the CPU."""
    set_seeds(seed)
    X, y = torch.randn(50, 4), torch.randint(3, (50,))
    model = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, 3))
    loader = DataLoader(TensorDataset(X, y), batch_size=8, shuffle=True)
    optimizer = OPTIMIZERS[optimizer_name](model.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    return model, loader, optimizer, scheduler


def run(model, loader, optimizer, scheduler, epochs):
    loss_fn = nn.CrossEntropyLoss()
    return train(model, loader, loader, loss_fn, optimizer, epochs, scheduler=scheduler)


def parameters(model):
    return [p.detach().clone() for p in model.parameters()]


def equal(ours, theirs):
    return all(torch.equal(*pair) for pair in zip(ours, theirs, strict=True))


def saved(path, **change):
    """Write a checkpoint of a model that was trained a little; return its parts."""
    model, loader, optimizer, scheduler = setting(**change)
    run(model, loader, optimizer, scheduler, 2)
    save_checkpoint(path, model=model, optimizer=optimizer, scheduler=scheduler, epoch=2)
    return model, loader, optimizer, scheduler
