"""Start an exercise or a notebook afresh, and keep a backup: make reset EXERCISE=01.4 (or BOOK=01).

python -m tools.reset --exercise 01.4
python -m tools.reset --book 01
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

import nbformat

from tools.books import tags
from torch_course._files import write_whole
from torch_course.course import Exercise, find_exercise, notebook_paths
from torch_course.progress import MY


class CannotResetError(Exception):
    """There is no such exercise or notebook, or it can't be read."""


def cleared(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook without its outputs."""
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return book


def exercise_cells(book: nbformat.NotebookNode, number: str) -> list[nbformat.NotebookNode]:
    """Return the cells that hold a learner's answer: tagged, and below the exercise's heading."""
    below, found = False, []
    for cell in book.cells:
        if cell.source.startswith("### Exercise "):
            below = cell.source.startswith(f"### Exercise {number} ")
        elif below and "exercise" in tags(cell):
            found.append(cell)
    return found


def read(path: Path) -> nbformat.NotebookNode:
    """Read a learner's notebook.

    Raises:
        CannotResetError: If it is not there, or is no notebook.
    """
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except FileNotFoundError as error:
        raise CannotResetError(f"there is no my/{path.name}; make lab makes it") from error
    except (ValueError, AttributeError, nbformat.ValidationError) as error:
        # No JSON and no text are ValueErrors; JSON that is no object is an AttributeError.
        raise CannotResetError(f"my/{path.name} is no notebook; reset all of it") from error


def back_up(path: Path) -> Path:
    """Copy a learner's notebook to my/backups, under a name that no other has; return the copy."""
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S-%f")
    backup = folder / f"{path.stem}-{stamp}.ipynb"
    write_whole(backup, path.read_bytes())
    return backup


def reset_exercise(exercise: Exercise, my: Path) -> Path:
    """Put an exercise's stub back into a learner's notebook; return the backup.

    Raises:
        CannotResetError: If the notebook is not there, or has no cell for the exercise.
    """
    path = my / exercise.notebook
    book = read(path)
    cells = exercise_cells(book, exercise.number)
    if not cells:
        raise CannotResetError(
            f"my/{path.name} has no cell tagged as exercise below '### Exercise {exercise.number}'"
            f"; make reset BOOK={exercise.number[:2]} starts all of it afresh"
        )
    backup = back_up(path)
    first, *others = cells  # a cell that was split keeps its tags
    first.source, first.outputs, first.execution_count = exercise.stub, [], None
    book.cells = [cell for cell in book.cells if not any(cell is other for other in others)]
    write_whole(path, nbformat.writes(book).encode())
    return backup


def reset_book(original: Path, my: Path) -> Path | None:
    """Put a notebook of the course, without outputs, in the place of the learner's.

    Returns:
        The backup of what was there; None if nothing was.
    """
    path = my / original.name
    my.mkdir(exist_ok=True)
    backup = back_up(path) if path.exists() else None
    fresh = cleared(nbformat.read(original, as_version=4))
    write_whole(path, nbformat.writes(fresh).encode())
    return backup


def main(arguments: list[str] | None = None) -> int:
    """Reset what the command line names; return 0, or 2 if there is nothing such."""
    parser = argparse.ArgumentParser(prog="make reset", description=__doc__.splitlines()[0])
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--exercise", help="its number, such as 01.4")
    which.add_argument("--book", help="the notebook's number, such as 01")
    options = parser.parse_args(arguments)
    try:
        if options.exercise:
            exercise = find_exercise(options.exercise)
            if exercise is None:
                raise CannotResetError(f"the course has no exercise {options.exercise}")
            backup = reset_exercise(exercise, MY)
        else:
            books = {path.name[:2]: path for path in notebook_paths()}
            if options.book not in books:
                raise CannotResetError(
                    f"the course has no notebook {options.book}, but {', '.join(books)}"
                )
            backup = reset_book(books[options.book], MY)
    except (CannotResetError, OSError) as error:
        print(f"nothing was reset: {error}", file=sys.stderr)
        return 2
    kept = f" Your version is kept in my/backups/{backup.name}." if backup else ""
    print(f"Reset.{kept} Close the notebook in JupyterLab without saving, and open it again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
