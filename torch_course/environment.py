"""The machine and its random numbers: which device to compute on, and how to repeat chance."""

from __future__ import annotations

import os
import random

import numpy as np
import torch

from torch_course._checks import check_int


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
    check_int("seed", seed, 0, 2**32 - 1)
    seed = int(seed)  # Python's random takes no NumPy number
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
