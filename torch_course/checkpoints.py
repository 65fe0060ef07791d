"""Checkpoints: a run saved whole or not at all, and resumed as if it had never stopped."""

from __future__ import annotations

import copy
import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DataParallel, DistributedDataParallel

from torch_course._checks import check_int, check_model, describe
from torch_course._epoch import device_of
from torch_course._files import write_whole

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

_FORMAT = "torch-course checkpoint 2"
_COMPILED = "_orig_mod."  # what torch.compile puts before the names of a module's parameters


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
    leaves the old file or the new one, never half. What is saved can be loaded: it is read back
    before anything is written. The file holds torch's random state on the CPU and on the model's
    accelerator; not NumPy's, not Python's, not that of a Generator of your own. A model wrapped by
    torch.compile, DataParallel or DistributedDataParallel is saved as the plain model is.

    Args:
        path: The file to write, in a folder that exists; of a link, the file that it leads to.
        model: Its `state_dict` is saved, tensors of any shape.
        optimizer: Its `state_dict` is saved; NumPy's numbers become Python's.
        epoch: How many epochs are finished.
        scheduler: Its `state_dict` is saved, if there is one.

    Raises:
        FileNotFoundError: If the folder does not exist.
        OSError: If the file can't be written, because the disk is full for example.
        TypeError: If something in the states could not be loaded again, or epoch is no int.
    """
    check_model(model)
    check_int("epoch", epoch, 0)
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent} to write {target.name} to")
    state = {
        "format": _FORMAT,
        "model": _state(model),
        "optimizer": optimizer.state_dict(),
        "scheduler": None if scheduler is None else scheduler.state_dict(),
        "classes": _class_names(optimizer, scheduler),
        "epoch": epoch,
        "random": _random_state(device_of(model).type),
    }
    content = _sealed(_encode(_without_numpy(state)))
    try:
        write_whole(target, content)
    except OSError as error:
        raise OSError(
            error.errno, f"the checkpoint was not written ({error.strerror})", str(target)
        ) from error


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
        model: Of the same shapes and dtypes as the saved one, on any device, wrapped or plain.
        optimizer: Of the same class as the saved one.
        scheduler: Of the same class as the saved one.

    Returns:
        The number of epochs finished when the file was written.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or not such a checkpoint, or holds another model,
            optimizer or scheduler.
    """
    check_model(model)
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}")
    content = _unsealed(path.read_bytes())
    if content is None:
        raise ValueError(f"{path} is damaged or was not written by save_checkpoint")
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # unpicklers fail in many ways
        raise ValueError(f"{path} is no checkpoint that is safe to read: {error}") from error
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise ValueError(f"{path} was not written by this version of save_checkpoint")
    _check_fits(state, model, optimizer, scheduler)
    if optimizer is not None:
        optimizer.load_state_dict(state["optimizer"])  # checks the parameter groups first
        device = device_of(model).type
        if device in state["random"] and device != "cpu":
            torch.get_device_module(device).set_rng_state(state["random"][device])
        torch.set_rng_state(state["random"]["cpu"])
    if scheduler is not None:
        scheduler.load_state_dict(state["scheduler"])
    weights = _unwrapped(model).state_dict()  # it knows the layers' versions, which some ask for
    weights.update({name: state["model"][_plain_name(name)] for name in weights})
    _unwrapped(model).load_state_dict(weights)
    return state["epoch"]


def _unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside DataParallel, DistributedDataParallel and torch.compile."""
    while True:
        if isinstance(model, DataParallel | DistributedDataParallel):
            model = model.module
        elif hasattr(model, "_orig_mod"):
            model = model._orig_mod
        else:
            return model


def _plain_name(name: str) -> str:
    """Return a parameter's name without what torch.compile adds for a compiled part."""
    return name.replace(_COMPILED, "")


def _state(model: nn.Module) -> dict[str, Any]:
    """Return the state_dict of the plain model; refuse one whose shapes are not known yet."""
    state = {_plain_name(k): value for k, value in _unwrapped(model).state_dict().items()}
    for name, value in state.items():
        if torch.nn.parameter.is_lazy(value):
            raise TypeError(f"{name} of a lazy module has no shape yet: run a batch through first")
    return state


def _random_state(device: str) -> dict[str, Tensor]:
    """Return torch's random state on the CPU, and on the device if that is another."""
    states = {"cpu": torch.get_rng_state()}
    if device != "cpu":
        states[device] = torch.get_device_module(device).get_rng_state()
    return states


def _without_numpy(value: Any) -> Any:
    """Turn NumPy's numbers in dicts, lists and tuples into Python's: torch.load refuses them."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if isinstance(value, dict):
        converted = copy.copy(value)  # a Counter stays one
        converted.clear()
        converted.update({_without_numpy(k): _without_numpy(v) for k, v in value.items()})
        return converted
    if type(value) in (list, tuple):
        return type(value)(_without_numpy(item) for item in value)
    return value


def _encode(state: dict[str, Any]) -> bytes:
    """Return the state as a file's content, which `torch.load` has read with weights_only=True."""
    content = io.BytesIO()
    try:
        torch.save(state, content)
        content.seek(0)
        torch.load(content, map_location="cpu", weights_only=True)
    except Exception as error:  # picklers and unpicklers fail in many ways
        parts = [name for name in ("model", "optimizer", "scheduler") if not _is_plain(state[name])]
        raise TypeError(
            f"the state_dict of {' and '.join(parts) or 'an argument'} holds an object that could "
            f"not be loaded again: {str(error).partition(chr(10))[0]}"
        ) from error
    return content.getvalue()


def _sealed(content: bytes) -> bytes:
    """Return a zip file's content with its own SHA-256 as the comment at its end.

    torch.load compares no checksum, and the zip format's own do not cover its directory.
    """
    return content[:-2] + bytes([32, 0]) + hashlib.sha256(content).digest()


def _unsealed(content: bytes) -> bytes | None:
    """Return what `_sealed` was given; None if a single bit is another one now."""
    original = content[:-34] + bytes([0, 0])
    return original if _sealed(original) == content else None


def _is_plain(value: Any) -> bool:
    """Tell whether a value is made of what a file that is read with weights_only=True may hold."""
    if isinstance(value, dict):
        return all(_is_plain(k) and _is_plain(v) for k, v in value.items())
    if isinstance(value, list | tuple | set):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, Tensor | bool | int | float | complex | str | bytes)


def _class_names(optimizer: Any, scheduler: Any) -> dict[str, str]:
    """Name the optimizer's and the scheduler's class: SGD cannot go on from Adam's state."""
    return {"optimizer": type(optimizer).__name__, "scheduler": type(scheduler).__name__}


def _kind(value: Any) -> str:
    """Describe a state_dict's entry: a tensor's shape and dtype, or another object's type."""
    return describe(value).removeprefix("a tensor of ")


def _check_fits(state: dict, model: nn.Module, optimizer: Any, scheduler: Any) -> None:
    """Refuse a checkpoint of another model, optimizer or scheduler, before anything is changed."""
    saved = {name: _kind(value) for name, value in state["model"].items()}
    ours = {name: _kind(value) for name, value in _state(model).items()}
    for name in [*ours, *saved]:
        if ours.get(name) != saved.get(name):
            came = f"{saved.get(name)} in the file, {ours.get(name)} in the model"
            raise ValueError(f"the checkpoint is of another model: {name} has {came}")
    if optimizer is None and scheduler is None:
        return
    names = _class_names(optimizer, scheduler)
    if names != state["classes"]:
        raise ValueError(f"the checkpoint was saved with {state['classes']}, got {names}")
