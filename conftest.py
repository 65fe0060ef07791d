"""Set up what both `pytest` and `pytest --nbval notebooks` need: data, environment, tolerance.

nbval has no hook for a tolerance, so two of its private names are replaced (it is pinned): outputs
become `tests.tolerance.Output`, and cells run with a history, or `plot(...);` would print its list.
"""

import os
from typing import Any

import matplotlib
import pytest
from hypothesis import settings
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

from data.unpack import unpack_data
from tests.tolerance import Output, Tolerance

# The same cases in every run, however slow the machine.
settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


def pytest_sessionstart() -> None:
    """Unpack the data and set what the kernels inherit, before any of them starts."""
    try:
        unpack_data()
    except OSError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ["COURSE_PROGRESS"] = "0"
    os.environ.pop("MPLBACKEND", None)  # or kernels would not store figures
    matplotlib.use("agg")  # for the tests in this process, with or without a screen


def sanitize(cell: IPyNbCell, output: Any) -> Any:
    """Give an output's text the tolerance of its cell's tags."""
    if not isinstance(output, str):
        return output
    return Output(output, Tolerance.from_tags(cell.cell.metadata.get("tags", [])))


def execute_cell_input(kernel: RunningKernel, source: str, allow_stdin: bool | None = None) -> str:
    """Run a cell as Jupyter does, which nbval does not: with a history."""
    return kernel.kc.execute(
        source, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


IPyNbCell.sanitize = sanitize
RunningKernel.execute_cell_input = execute_cell_input
