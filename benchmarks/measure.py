"""Time cases in turn within one process, and turn seconds into ratios with their spread."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import date
from importlib import metadata

import torch

Case = Callable[[], Callable[[], object]]  # prepares, and returns what is to be timed
Table = list[dict[str, str]]


def wait() -> None:
    """Wait for the accelerator, if there is one: it works while Python goes on."""
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()


def seconds(run: Callable[[], object]) -> float:
    """Time one call."""
    wait()
    start = time.perf_counter()
    run()
    wait()
    return time.perf_counter() - start


def interleave(cases: dict[str, Case], repeats: int) -> dict[str, list[float]]:
    """Time every case in turn, `repeats` times after a warm-up; preparing is not timed."""
    times = {name: [] for name in cases}
    for repeat in range(repeats + 1):
        for name, prepare in cases.items():
            elapsed = seconds(prepare())
            if repeat > 0:
                times[name].append(elapsed)
    return times


def spread(values: list[float], digits: int = 2) -> str:
    """Write a median with its lowest and highest value."""
    median, low, high = statistics.median(values), min(values), max(values)
    return f"{median:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def ratios(times: dict[str, list[float]], base: str) -> dict[str, str]:
    """Write each time over the base's of the same round: median (lowest to highest)."""
    return {
        name: spread([mine / other for mine, other in zip(values, times[base], strict=True)])
        for name, values in times.items()
    }


def machine(device: torch.device, packages: tuple[str, ...] = ()) -> dict[str, str]:
    """Name what the figures depend on, among it the versions of the packages that are installed."""
    installed = {distribution.name.lower() for distribution in metadata.distributions()}
    named = [name for name in ("torch", "numpy", *packages) if name in installed]
    facts = {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores and threads": f"{os.cpu_count()} and {torch.get_num_threads()}",
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {metadata.version(name)}" for name in named),
    }
    if device.type == "cuda":
        facts["accelerator"] = torch.cuda.get_device_name(device)
    return facts


def _processor() -> str:
    """Return the processor's name."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    except OSError:  # no such file but on Linux
        names = []
    return names[0] if names else platform.processor() or platform.machine()
