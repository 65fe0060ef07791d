"""One epoch of the linear model in other people's training loops, each with loss and accuracy.

Each function prepares a framework and returns what is to be timed, and the model that it trains.
All are fed the same batches, already cut in memory; logging to disk, checkpoints and progress bars
are off. The program that calls them compares the trained models: none may skip a step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from benchmarks.recipe import linear

Batches = list[tuple[Tensor, Tensor]]
Prepared = tuple[Callable[[], object], nn.Module]  # what is to be timed, and its model
LR = 0.1


def lightning(batches: Batches, device: torch.device) -> Prepared:
    """Lightning's Trainer; loss and accuracy are logged once per epoch."""
    from lightning.pytorch import LightningModule, Trainer
    from torchmetrics.classification import MulticlassAccuracy

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model, self.loss_fn = linear(), nn.CrossEntropyLoss()
            self.accuracy = MulticlassAccuracy(num_classes=10, average="micro")

        def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
            X, y = batch
            logits = self.model(X)
            loss = self.loss_fn(logits, y)
            self.accuracy(logits, y)
            self.log("accuracy", self.accuracy, on_step=False, on_epoch=True)
            self.log("loss", loss, on_step=False, on_epoch=True, batch_size=len(y))
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), LR)

    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    accelerator = "cpu" if device.type == "cpu" else "auto"
    trainer = Trainer(
        max_epochs=1, accelerator=accelerator, devices=1, enable_model_summary=False, **quiet
    )
    module = Module()
    loader = DataLoader(batches, batch_size=None)  # a list would be taken for several loaders
    return lambda: trainer.fit(module, loader), module.model


def fastai(batches: Batches, device: torch.device) -> Prepared:
    """The Learner of fastai, which averages the loss itself; accuracy is a metric of its own."""
    from fastai.basics import AvgMetric, Callback, DataLoaders, Learner, OptimWrapper
    from fastai.metrics import accuracy

    class TrainAccuracy(Callback):
        """fastai computes metrics on validation alone; this feeds one the training batches."""

        def before_epoch(self) -> None:
            self.metric = AvgMetric(accuracy)
            self.metric.reset()

        def after_batch(self) -> None:
            self.metric.accumulate(self.learn)

    model = linear().to(device)
    learner = Learner(
        DataLoaders(batches, [], device=device),
        model,
        loss_func=nn.CrossEntropyLoss(),
        opt_func=lambda *_, **__: OptimWrapper(opt=torch.optim.SGD(model.parameters(), LR)),
        lr=LR,
        cbs=[TrainAccuracy()],
    )

    def run() -> None:
        with learner.no_logging():
            learner.fit(1)

    return run, model


def accelerate(batches: Batches, device: torch.device) -> Prepared:
    """The bare loop with Accelerate's `backward` and `gather_for_metrics`."""
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=device.type == "cpu")
    model = linear()
    optimizer = torch.optim.SGD(model.parameters(), LR)
    model, optimizer = accelerator.prepare(model, optimizer)
    loss_fn = nn.CrossEntropyLoss()

    def run() -> tuple[float, float]:
        total, right, n = 0.0, 0.0, 0
        for X, y in batches:
            logits = model(X)
            loss = loss_fn(logits, y)
            optimizer.zero_grad()
            accelerator.backward(loss)
            optimizer.step()
            logits, targets = accelerator.gather_for_metrics((logits.detach(), y))
            total += loss.detach() * len(y)
            right += (logits.argmax(dim=1) == targets).sum()
            n += len(y)
        return float(total / n), float(right / n)

    return run, model


def ignite(batches: Batches, device: torch.device) -> Prepared:
    """Ignite's supervised trainer with its Loss and Accuracy metrics attached."""
    from ignite.engine import create_supervised_trainer
    from ignite.metrics import Accuracy, Loss

    model, loss_fn = linear().to(device), nn.CrossEntropyLoss()
    trainer = create_supervised_trainer(
        model,
        torch.optim.SGD(model.parameters(), LR),
        loss_fn,
        device=device,
        output_transform=lambda X, y, y_pred, loss: (y_pred.detach(), y),
    )
    Accuracy(device=device).attach(trainer, "accuracy")
    Loss(loss_fn, device=device).attach(trainer, "loss")
    return lambda: trainer.run(batches, max_epochs=1), model


def skorch(batches: Batches, device: torch.device) -> Prepared:
    """The NeuralNetClassifier of skorch; accuracy by its PassthroughScoring of each batch."""
    from skorch import NeuralNetClassifier
    from skorch.callbacks import PassthroughScoring

    class Net(NeuralNetClassifier):
        def get_iterator(self, dataset: object, training: bool = False) -> Batches:
            return batches

        def train_step(self, batch: tuple[Tensor, Tensor], **params: object) -> dict:
            step = super().train_step(batch, **params)
            right = (step["y_pred"].argmax(dim=1) == batch[1]).float().mean()
            self.history.record_batch("accuracy", right.item())
            return step

    model = linear().to(device)
    net = Net(
        model,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        lr=LR,
        max_epochs=1,
        train_split=None,
        classes=list(range(10)),
        device=device,
        verbose=0,
        callbacks=[
            ("accuracy", PassthroughScoring("accuracy", lower_is_better=False, on_train=True))
        ],
    )
    return lambda: net.fit(batches[0][0], batches[0][1]), model


FRAMEWORKS = {
    "Lightning": lightning,
    "fastai": fastai,
    "Accelerate": accelerate,
    "Ignite": ignite,
    "skorch": skorch,
}
PACKAGES = ("lightning", "fastai", "accelerate", "pytorch-ignite", "skorch")
