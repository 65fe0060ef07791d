"""Print how long the notebooks are, beside what a second edition may have: make lengths."""

import statistics
from pathlib import Path

import nbformat

from tools.books import MAIN, tags

# What a notebook may have at most, from its second edition on (00: 70 cells); pictures: at least.
BUDGET = {"cells": 100, "words": 4500, "median": 6, "p90": 10, "longest": 16, "kB": 900}
PICTURES = 12


def lengths(path: Path) -> dict[str, int]:
    """Measure a notebook: what belongs to exercises counts as words and kilobytes alone.

    Returns:
        The number of cells, of words in text cells, the median, 90 % and highest number of lines
        of a code cell, the number of pictures, and the size in kB.
    """
    cells = nbformat.read(path, as_version=4).cells
    exercises = ("### Exercise", "<details>")
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    codes = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
    taught = [cell for cell in codes if not {"exercise", "check"} & set(tags(cell))]
    lines = sorted(sum(bool(line.strip()) for line in cell.source.splitlines()) for cell in taught)
    pictures = [o for c in codes for o in c.outputs if "image/png" in o.get("data", {})]
    return {
        "cells": len(taught) + sum(not text.startswith(exercises) for text in texts),
        "words": sum(len(text.split()) for text in texts),
        "median": round(statistics.median(lines)),
        "p90": lines[int(0.9 * (len(lines) - 1))],
        "longest": lines[-1],
        "pictures": len(pictures),
        "kB": path.stat().st_size // 1000,
    }


def main() -> None:
    """Print a row for each notebook; a star marks what is beyond the budget."""
    names = [*BUDGET, "pictures"]
    print(f"{'':30}", *(f"{name:>9}" for name in names))
    print(f"{'budget':30}", *(f"{BUDGET.get(name, PICTURES):8} " for name in names))
    for path in MAIN:
        row = lengths(path)
        budget = BUDGET | ({"cells": 70} if path.stem.startswith("00") else {})
        beyond = {name: row[name] > most for name, most in budget.items()}
        beyond["pictures"] = row["pictures"] < PICTURES
        cells = (f"{row[name]:8}{'*' if beyond[name] else ' '}" for name in names)
        print(f"{path.stem:30}", *cells)


if __name__ == "__main__":
    main()
