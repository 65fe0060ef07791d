"""What the notebooks share: setup, training, pictures, figures, exercises, in this order.

Each function is first written by hand in the notebook that its docstring names; the version here
adds the checks. Importing this module starts nothing, downloads nothing and changes no setting.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import math
import os
import random
import time
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

Loader = Iterable[tuple[Tensor, Tensor]]  # a DataLoader, a TensorLoader, a list of batches
LossFn = Callable[[Tensor, Tensor], Tensor]  # (outputs, targets) to the batch's mean, shape ()
Metric = Callable[[Tensor, Tensor], Tensor]  # (outputs, targets) to a value per example, shape (n,)

# --- Setup ----------------------------------------------------------------------------------------

_SHIPPED = Path(__file__).resolve().parent / "data"

# A relative COURSE_DATA starts at the course's folder: kernels run in folders of their own.
DATA_DIR = (_SHIPPED.parent / Path(os.environ.get("COURSE_DATA") or "data").expanduser()).resolve()

# Okabe-Ito colors in the order of their contrast on white; markers tell them apart in grey.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")

_SPLITS = ("train", "val", "test")  # folders of class folders
_NO_PICTURES = ("Thumbs.db", "desktop.ini")  # made by Windows in folders of pictures


def get_device() -> torch.device:
    """Choose the device to compute on (notebook 00).

    CUDA if there is one, else another accelerator that torch reports (such as Apple's MPS), else
    the CPU. The environment variable COURSE_DEVICE overrides the choice.

    Returns:
        The device, for `model.to(...)` and `tensor.to(...)`.

    Raises:
        ValueError: If COURSE_DEVICE names a device that this machine does not offer.
    """
    offered = ["cpu"]
    if torch.accelerator.is_available():
        name = "cuda" if torch.cuda.is_available() else torch.accelerator.current_accelerator().type
        offered = [name, "cpu", *(f"{name}:{i}" for i in range(torch.accelerator.device_count()))]
    wanted = os.environ.get("COURSE_DEVICE") or offered[0]
    if wanted not in offered:
        raise ValueError(f"COURSE_DEVICE is {wanted!r}, but this machine offers only {offered}")
    return torch.device(wanted)


def set_seeds(seed: int = 42) -> None:
    """Make what is random repeatable (notebook 00).

    Sets the seeds of torch (CPU and accelerators), NumPy's global generator and Python's `random`.
    Sets, so that a GPU agrees with the stored outputs to rounding: no TF32 in cuDNN's convolutions
    or in matrix products, deterministic cuDNN algorithms, no cuDNN benchmarking. A GPU still draws
    other random numbers than a CPU: draw on the CPU, then move.

    Args:
        seed: From 0 to 2**32 - 1, the range that NumPy accepts.

    Raises:
        TypeError: If the seed is not an int.
        ValueError: If it is out of range.
    """
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"seed must be an int, got {type(seed).__name__}: {seed!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be from 0 to 2**32 - 1, got {seed}")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


# --- Training -------------------------------------------------------------------------------------


def _describe(value: Any) -> str:
    """Name what came, for an error message: a tensor by its shape and dtype, the rest by type."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}, {value.dtype}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


def accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """Tell for each example whether the prediction is right (notebook 02).

    Its mean is the accuracy. One logit per example predicts class 1 where it is above 0; several
    predict the class of the largest.

    Args:
        logits: Shape (n,) or (n, 1) for two classes, (n, n_classes) for more; floating point.
        targets: For (n,) and (n, 1) of the same shape as the logits, 0 or 1 of any dtype; for
            (n, n_classes) class indices of shape (n,), an integer dtype.

    Returns:
        1.0 where right and 0.0 where wrong, shape (n,), float32, on the device of the logits.

    Raises:
        TypeError: If logits are not floating point, or class indices are not integers.
        ValueError: If there are no examples, or the shapes don't fit: (n, 1) against (n,) would
            broadcast to (n, n).
    """
    if not isinstance(logits, Tensor) or not isinstance(targets, Tensor):
        came = f"{_describe(logits)} and {_describe(targets)}"
        raise TypeError(f"logits and targets must be tensors, got {came}")
    if not logits.is_floating_point():
        raise TypeError(f"logits must be floating point, as the model returns, got {logits.dtype}")
    one_logit = logits.ndim == 1 or logits.shape[1:] == (1,)
    fitting = logits.shape if one_logit else logits.shape[:1]
    if logits.ndim not in (1, 2) or logits.numel() == 0 or targets.shape != fitting:
        expected = "(n,) and (n,), (n, 1) and (n, 1), or (n, n_classes) and (n,), n of 1 or more"
        came = f"{tuple(logits.shape)} and {tuple(targets.shape)}"
        raise ValueError(f"logits and targets must have shapes {expected}, got {came}")
    if one_logit:
        return ((logits > 0) == (targets > 0.5)).flatten().float()
    if targets.dtype == torch.bool or targets.is_floating_point() or targets.is_complex():
        raise TypeError(f"class indices must be integers, got {targets.dtype}")
    return (logits.argmax(dim=1) == targets).float()


def _device_of(model: nn.Module) -> torch.device:
    """Return the device of the model's parameters or buffers; the CPU if it has neither."""
    tensors = [*model.parameters(), *model.buffers()]
    return tensors[0].device if tensors else torch.device("cpu")


@contextlib.contextmanager
def _mode(model: nn.Module, *, training: bool) -> Iterator[None]:
    """Put the model in train or eval mode; put every module back as it was afterwards."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, was_training in before:
            module.training = was_training


def _check_pair(batch: Any) -> None:
    """Refuse a batch that is not n inputs and n targets."""
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise TypeError(f"a loader must yield (inputs, targets) pairs, got {_describe(batch)}")
    X, y = batch
    if not isinstance(X, Tensor) or not isinstance(y, Tensor):
        raise TypeError(
            f"inputs and targets must be two tensors, got {_describe(X)} and {_describe(y)}"
        )
    if X.ndim == 0 or y.ndim == 0 or not len(X) == len(y) > 0:
        came = f"{tuple(X.shape)} and {tuple(y.shape)}"
        raise ValueError(f"there must be n inputs and n targets, n of 1 or more, got {came}")


def _batches(loader: Loader, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (inputs, targets) on the device, without waiting for it; check the first."""
    first = True
    for batch in loader:  # each microsecond here is 1 % of a small model's step
        if first:
            _check_pair(batch)
            first = False
        X, y = batch
        if X.device != device:
            X = X.to(device, non_blocking=True)
        if y.device != device:
            y = y.to(device, non_blocking=True)
        yield X, y
    if first:
        raise ValueError("the loader yielded no batch, expected one or more")


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
        TypeError: If X or y is not a tensor, or the transform can't be called.
        ValueError: If there are not as many inputs as targets, on one device, or batch_size is not
            an int of 1 or more.
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
        _check_pair((X, y))
        if X.device != y.device:
            raise ValueError(f"X and y must be on one device, got {X.device} and {y.device}")
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1:
            raise ValueError(f"batch_size must be an int of 1 or more, got {batch_size!r}")
        if transform is not None and not callable(transform):
            raise TypeError(f"transform must be a function, got {_describe(transform)}")
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


def _check_batch(outputs: Tensor, y: Tensor, loss_fn: LossFn, metric: Metric | None) -> None:
    """Refuse, on an epoch's first batch and before any update, what would train on nonsense.

    Shapes: outputs (n, ...), y (n, ...).
    """
    if not isinstance(outputs, Tensor):
        raise TypeError(f"the model must return a tensor, got {_describe(outputs)}")
    if y.is_floating_point() and outputs.shape != y.shape:
        raise ValueError(
            f"outputs have shape {tuple(outputs.shape)} but {y.dtype} targets {tuple(y.shape)}: "
            "they must be equal, or the loss broadcasts them (class indices must be integers)"
        )
    outputs = outputs.detach()
    loss = loss_fn(outputs, y)
    if not isinstance(loss, Tensor) or loss.ndim != 0:
        raise ValueError(f"loss_fn must return one number, shape (), got {_describe(loss)}")
    values = y if metric is None else metric(outputs, y)
    if not isinstance(values, Tensor) or (metric and values.shape != y.shape[:1]):
        expected = f"one value per example, shape {tuple(y.shape[:1])}"
        raise ValueError(f"metric must return {expected}, got {_describe(values)}")


def _means(losses: list, sizes: list, outputs: list, metric: Metric | None) -> dict[str, float]:
    """Reduce an epoch's batches to means over examples; the only place that waits for a GPU."""
    n = torch.tensor(sizes, dtype=torch.float64)
    means = {"loss": (torch.stack(losses).cpu().double() @ n / n.sum()).item()}
    if metric is not None:
        values = metric(*(torch.cat(parts) for parts in zip(*outputs, strict=True)))
        means[metric.__name__] = values.cpu().double().mean().item()
    return means


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

    Args:
        model: Maps inputs, shape (n, ...), to outputs, shape (n,) or (n, ...), on its own device.
        loader: Yields (inputs, targets), n of each, on any device. The last batch may be short.
        loss_fn: Maps (outputs, targets) to the mean loss over the batch, shape ().
        optimizer: Updates the model's parameters.
        metric: Maps (outputs, targets) to one value per example, shape (n,); its name is the key.

    Returns:
        Means over examples: {"loss": ..., "<metric's name>": ...}. Each batch counts with the
        parameters of its time.

    Raises:
        TypeError: If a batch is not a pair of tensors.
        ValueError: If there is no example, or if the shapes of the first batch don't fit; nothing
            is updated then.
    """
    device = _device_of(model)
    losses, sizes, outputs = [], [], []
    with _mode(model, training=True):
        for X, y in _batches(loader, device):
            y_pred = model(X)
            if not losses:
                _check_batch(y_pred, y, loss_fn, metric)
            loss = loss_fn(y_pred, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
            sizes.append(y.shape[0])
            if metric is not None:
                outputs.append((y_pred.detach(), y))
    return _means(losses, sizes, outputs, metric)


def test_step(
    model: nn.Module, loader: Loader, loss_fn: LossFn, *, metric: Metric | None = None
) -> dict[str, float]:
    """Evaluate on a loader, in eval mode and without gradients (notebook 01).

    The model is left as it was found. Arguments of any shape, the means that are returned and the
    errors are those of `train_step`.
    """
    device = _device_of(model)
    losses, sizes, outputs = [], [], []
    with _mode(model, training=False), torch.inference_mode():
        for X, y in _batches(loader, device):
            y_pred = model(X)
            if not losses:
                _check_batch(y_pred, y, loss_fn, metric)
            loss = loss_fn(y_pred, y)
            losses.append(loss)
            sizes.append(y.shape[0])
            if metric is not None:
                outputs.append((y_pred, y))
        return _means(losses, sizes, outputs, metric)


test_step.__test__ = False  # or pytest would collect it


def _check_loader(name: str, loader: Any) -> None:
    """Refuse, before anything is trained, what cannot be gone through once per epoch."""
    if isinstance(loader, Tensor | tuple) or not isinstance(loader, Iterable):
        expected = "batches (inputs, targets), as a DataLoader or the list [(X, y)] does"
        raise TypeError(f"{name} must yield {expected}, got {_describe(loader)}")
    if isinstance(loader, Iterator):  # not iter(loader): a DataLoader's draws a random number
        raise TypeError(f"{name} is {_describe(loader)}, empty after one epoch: make it a list")
    if hasattr(loader, "__len__") and len(loader) == 0:
        raise ValueError(f"{name} must hold one batch or more, got none")


def _check_training(model: nn.Module, loss_fn: Any, optimizer: Any, epochs: int, metric: Any):
    """Refuse, before anything is trained, what could only fail or mislead later."""
    if not isinstance(epochs, int) or isinstance(epochs, bool) or epochs < 1:
        raise ValueError(f"epochs must be an int of 1 or more, got {epochs!r}")
    if getattr(loss_fn, "reduction", "mean") != "mean":
        raise ValueError(f"loss_fn must have reduction 'mean', got {loss_fn.reduction!r}")
    name = getattr(metric, "__name__", "")
    if metric is not None and (not name.isidentifier() or name == "loss"):
        raise TypeError(f"metric must be a named function (not 'loss'), got {metric!r}")
    ours = {id(parameter) for parameter in model.parameters()}
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not ours & held:
        raise ValueError(
            "the optimizer holds none of the model's parameters, so that nothing would be learned: "
            "make it after the model, from model.parameters()"
        )


_BAR_AFTER = 0.5  # seconds; each bar in JupyterLab costs messages, and a short run needs none


class _Progress:
    """Count batches; draw a bar once training has taken longer than _BAR_AFTER."""

    def __init__(self, total: int | None, *, hidden: bool) -> None:
        self.total, self.n_done, self.bar = total, 0, None
        self.due = math.inf if hidden else time.monotonic() + _BAR_AFTER

    def through(self, loader: Loader) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the loader's batches, each counted when it is done."""
        for batch in loader:
            yield batch
            self.n_done += 1
            if self.bar is not None:
                self.bar.update()
            elif time.monotonic() > self.due:
                from tqdm.auto import tqdm

                self.bar = tqdm(total=self.total, initial=self.n_done, unit="batch", leave=False)

    def close(self) -> None:
        """Remove the bar, if there is one."""
        if self.bar is not None:
            self.bar.close()


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
    early: a line says so and the finished epochs are returned. A run of more than half a second
    shows a progress bar that counts batches; the environment variable COURSE_PROGRESS=0 turns it
    off.

    Args:
        model: As for `train_step`.
        train_loader: Yields (inputs, targets), n of each; gone through once per epoch.
        val_loader: The same for validation, after each epoch; None leaves validation out.
        loss_fn: As for `train_step`.
        optimizer: As for `train_step`.
        epochs: How many times to go through train_loader, 1 or more.
        metric: As for `train_step`.
        scheduler: Its `step()` is called after each epoch.

    Returns:
        Means over examples, one entry per finished epoch: {"train_loss": [...], "val_loss": [...],
        "train_accuracy": [...], "val_accuracy": [...]}, the last two named after the metric.

    Raises:
        TypeError: If a loader or the metric is not as described; nothing is trained then.
        ValueError: If epochs, loss_fn or the optimizer is not as described, or as `train_step`.
    """
    loaders = {"train": train_loader} | ({} if val_loader is None else {"val": val_loader})
    for split, loader in loaders.items():
        _check_loader(f"{split}_loader", loader)
    _check_training(model, loss_fn, optimizer, epochs, metric)
    n_batches = epochs * len(train_loader) if hasattr(train_loader, "__len__") else None
    hidden = os.environ.get("COURSE_PROGRESS") == "0"
    rows = []  # one dict of dicts per finished epoch
    try:
        with contextlib.closing(_Progress(n_batches, hidden=hidden)) as progress:
            while len(rows) < epochs:
                batches = progress.through(train_loader)
                row = {"train": train_step(model, batches, loss_fn, optimizer, metric=metric)}
                if val_loader is not None:
                    row["val"] = test_step(model, val_loader, loss_fn, metric=metric)
                rows.append(row)
                if not all(math.isfinite(x) for means in row.values() for x in means.values()):
                    lr = ", ".join(f"{float(group['lr']):g}" for group in optimizer.param_groups)
                    print(f"Stopped after epoch {len(rows)} at learning rate {lr}: {row}")
                    break
                if scheduler is not None:
                    scheduler.step()
    except KeyboardInterrupt:
        print(f"Interrupted in epoch {len(rows) + 1}. The history holds the {len(rows)} finished.")
    names = ["loss"] if metric is None else ["loss", metric.__name__]
    return {f"{s}_{n}": [row[s][n] for row in rows] for n in names for s in loaders}


_CHECKPOINT_FORMAT = "torch-course checkpoint 1"


def save_checkpoint(
    path: str | os.PathLike,
    *,
    model: nn.Module,
    optimizer: Optimizer,
    epoch: int,
    scheduler: LRScheduler | None = None,
) -> None:
    """Save all that is needed to go on training as if never stopped (notebook 01).

    The file is written under another name and renamed when it is whole: killed at any moment, this
    leaves the old file or the new one, never half. It holds torch's random state on the CPU and on
    the model's accelerator; not NumPy's, not Python's, not that of a Generator of your own.

    Args:
        path: The file to write, in a folder that exists.
        model: Its `state_dict` is saved, tensors of any shape.
        optimizer: Its `state_dict` is saved.
        epoch: How many epochs are finished.
        scheduler: Its `state_dict` is saved, if there is one.

    Raises:
        FileNotFoundError: If the folder does not exist.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} to")
    device = _device_of(model).type
    random_state = {"cpu": torch.get_rng_state()}
    if device != "cpu":
        random_state[device] = torch.get_device_module(device).get_rng_state()
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    state = {role: part and part.state_dict() for role, part in parts.items()}
    state |= {"classes": _class_names(optimizer, scheduler), "epoch": epoch}
    state |= {"format": _CHECKPOINT_FORMAT, "random": random_state}
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(unfinished, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def load_checkpoint(
    path: str | os.PathLike,
    *,
    model: nn.Module,
    optimizer: Optimizer | None = None,
    scheduler: LRScheduler | None = None,
) -> int:
    """Load what `save_checkpoint` wrote, in place (notebook 01).

    With the optimizer, and the scheduler if there was one, training goes on where it stopped, bit
    for bit on a CPU: torch's random state is restored too. With the model alone, only its
    parameters are loaded, for predicting. The file is read with `weights_only=True`. Nothing is
    changed unless everything fits.

    Args:
        path: The file to read.
        model: Of the same shapes as the saved one, on any device.
        optimizer: Of the same class as the saved one.
        scheduler: Of the same class as the saved one.

    Returns:
        The number of epochs finished when the file was written.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or not such a checkpoint, or holds another model,
            optimizer or scheduler.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}")
    with open(path, "rb") as file:
        try:
            damaged = zipfile.ZipFile(file).testzip()  # torch.load compares no checksum
            file.seek(0)
            state = None if damaged else torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # damage surfaces in many ways
            raise ValueError(f"{path} is damaged or no checkpoint: {error}") from error
    if not isinstance(state, dict) or state.get("format") != _CHECKPOINT_FORMAT:
        raise ValueError(f"{path} is damaged or was not written by save_checkpoint")
    _check_fits(state, model, optimizer, scheduler)
    if optimizer is not None:
        optimizer.load_state_dict(state["optimizer"])  # checks the parameter groups first
        device = _device_of(model).type
        if device in state["random"] and device != "cpu":
            torch.get_device_module(device).set_rng_state(state["random"][device])
        torch.set_rng_state(state["random"]["cpu"])
    if scheduler is not None:
        scheduler.load_state_dict(state["scheduler"])
    model.load_state_dict(state["model"])
    return state["epoch"]


def _class_names(optimizer: Any, scheduler: Any) -> dict[str, str]:
    """Name the optimizer's and the scheduler's class: SGD cannot go on from Adam's state."""
    return {"optimizer": type(optimizer).__name__, "scheduler": type(scheduler).__name__}


def _check_fits(state: dict, model: nn.Module, optimizer: Any, scheduler: Any) -> None:
    """Refuse a checkpoint of another model, optimizer or scheduler, before anything is changed."""
    saved = {name: tuple(value.shape) for name, value in state["model"].items()}
    ours = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    for name in [*ours, *saved]:
        if ours.get(name) != saved.get(name):
            shapes = f"{saved.get(name)} in the file, {ours.get(name)} in the model"
            raise ValueError(f"the checkpoint is of another model: {name} has shape {shapes}")
    if optimizer is None and scheduler is None:
        return
    names = _class_names(optimizer, scheduler)
    if names != state["classes"]:
        raise ValueError(f"the checkpoint was saved with {state['classes']}, got {names}")


# --- Pictures -------------------------------------------------------------------------------------


def load_picture(path: str | os.PathLike) -> Image.Image:
    """Open a picture file as RGB, upright, on white where it is transparent (notebook 05).

    Args:
        path: A file that Pillow can read, of any mode; of an animation, the first frame is taken.

    Returns:
        The picture, of the file's size in pixels, turned as the file's EXIF data ask.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is empty, damaged, no picture, or has so many pixels that Pillow
            takes it for an attack (over 89 million); the message names the file.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder, expected a picture's file")
    if path.exists() and path.stat().st_size == 0:
        raise ValueError(f"{path} is empty: 0 bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                picture.load()
                picture = ImageOps.exif_transpose(picture)
    except FileNotFoundError:
        raise
    except UnidentifiedImageError as error:
        raise ValueError(f"{path} is no picture that Pillow can read") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        limit = f"{Image.MAX_IMAGE_PIXELS / 1e6:.0f} million pixels"
        raise ValueError(f"{path} is too large: over {limit}, make it smaller first") from error
    except Exception as error:  # damage surfaces in many ways
        reason = str(error).partition(" (")[0]  # without a count of bytes
        raise ValueError(f"{path} is damaged: {reason}") from error
    if picture.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off at 255
        picture = Image.fromarray((np.asarray(picture) / 257).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        page = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(page, picture)
    return picture.convert("RGB")


class PictureFolder(Dataset):
    """Pictures in class folders, each opened once to see whether it can be (notebook 05).

    Gives the same items in the same order as torchvision's ImageFolder with `load_picture`, and has
    its attributes `classes`, `class_to_idx`, `samples`, `targets` and `transform`. A file that is
    no usable picture is left out, with a printed line that names it; hidden files and folders are
    passed over.

    Args:
        root: A folder with two or more folders in it, named for the classes.
        transform: Maps a picture, PIL's of mode RGB, to what an item holds; None keeps the picture.

    Raises:
        FileNotFoundError: If root does not exist; the message lists what is there instead.
        ValueError: If root is no folder, holds fewer than two class folders, or one of them has no
            usable picture.
    """

    def __init__(
        self, root: str | os.PathLike, *, transform: Callable[[Image.Image], Any] | None = None
    ) -> None:
        from torchvision.datasets import ImageFolder

        self.root, self.transform = Path(root).absolute(), transform
        self.classes = _folders(self.root)
        if set(self.classes) & set(_SPLITS):
            raise ValueError(
                f"{self.root} holds {self.classes}: use split_pictures, or one of them"
            )
        if len(self.classes) < 2:
            n_files = sum(path.is_file() for path in self.root.iterdir())
            came = f"the folders {self.classes}, and {n_files} files beside them"
            raise ValueError(
                f"{self.root} must hold a folder for each of 2 or more classes, got {came}"
            )
        self.class_to_idx = {name: label for label, name in enumerate(self.classes)}
        self.samples = ImageFolder.make_dataset(
            str(self.root), self.class_to_idx, is_valid_file=self._is_usable, allow_empty=True
        )
        if empty := [name for label, name in enumerate(self.classes) if label not in self.targets]:
            raise ValueError(f"{self.root} has no usable picture in the class folders {empty}")

    def _is_usable(self, path: str) -> bool:
        """Tell whether a file can be loaded; print why not."""
        name = Path(path).relative_to(self.root)
        if any(part.startswith(".") for part in name.parts) or name.name in _NO_PICTURES:
            return False
        try:
            load_picture(path)
        except ValueError as error:
            print("left out:", str(error).replace(path, name.as_posix()))
            return False
        return True

    @property
    def targets(self) -> list[int]:
        """Class indices of all items, in their order."""
        return [label for _, label in self.samples]

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        """Load an item: the transformed picture, and its class index."""
        path, label = self.samples[index]
        picture = load_picture(path)
        return (picture if self.transform is None else self.transform(picture)), label


def split_pictures(root: str | os.PathLike) -> tuple[PictureFolder, PictureFolder, PictureFolder]:
    """Read a folder of pictures as a training, a validation and a test set (notebook 05).

    If root holds the folders `train`, `val` and `test`, these are they, with the same class folders
    in each. If it holds class folders, their pictures are dealt out: of each class about 60, 20
    and 20 %, in the same way each time.

    Args:
        root: The folder.

    Returns:
        Three sets without transforms, for training, validation and test.

    Raises:
        FileNotFoundError: If root does not exist.
        ValueError: If the folders are not as described, or a class to be dealt out has fewer than
            five pictures; what PictureFolder refuses, this does too.
    """
    from sklearn.model_selection import train_test_split

    root = Path(root).absolute()
    names = _folders(root)
    if set(names) & set(_SPLITS):
        if sorted(names) != sorted(_SPLITS):
            raise ValueError(f"{root} must hold the folders {list(_SPLITS)}, got {names}")
        sets = tuple(PictureFolder(root / name) for name in _SPLITS)
        if len({tuple(split.classes) for split in sets}) > 1:
            came = ", ".join(f"{split.root.name} {split.classes}" for split in sets)
            raise ValueError(f"{root} must have the same classes in all its folders, got {came}")
        return sets
    whole = PictureFolder(root)
    counts = {name: whole.targets.count(label) for name, label in whole.class_to_idx.items()}
    if min(counts.values()) < 5:
        raise ValueError(f"{root} must have 5 or more pictures of each class, got {counts}")
    deal = functools.partial(train_test_split, random_state=42)
    rest, test = deal(whole.samples, test_size=0.2, stratify=whole.targets)
    train, val = deal(rest, test_size=0.25, stratify=[label for _, label in rest])
    sets = copy.copy(whole), copy.copy(whole), copy.copy(whole)
    for split, samples in zip(sets, (train, val, test), strict=True):
        split.samples = sorted(samples)
    return sets


def _folders(root: Path) -> list[str]:
    """Return the sorted names of the folders in root that are not hidden."""
    if not root.exists():
        there = next(parent for parent in root.parents if parent.is_dir())
        raise FileNotFoundError(f"there is no folder {root}; {there} holds {_folders(there)}")
    if not root.is_dir():
        raise ValueError(f"{root} is a file, expected a folder of pictures")
    hidden = (".", "__")  # such as .ipynb_checkpoints and __MACOSX
    return sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith(hidden))


def describe_predictions(y_pred: Tensor, y: Tensor, classes: Sequence[str]) -> str:
    """Say in words how good predictions are, and whether they are all the same (notebook 05).

    Args:
        y_pred: Predicted class indices, shape (n,), n of 1 or more, an integer dtype.
        y: True class indices, shape (n,).
        classes: The names of the classes, by index.

    Returns:
        Accuracy; balanced accuracy, the mean over the classes in y of their recalls; then the
        recall of each, or that the model always answers the same.

    Raises:
        TypeError: If something is not a tensor of integers.
        ValueError: If shapes differ, or an index has no name.
    """
    from sklearn.metrics import recall_score

    y_pred, y = (_class_indices(name, v, classes) for name, v in (("y_pred", y_pred), ("y", y)))
    if len(y_pred) != len(y):
        raise ValueError(f"there must be one prediction per target, got {len(y_pred)} for {len(y)}")
    present = np.unique(y)
    recalls = recall_score(y, y_pred, labels=present, average=None)
    line = f"accuracy {(y_pred == y).mean():.1%}, balanced accuracy {recalls.mean():.1%}. "
    answers = np.unique(y_pred)
    if len(answers) == 1 and len(present) > 1:
        name = repr(classes[answers[0]])
        return (
            f"{line}A constant predictor: it answers {name} for all {len(y)} examples; its "
            f"accuracy is the share of {name} among them."
        )
    line += "Recall: "
    line += ", ".join(f"{classes[k]} {r:.1%}" for k, r in zip(present, recalls, strict=True))
    never = [classes[k] for k in present if k not in answers]
    return f"{line}. Never answered: {', '.join(never)}." if never else f"{line}."


def _class_indices(name: str, values: Any, classes: Sequence[str]) -> np.ndarray:
    """Return a tensor of class indices as a NumPy array of shape (n,)."""
    if not isinstance(values, Tensor) or values.dtype == torch.bool or values.is_floating_point():
        raise TypeError(f"{name} must be a tensor of integers, got {_describe(values)}")
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"{name} must have shape (n,), n of 1 or more, got {tuple(values.shape)}")
    if values.min() < 0 or values.max() >= len(classes):
        came = f"{values.min()} to {values.max()}"
        raise ValueError(f"{name} must be indices of {len(classes)} classes, got {came}")
    return values.cpu().numpy()


# --- Figures --------------------------------------------------------------------------------------


def _points(name: str, values: Any) -> np.ndarray:
    """Return a tensor of shape (n,) or (n, 1) as a NumPy array of shape (n,)."""
    if not isinstance(values, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(values).__name__}")
    if values.ndim == 0 or values.shape[1:] not in ((), (1,)) or values.numel() == 0:
        expected = "shape (n,) or (n, 1), n of 1 or more"
        raise ValueError(f"{name} must have {expected}, got {tuple(values.shape)}")
    return values.detach().flatten().cpu().numpy()


def _axes(ax: Axes | None) -> Axes:
    """Return the given axes, or those of a new figure."""
    import matplotlib.pyplot as plt

    return plt.subplots()[1] if ax is None else ax


def plot_predictions(
    X_train: Tensor,
    y_train: Tensor,
    X_test: Tensor,
    y_test: Tensor,
    y_pred: Tensor | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw training data, test data and, if given, predictions for the test data (notebook 01).

    Args:
        X_train: One feature, shape (n,) or (n, 1), on any device.
        y_train: Its targets, shape (n,) or (n, 1).
        X_test: The same feature, shape (m,) or (m, 1).
        y_test: Its targets, shape (m,) or (m, 1).
        y_pred: Predicted targets, shape (m,) or (m, 1).
        ax: Where to draw; a new figure when None.

    Returns:
        The axes, so that the caller can draw on them.

    Raises:
        TypeError: If something is not a tensor.
        ValueError: If a shape is not as described, or lengths differ.
    """
    series = [("train", X_train, y_train), ("test", X_test, y_test)]
    if y_pred is not None:
        series.append(("predicted", X_test, y_pred))
    drawn = []
    for label, X, y in series:
        X, y = _points(f"X of {label}", X), _points(f"y of {label}", y)
        if len(X) != len(y):
            raise ValueError(f"{label} needs one y per X, got {len(y)} for {len(X)}")
        drawn.append((label, X, y))
    ax = _axes(ax)
    for (label, X, y), color, marker in zip(drawn, COLORS, MARKERS, strict=False):
        ax.scatter(X, y, color=color, marker=marker, s=16, label=label)
    ax.set(xlabel="X", ylabel="y")
    ax.legend()
    return ax


def plot_loss_curves(history: dict[str, list[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the training loss and, if there is one, the validation loss by epoch (notebook 01).

    Args:
        history: What `train` returns; `train_loss` and `val_loss` are drawn.
        ax: Where to draw; a new figure when None.

    Returns:
        The axes, so that the caller can draw on them.

    Raises:
        ValueError: If there is no `train_loss`, or it is empty.
    """
    if not history.get("train_loss"):
        lengths = {key: len(values) for key, values in history.items()}
        raise ValueError(f"history must hold one train_loss or more, got the lengths {lengths}")
    ax = _axes(ax)
    for split, color, style in (("train", COLORS[0], "-"), ("val", COLORS[1], "--")):
        losses = history.get(f"{split}_loss", [])
        marks = "o" if len(losses) == 1 else None  # a single point draws no line
        if losses:
            ax.plot(range(1, len(losses) + 1), losses, style, marker=marks, c=color, label=split)
    ax.set(xlabel="epoch", ylabel="loss")
    ax.legend()
    return ax


def plot_decision_boundary(
    model: nn.Module, X: Tensor, y: Tensor, *, ax: Axes | None = None, n_steps: int = 200
) -> Axes:
    """Shade the class that a model predicts at every point of the plane (notebook 02).

    The model is left as it was found: on the same device, in the same mode.

    Args:
        model: Maps points, shape (n, 2), to logits, shape (n,), (n, 1) or (n, n_classes).
        X: Examples to draw on top, shape (n, 2), on any device.
        y: Their class indices, shape (n,) or (n, 1).
        ax: Where to draw; a new figure when None.
        n_steps: Grid points per axis, 2 or more.

    Returns:
        The axes, so that the caller can draw on them.

    Raises:
        TypeError: If y is not a tensor.
        ValueError: If X is not a set of points in the plane, y has not one class for each, or the
            model's output has another shape.
    """
    if not isinstance(X, Tensor) or X.ndim != 2 or X.shape[1] != 2 or len(X) == 0:
        expected = "a tensor of shape (n, 2), n of 1 or more, to be drawn"
        raise ValueError(f"X must be {expected}, got {_describe(X)}")
    classes = _points("y", y).round().astype(int)
    if len(classes) != len(X) or classes.min() < 0:
        raise ValueError(
            f"y must hold one class index for each of {len(X)} points, got {_describe(y)}"
        )
    if not isinstance(n_steps, int) or n_steps < 2:
        raise ValueError(f"n_steps must be an int of 2 or more, got {n_steps!r}")
    points = X.detach().cpu().float()
    low, high = points.min(dim=0).values, points.max(dim=0).values
    pad = 0.1 * torch.where(high > low, high - low, 1.0)
    xs, ys = (torch.linspace(*ends, n_steps) for ends in zip(low - pad, high + pad, strict=True))
    grid = torch.cartesian_prod(xs, ys)  # (n_steps * n_steps, 2)
    with _mode(model, training=False), torch.inference_mode():
        logits = model(grid.to(_device_of(model), X.dtype)).cpu()
    if logits.ndim not in (1, 2) or len(logits) != len(grid):
        expected = f"{(len(grid),)}, {(len(grid), 1)} or {(len(grid), 'n_classes')}"
        raise ValueError(f"the model must return logits {expected}, got {tuple(logits.shape)}")
    one_logit = logits.ndim == 1 or logits.shape[1] == 1
    y_pred = (logits > 0).flatten().int() if one_logit else logits.argmax(dim=1)
    n = max(2 if one_logit else logits.shape[1], classes.max() + 1)
    regions = y_pred.view(n_steps, n_steps).T.numpy()
    return _draw_classes(_axes(ax), xs.numpy(), ys.numpy(), regions, points.numpy(), classes, n)


def _draw_classes(
    ax: Axes,
    xs: np.ndarray,
    ys: np.ndarray,
    regions: np.ndarray,
    points: np.ndarray,
    classes: np.ndarray,
    n_classes: int,
) -> Axes:
    """Shade the regions, outline them (for readers in grey) and draw each class's points."""
    from matplotlib.colors import ListedColormap

    colors = [COLORS[i % len(COLORS)] for i in range(n_classes)]
    cmap = ListedColormap(colors)
    ax.pcolormesh(xs, ys, regions, cmap=cmap, vmin=-0.5, vmax=n_classes - 0.5, alpha=0.25)
    for label in range(n_classes):
        inside = regions == label
        if label > 0 and inside.any() and not inside.all():
            ax.contour(xs, ys, inside, levels=[0.5], colors="black", linewidths=0.8)
        X = points[classes == label]
        if len(X):
            marker = MARKERS[label % len(MARKERS)]
            ax.scatter(*X.T, c=colors[label], marker=marker, s=16, lw=0.3, ec="white", label=label)
    ax.set(xlabel="feature 0", ylabel="feature 1")
    ax.legend(title="class")
    return ax


def show(fig: Figure, alt: str) -> None:
    """Display a figure with a text for those who can't see it, then close it (notebook 00).

    Args:
        fig: The figure, `ax.figure` if you have axes.
        alt: What the figure shows, in a sentence; stored with the picture.

    Raises:
        TypeError: If fig is not a figure.
        ValueError: If alt is empty.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display
    from matplotlib.figure import Figure

    if not isinstance(fig, Figure):
        raise TypeError(f"fig must be a Figure (axes have ax.figure), got {_describe(fig)}")
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say in words what the figure shows, got {alt!r}")
    display(fig, metadata={"image/png": {"alt": alt}})
    plt.close(fig)


# --- Exercises ------------------------------------------------------------------------------------


def check(
    exercise: str, answer: Callable[[], Any], *conditions: tuple[Callable[[Any], Any], str]
) -> None:
    """Say whether an exercise is solved, and if not, what is wrong first (notebook 00).

    Prints one line, `00.1: correct` or `00.1: not yet. <hint>`, and raises nothing but an
    interrupt, whatever the learner's code does.

    Args:
        exercise: Its number, such as "00.1".
        answer: Takes nothing and returns the learner's answer, a tensor of any shape or anything
            else; called here, so that an error in it becomes a hint.
        conditions: Pairs of a test, which takes the answer and is true when it is right, and the
            hint to print when it is not; tried in order. An error in a test counts as not right.
    """
    print(f"{exercise}: {_verdict(answer, conditions)}")


def _verdict(answer: Callable[[], Any], conditions: tuple) -> str:
    """Return "correct", or "not yet." and a hint; see `check`."""
    hint = ""
    try:
        value = answer()
        if value is ...:
            return "not yet. Replace the three dots by your answer."
        for test, hint in conditions:
            if not test(value):
                return f"not yet. {hint}"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a learner's code may raise anything
        stopped = f"Your code stopped with {_one_line(error)}"
        return f"not yet. {hint} ({stopped})" if hint else f"not yet. {stopped}"
    return "correct"


def _one_line(error: BaseException) -> str:
    """Return the error's name and the first line of its message, even if its __str__ fails."""
    try:
        message = str(error).strip()
    except Exception:  # noqa: BLE001  and so may its errors
        message = ""
    return f"{type(error).__name__}: {message.splitlines()[0]}" if message else type(error).__name__
