"""Judge a learner's notebook: python -m tools.grade my/00_tensors.ipynb (make grade BOOK=...).

Lists every exercise as correct or not yet, with a total; with --json as docs/grading.md describes
it. The set-up and the checks are those of the course, whatever the learner's copy holds; of that
one only the answers count, and they run in a sandbox. Exit code: 0 if all exercises are correct, 1
if not, 2 if the notebook can't be graded: it is missing, damaged or none of the course's.
"""

import argparse
import json
import os
import re
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools import sandbox
from tools.answers import Job, Step
from tools.names import defined_names
from torch_course.course import ROOT, Exercise, exercises, notebook_paths

VERSION = 1  # of what --json prints
LARGEST_MB = 20  # of a notebook; those of the course have less than 1
SECONDS = 60.0  # an exercise may take
MEMORY_GB = 4.0  # GiB an answer may take
SETUP_SECONDS = 180.0  # what starting and the set-up may take together
HEADING = re.compile(r"^#{1,6}\s*Exercise\s+(\d\d\.\d+)\b", re.MULTILINE)
SECTION = re.compile(r"^#{1,3}\s", re.MULTILINE)
CHECK = re.compile(r"^\s*(?:\w+\s*\.\s*)?check\(\s*[\"'](\d\d\.\d+)[\"']", re.MULTILINE)


class CannotGradeError(Exception):
    """The notebook is missing, unreadable or none of the course's, or the course is damaged."""


@dataclass(frozen=True)
class Graded:
    """What became of an exercise."""

    exercise: str  # its number
    title: str
    outcome: str  # "correct", "not yet", "stopped" or "not attempted"
    message: str  # what is wrong first, or a remark; one line, "" if there is nothing to say
    details: tuple[str, ...]  # more lines, such as the learner's value beside the expected one
    seconds: float  # it took

    def __str__(self) -> str:
        told = "" if self.outcome == "correct" or not self.message else f". {self.message}"
        return f"{self.exercise}: {self.outcome}{told}"


@dataclass(frozen=True)
class Report:
    """What became of a notebook."""

    notebook: str  # the name of the course's own
    exercises: tuple[Graded, ...]  # all of that notebook, in their order
    missing: tuple[str, ...]  # the protections that this system lacks, of sandbox.PROTECTIONS

    @property
    def n_correct(self) -> int:
        """Return the number of correct exercises."""
        return sum(graded.outcome == "correct" for graded in self.exercises)

    def as_json(self) -> dict[str, Any]:
        """Return it as docs/grading.md describes it."""
        return {
            "version": VERSION,
            "notebook": self.notebook,
            "correct": self.n_correct,
            "total": len(self.exercises),
            "missing_protections": list(self.missing),
            "exercises": [
                {**asdict(graded), "details": list(graded.details)} for graded in self.exercises
            ],
        }


@dataclass(frozen=True)
class Cell:
    """A cell of a learner's notebook, in which nothing can be relied on."""

    kind: str  # "code" or "markdown"
    source: str
    tags: tuple[str, ...]

    @property
    def checks(self) -> list[str]:
        """Return the numbers of the exercises that it checks."""
        return CHECK.findall(self.source) if self.kind == "code" else []

    @property
    def asks(self) -> list[str]:
        """Return the numbers of the exercises whose headings it holds."""
        return HEADING.findall(self.source) if self.kind == "markdown" else []


def read(path: Path) -> list[Cell]:
    """Read a notebook's cells.

    Raises:
        CannotGradeError: If there is no such file, or it is no notebook.
    """
    try:
        if not path.is_file():
            raise CannotGradeError(f"there is no notebook {path}")
        if path.stat().st_size > LARGEST_MB * 2**20:
            raise CannotGradeError(f"{path} has more than {LARGEST_MB} MB")
        book = json.loads(path.read_bytes())
    except OSError as error:
        raise CannotGradeError(f"{path} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # no JSON, or no text
        raise CannotGradeError(f"{path} is not a notebook: it is no JSON") from error
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise CannotGradeError(f"{path} is not a notebook of format 4: it has no list of cells")
    return [cell for entry in cells if (cell := _cell(entry))]


def _cell(entry: Any) -> Cell | None:
    """Return a cell; None if it is none, which is no reason not to grade the others."""
    if not isinstance(entry, dict) or entry.get("cell_type") not in ("code", "markdown"):
        return None
    source, metadata = entry.get("source", ""), entry.get("metadata")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    tags = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    return Cell(entry["cell_type"], source, tags) if isinstance(source, str) else None


def original(cells: list[Cell], path: Path) -> Path:
    """Return the course's notebook that a learner's one is a copy of, by what it holds.

    Raises:
        CannotGradeError: If it holds no exercise of the course.
    """
    found = Counter(number for cell in cells for number in {*cell.checks, *cell.asks})
    counts = {book: sum(found[number] for number in exercises(book)) for book in notebook_paths()}
    best = max(counts, key=lambda book: counts[book], default=None)
    if best is None or not counts[best]:
        raise CannotGradeError(f"{path} holds no exercise of the course")
    return best


def answer_cells(cells: list[Cell], exercise: Exercise) -> list[str]:
    """Return the sources of the cells that hold the answer to an exercise, in their order.

    They are the code cells between the exercise's heading and its last check, or where the section
    ends; without a heading, those with the tag `exercise` that define what the stub defines.
    """
    found = [cell for region in _regions(cells, exercise.number) for cell in region]
    names = defined_names(exercise.stub)
    if not found:
        tagged = (cell for cell in cells if "exercise" in cell.tags and cell.kind == "code")
        found = [cell for cell in tagged if names & defined_names(cell.source)]
    return [cell.source for cell in found if cell.source.strip()]


def _regions(cells: list[Cell], number: str) -> Iterator[list[Cell]]:
    """Yield the code cells that follow each heading of an exercise, its checks left out."""
    inside: list[Cell] | None = None
    for cell in [*cells, Cell("markdown", "# the end", ())]:
        if cell.kind == "markdown" and (cell.asks or SECTION.search(cell.source)):
            if inside is not None:
                yield _before_check(inside, number)
            inside = [] if cell.asks and cell.asks[-1] == number else None
        elif inside is not None and cell.kind == "code":
            inside.append(cell)


def _before_check(cells: list[Cell], number: str) -> list[Cell]:
    """Return the cells before the last check; all, if there is none or it was moved."""
    checks = [place for place, cell in enumerate(cells) if number in cell.checks]
    others = [place for place, cell in enumerate(cells) if not _is_check(cell)]
    before = [place for place in others if checks and place < checks[-1]]
    return [cells[place] for place in before or others]


def _is_check(cell: Cell) -> bool:
    """Tell whether a cell is a check alone, and holds no answer as well."""
    return bool(cell.checks) and "exercise" not in cell.tags


def grade(
    path: Path,
    seconds: float = SECONDS,
    hidden: tuple[Path, ...] = (),
    trusted: bool = False,
) -> Report:
    """Judge all exercises of a learner's notebook.

    Args:
        path: The notebook, of any name.
        seconds: What an exercise may take.
        hidden: Folders that no answer may look into, besides the course's own and the notebook's.
        trusted: Judge it where there is no sandbox, too: as if you had run it yourself.

    Raises:
        CannotGradeError: If the file is not a notebook with the course's exercises, if there is
            no sandbox, or if the course's own set-up fails on this system.
    """
    cells = read(path)
    book = original(cells, path)
    if not hasattr(os, "fork"):
        raise CannotGradeError("answers are judged in forked processes, which Windows has not")
    known = exercises(book)
    todo = {number: answer_cells(cells, exercise) for number, exercise in known.items()}
    definitions = [cell.source for cell in cells if cell.kind == "code" and not cell.checks]
    verdicts: dict[str, dict[str, Any]] = {}
    while len(verdicts) < len(known):
        steps = _steps(book, todo, verdicts)
        folders = (path.resolve().parent, *hidden)
        told, result = _run(steps, definitions, seconds, folders, trusted)
        verdicts |= {line["exercise"]: line for line in told if "exercise" in line}
        begun = [line["begun"] for line in told if "begun" in line]
        failed = [line["failed"] for line in told if "failed" in line]
        if failed or not begun:
            reason = failed[0] if failed else result.errors[-300:] or "it took too long"
            raise CannotGradeError(f"the set-up of {book.name} fails: {reason}")
        if begun[-1] not in verdicts:  # it has ended the process that judges, too
            message = "Your code ended the process that judges it."
            verdicts[begun[-1]] = {"outcome": "stopped", "message": message, "details": []}
    graded = tuple(
        Graded(
            number,
            exercise.title,
            verdicts[number]["outcome"],
            verdicts[number]["message"],
            tuple(verdicts[number]["details"]),
            verdicts[number].get("seconds", 0.0),
        )
        for number, exercise in known.items()
    )
    return Report(book.name, graded, result.missing)


def setup_book(book: Path) -> Path:
    """Return the notebook that holds the set-up of a course's notebook, without its lessons.

    That is the one with the solutions; in a handout, which has none, what is left of it.
    """
    solutions = book.parent / "solutions" / book.name
    return solutions if solutions.exists() else book.parent / "setup" / book.name


def _steps(book: Path, todo: dict[str, list[str]], done: dict[str, Any]) -> list[Step]:
    """Return the set-up's cells and the exercises still to be judged, in the notebook's order."""
    steps: list[Step] = []
    known = exercises(book)
    for cell in read(setup_book(book)):
        if cell.kind != "code":
            continue
        numbers = [number for number in cell.checks if number in known]
        if numbers and numbers[0] not in done:
            exercise = known[numbers[0]]
            steps.append(
                {
                    "exercise": exercise.number,
                    "stub": exercise.stub,
                    "check": exercise.check,
                    "answer": todo[exercise.number],
                }
            )
        elif not numbers and not {"exercise", "raises-exception"} & set(cell.tags):
            steps.append({"setup": cell.source})
    return steps


def _run(
    steps: list[Step],
    definitions: list[str],
    seconds: float,
    hidden: tuple[Path, ...],
    trusted: bool,
) -> tuple[list[dict[str, Any]], sandbox.Result]:
    """Run tools.answers in a sandbox; return the lines it told, and how it ended."""
    nonce = secrets.token_hex(16)
    job: Job = {
        "steps": steps,
        "definitions": definitions,
        "seconds": seconds,
        "memory_gb": MEMORY_GB,
        "processes": _process_namespace(),
        "trusted": trusted,
        "nonce": nonce,
    }
    n_exercises = sum("exercise" in step for step in steps)
    try:
        result = sandbox.run(
            [sys.executable, "-P", "-m", "tools.answers"],
            json.dumps(job).encode(),
            environment=_environment(),
            limits=sandbox.Limits(seconds=SETUP_SECONDS + (seconds + 5) * n_exercises),
            view=_view(hidden),
            trusted=trusted,
        )
    except sandbox.NoSandboxError as error:
        advice = "use a container, or say --trusted if you would run this notebook yourself"
        raise CannotGradeError(f"there is no sandbox, as {error}: {advice}") from error
    lines = []
    for text in result.output.splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue  # what is half written, or not ours
        if isinstance(line, dict) and line.pop("nonce", None) == nonce:
            lines.append(line)
    return lines, result


def _process_namespace() -> str:
    """Return the name of this process's process namespace; "" where there are none."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _environment() -> dict[str, str]:
    """Return an environment in which verdicts repeat: one thread, no GPU, no screen."""
    kept = {"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "COURSE_DATA"}
    threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {
        **{name: value for name, value in os.environ.items() if name in kept},
        **dict.fromkeys(threads, "1"),
        "CUDA_VISIBLE_DEVICES": "",
        "COURSE_DEVICE": "cpu",
        "COURSE_LIVE": "0",
        "MPLBACKEND": "agg",
        "PYTHONPATH": str(ROOT.resolve()),
        "PYTHONHASHSEED": "0",
        "USER": "learner",
    }


def _view(hidden: tuple[Path, ...]) -> sandbox.View:
    """Hide folders, and that of the course, with its solutions, but for what answers need."""
    parts = ("torch_course", "tools", "helper_functions.py", "data")
    shown = [*(ROOT / part for part in parts), *notebook_paths()]
    if os.environ.get("COURSE_DATA"):
        from torch_course.data import DATA_DIR

        shown.append(DATA_DIR)
    return sandbox.View(shown=tuple(shown), hidden=(ROOT, *hidden))


def main(arguments: list[str]) -> int:
    """Print the verdicts of the notebook named on the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.grade", description="Judge a notebook.")
    parser.add_argument("book", type=Path, help="a notebook, such as my/00_tensors.ipynb")
    parser.add_argument("--json", action="store_true", help="print it for a program to read")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="an exercise may take")
    parser.add_argument("--trusted", action="store_true", help="judge without a sandbox, too")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stopped:
        return 2 if stopped.code else 0
    try:
        report = grade(options.book, options.seconds, trusted=options.trusted)
    except CannotGradeError as error:
        if options.json:
            print(json.dumps({"version": VERSION, "error": str(error)}))
        print(f"cannot grade: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(report.as_json(), indent=1, ensure_ascii=False))
    else:
        print(*report.exercises, sep="\n")
        print(f"{report.n_correct} of {len(report.exercises)} correct")
        if report.missing:
            print(f"(this system lacks: {', '.join(report.missing)})", file=sys.stderr)
    return 0 if report.n_correct == len(report.exercises) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
