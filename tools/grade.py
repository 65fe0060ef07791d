"""Judge a learner's notebook: python -m tools.grade my/00_tensors.ipynb (make grade BOOK=...).

Runs the notebook in a fresh kernel and lists every exercise as correct or not yet, with a total.
The checks are those of the course, whatever the learner's copy holds. Exit code: 0 if all exercises
are correct, 1 if not, 2 if there is no such notebook or it is not one of the course's.
"""

import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from tools.books import EXERCISE_ID, MAIN, checks, printed, tags

CELL_TIMEOUT = int(os.environ.get("COURSE_CELL_TIMEOUT", "600"))  # seconds


class CannotGradeError(Exception):
    """The notebook is missing, unreadable or none of the course's."""


def expected_checks(book: nbformat.NotebookNode, path: Path) -> dict[str, str]:
    """Return the course's check cells, by exercise, of the notebook that this one is a copy of."""
    found = [cell for cell in book.cells if cell.cell_type == "code" and "check" in tags(cell)]
    numbers = {number[:2] for number in re.findall(r'check\(\s*"(\d\d)\.', str(found))}
    numbers = numbers or {path.name[:2]}
    for original in MAIN:
        if {original.name[:2]} == numbers:
            return {number: cell.source for number, cell in checks(original).items()}
    names = ", ".join(original.name for original in MAIN)
    raise CannotGradeError(f"{path} holds no exercises of one notebook of the course ({names})")


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook, or say what is wrong with the file."""
    if not path.is_file():
        raise CannotGradeError(f"there is no notebook {path}")
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        raise CannotGradeError(f"{path} is not a notebook: {str(error).splitlines()[0]}") from error


def grade(path: Path) -> dict[str, str]:
    """Run a learner's notebook and return each exercise's verdict: "correct" or "not yet. ...".

    Raises:
        CannotGradeError: If the file is not a notebook with the course's exercises.
    """
    book = read(path)
    expected = expected_checks(book, path)
    cells = {}
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            found = EXERCISE_ID.search(cell.source) if "check" in tags(cell) else None
            if found and found[1] in expected:
                cell.source = f"from helper_functions import check\n{expected[found[1]]}"
                cells[found[1]] = cell
    client = NotebookClient(
        book,
        timeout=CELL_TIMEOUT,
        interrupt_on_timeout=True,
        allow_errors=True,
        kernel_name="python3",
        # or each kernel notes that loopback is not encrypted
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    stopped = "its check cell was not reached or is missing"
    try:
        client.execute(env={**os.environ, "COURSE_PROGRESS": "0"})
    except (CellTimeoutError, DeadKernelError) as error:
        stopped = f"the notebook did not run to its check: {type(error).__name__}"
    verdicts = {}
    for number in expected:
        lines = printed(cells[number]).splitlines() if number in cells else []
        answers = [line for line in lines if line.startswith(f"{number}: ")]
        verdicts[number] = (answers or [f"{number}: not yet. ({stopped})"])[-1][len(number) + 2 :]
    return verdicts


def main(arguments: list[str]) -> int:
    """Print the verdicts of the notebook named on the command line; return the exit code."""
    if len(arguments) != 1:
        print("usage: make grade BOOK=my/00_tensors.ipynb", file=sys.stderr)
        return 2
    try:
        verdicts = grade(Path(arguments[0]))
    except CannotGradeError as error:
        print(f"cannot grade: {error}", file=sys.stderr)
        return 2
    for number, verdict in verdicts.items():
        print(f"{number}: {verdict}")
    n_correct = sum(verdict == "correct" for verdict in verdicts.values())
    print(f"{n_correct} of {len(verdicts)} correct")
    return 0 if n_correct == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
