"""The course's notebooks as tools and tests read them."""

import re
from pathlib import Path
from typing import Any

import nbformat

from torch_course.course import notebook_paths

ROOT = Path(__file__).resolve().parent.parent
MAIN = notebook_paths()  # the numbered ones
START = ROOT / "notebooks" / "start.ipynb"
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))
EXERCISE_ID = re.compile(r'^check\(\s*"(\d\d\.\d+)"', re.MULTILINE)
Cell = dict[str, Any]


def name(path: Path) -> str:
    """Return a notebook's path inside notebooks/, to name a test case."""
    return path.relative_to(ROOT / "notebooks").as_posix()


def code_cells(path: Path) -> list[Cell]:
    """Return the code cells that hold something."""
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]


def tags(cell: Cell) -> list[str]:
    """Return a cell's tags."""
    return cell["metadata"].get("tags", [])


def printed(cell: Cell) -> str:
    """Return what a cell printed to stdout."""
    streams = (output for output in cell["outputs"] if output["output_type"] == "stream")
    return "".join(output["text"] for output in streams if output["name"] == "stdout")


def checks(path: Path) -> dict[str, Cell]:
    """Return a notebook's check cells by the number of their exercise."""
    return {exercise_id(cell): cell for cell in code_cells(path) if "check" in tags(cell)}


def exercise_id(cell: Cell) -> str:
    """Return the number of the exercise that a check cell checks.

    Raises:
        ValueError: If the cell holds no line that begins with check("NN.N".
    """
    match = EXERCISE_ID.search(cell["source"])
    if match is None:
        raise ValueError(f'expected a line check("NN.N", in a check cell, got: {cell["source"]!r}')
    return match[1]
