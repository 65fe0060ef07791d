"""The course's own notebooks, as data: their exercises with stubs, hints, checks and minutes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOLUTIONS = NOTEBOOKS / "solutions"
_HEADING = re.compile(
    r"### Exercise (?P<number>\d\d\.\d+) · (?P<title>.+) \((?P<minutes>\d+) min\)"
)
_HINT = re.compile(r"<details>\s*<summary>[^<]*</summary>(.*?)</details>", re.DOTALL)


@dataclass(frozen=True)
class Exercise:
    """An exercise as the course's notebook holds it, whatever a learner's copy says."""

    number: str  # such as "01.4"
    title: str
    minutes: int
    notebook: str  # the file's name, in notebooks/, notebooks/solutions/ and my/
    stub: str  # the source of the cell to be changed
    hints: tuple[str, ...]  # in the order in which they are given
    check: str  # the source of the check cell

    @property
    def heading(self) -> str:
        """Return its number and title, in one line."""
        return f"{self.number} · {self.title}"


def notebook_paths() -> list[Path]:
    """Return the course's numbered notebooks, in their order."""
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    return [path for path in paths if re.fullmatch(r"\w+", path.stem)]  # no "-Copy1"


def notebook_title(path: Path) -> str:
    """Return a notebook's first heading, without its number."""
    first = "".join(_cells(path)[0]["source"]).splitlines()[0]
    return re.sub(r"^#+\s*(\d\d\s*·\s*)?", "", first)


def notebook_minutes(path: Path) -> int:
    """Return how long a notebook says that it takes, exercises included.

    Raises:
        ValueError: If its first cell does not say so.
    """
    match = re.search(r"\*\*Time:\*\* about (\d+) minutes", "".join(_cells(path)[0]["source"]))
    if match is None:
        raise ValueError(f"{path.name} must say **Time:** about … minutes in its first cell")
    return int(match[1])


def _cells(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@cache
def exercises(path: Path) -> dict[str, Exercise]:
    """Return a notebook's exercises by number, in their order.

    Raises:
        ValueError: If an exercise has no stub or no check.
    """
    drafts: list[dict[str, Any]] = []
    for cell in _cells(path):
        source, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
        if match := _HEADING.match(source):
            drafts.append({**match.groupdict(), "notebook": path.name, "hints": ()})
        elif drafts and cell["cell_type"] == "markdown":
            drafts[-1]["hints"] += tuple(text.strip() for text in _HINT.findall(source))
        elif "exercise" in tags or "check" in tags:
            drafts[-1]["exercise" if "exercise" in tags else "check"] = source
    found = {}
    for draft in drafts:
        if not {"exercise", "check"} <= draft.keys():
            raise ValueError(f"exercise {draft['number']} in {path.name} needs a stub and a check")
        stub, minutes = draft.pop("exercise"), int(draft.pop("minutes"))
        found[draft["number"]] = Exercise(stub=stub, minutes=minutes, **draft)
    return found


def find_exercise(number: str) -> Exercise | None:
    """Return the exercise of that number; None if the course has none, or is not here."""
    found = [path for path in notebook_paths() if path.name[:3] == f"{number[:2]}_"]
    return exercises(found[0]).get(number) if found else None
