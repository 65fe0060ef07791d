"""Look at each notebook that is saved in my/ and name its first open exercise: make watch."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from watchfiles import Change, watch

from tools.grade import CannotGradeError, grade
from torch_course.progress import MY


def look(path: Path) -> str:
    """Judge a notebook and return a line: how many exercises are correct, and what is open first.

    It is the learner's own, so that it also runs where there is no sandbox.
    """
    try:
        report = grade(path, trusted=True)
    except CannotGradeError as error:
        return f"{path.name}: {error}"
    line = f"{path.name}: {report.n_correct} of {len(report.exercises)} correct"
    for graded in report.exercises:
        if graded.outcome != "correct":
            verdict = str(graded).partition(": ")[2]
            return f"{line}; next {graded.exercise} · {graded.title}: {verdict}"
    return f"{line}. Well done"


def saved(changes: Iterable[tuple[Change, str]], my: Path) -> Iterator[Path]:
    """Yield the notebooks among changed files, once each: no folder's, no program's own copies."""
    for path in sorted({Path(name) for change, name in changes if change != Change.deleted}):
        if path.parent.resolve() == my.resolve() and _is_notebook(path.name):
            yield path


def _is_notebook(name: str) -> bool:
    return name.endswith(".ipynb") and not name.startswith((".", "start"))


def main() -> int:
    """Watch until Ctrl-C."""
    MY.mkdir(exist_ok=True)
    print(f"Watching {MY.name}/: save a notebook in JupyterLab. Ctrl-C ends it.", flush=True)
    for changes in watch(MY, recursive=False, raise_interrupt=False):
        for path in saved(changes, MY):
            print(look(path), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
