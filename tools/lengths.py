"""Print how long the notebooks are, beside what a second edition may have: make lengths."""

import math
import re
import statistics
from pathlib import Path

import nbformat

from tools.books import MAIN, Cell, tags
from torch_course.course import exercises

SECOND_EDITION = ("00", "01", "02", "03")  # the notebooks that tests hold to the budget
# What a notebook may have at most (00: 70 cells); of pictures at least.
BUDGET = {
    "cells": 100,
    "words": 4500,
    "minutes": 150,
    "median": 6,
    "p90": 10,
    "longest": 16,
    "kB": 900,
}
PICTURES = 12
WORDS_A_MINUTE, MINUTES_A_CELL = 60, 1.5  # of text, and of code


def lengths(path: Path) -> dict[str, int]:
    """Measure a notebook: what belongs to exercises counts as words, kilobytes and minutes alone.

    Returns:
        The number of cells, of words in text cells, of minutes to work it through, the median,
        90 % and highest number of lines of a code cell, the number of pictures, the size in kB.
    """
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    told = [text for text in texts if not text.startswith(("### Exercise", "<details>"))]
    codes = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
    taught = [cell for cell in codes if not {"exercise", "check"} & set(tags(cell))]
    lines = sorted(sum(bool(line.strip()) for line in cell.source.splitlines()) for cell in taught)
    reading = sum(len(text.split()) for text in told) / WORDS_A_MINUTE
    exercising = sum(exercise.minutes for exercise in exercises(path).values())
    return {
        "cells": len(taught) + len(told),
        "words": sum(len(text.split()) for text in texts),
        "minutes": round(reading + MINUTES_A_CELL * len(taught) + exercising),
        "median": math.ceil(statistics.median(lines)),
        "p90": lines[int(0.9 * (len(lines) - 1))],
        "longest": lines[-1],
        "pictures": sum(map(n_pictures, cells)),
        "kB": path.stat().st_size // 1000,
    }


def n_pictures(cell: Cell) -> int:
    """Return how many pictures a cell shows: put out by code, or embedded in its text."""
    if cell["cell_type"] == "markdown":
        return len(re.findall(r"!\[[^\]]+\]\(", cell["source"]))
    return sum("image/png" in output.get("data", {}) for output in cell["outputs"])


def budget(path: Path) -> dict[str, int]:
    """Return what a notebook may have at most."""
    return BUDGET | ({"cells": 70} if path.stem.startswith("00") else {})


def main() -> None:
    """Print a row for each notebook; a star marks what is beyond the budget."""
    names = [*BUDGET, "pictures"]
    print(f"{'':30}", *(f"{name:>9}" for name in names))
    print(f"{'budget':30}", *(f"{BUDGET.get(name, PICTURES):8} " for name in names))
    for path in MAIN:
        row = lengths(path)
        beyond = {name: row[name] > most for name, most in budget(path).items()}
        beyond["pictures"] = row["pictures"] < PICTURES
        cells = (f"{row[name]:8}{'*' if beyond[name] else ' '}" for name in names)
        print(f"{path.stem:30}", *cells)


if __name__ == "__main__":
    main()
