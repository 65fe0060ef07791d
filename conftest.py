"""Set up what both `pytest` and `pytest --nbval notebooks` need: data, environment, tolerance.

nbval has no hook for a tolerance, so two of its private names are replaced (it is pinned): outputs
become `tests.support.tolerance.Output`, and cells run with a history, or `plot(...);` would print
its list.
"""

import os

# Before anything loads OpenMP, here or in a kernel: one thread waits for no other, so that a busy
# machine makes the suite slower by its load and not by ten times.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from typing import Any

import matplotlib.font_manager  # makes the list of fonts, which is slow, before a kernel says so
import pytest
from hypothesis import settings
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

from tests.support.cells import KERNEL_SETUP, case, comparable
from torch_course.data import unpack_data

# The same cases in every run, however slow the machine.
settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


def pytest_sessionstart() -> None:
    """Unpack the data and set what the kernels inherit, before any of them starts."""
    try:
        unpack_data()
    except (OSError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error
    os.environ["COURSE_LIVE"] = "0"
    os.environ.pop("MPLBACKEND", None)  # or kernels would not store figures
    matplotlib.use("agg")  # for the tests in this process, with or without a screen


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let our rules say what becomes of a cell; nbval would also skip one that asks for it."""
    if isinstance(item, IPyNbCell):
        ours = case(item.cell)
        item.options.update(skip=False, check=ours.compared, check_exception=ours.may_raise)


def sanitize(cell: IPyNbCell, output: Any) -> Any:
    """Give an output's text the tolerance of its cell's tags."""
    return comparable(output, cell.cell.metadata.get("tags", []))


def execute_cell_input(kernel: RunningKernel, source: str, allow_stdin: bool | None = None) -> str:
    """Run a cell as Jupyter does, which nbval does not: with a history. Set the kernel up first."""
    if not hasattr(kernel, "is_set_up"):
        message = kernel.kc.execute(KERNEL_SETUP, silent=True)
        kernel.await_reply(message, timeout=60)
        kernel.await_idle(message, 60)
        kernel.is_set_up = True
    return kernel.kc.execute(
        source, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


IPyNbCell.sanitize = sanitize
RunningKernel.execute_cell_input = execute_cell_input
