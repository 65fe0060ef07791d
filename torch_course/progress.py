"""What a learner has solved: kept in my/progress.json, drawn, and asked where to go on."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torch_course._files import write_whole
from torch_course.course import ROOT, exercises, notebook_paths, notebook_title

MY = ROOT / "my"
RECORD = "progress.json"
VERSION = 1
PATIENCE = 2  # seconds to wait for another kernel that writes


def _live() -> bool:
    """Tell whether anything is to be read or written: not where outputs are stored or proved."""
    return os.environ.get("COURSE_LIVE") != "0"


def _recorded() -> bool:
    """Tell whether answers count: in copies under my/, and not where COURSE_LIVE is 0."""
    here = Path.cwd()
    return _live() and (here == MY or MY in here.parents)


def read_record(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what stands in a folder's progress.json: by exercise, what `note` writes.

    Raises:
        ValueError: If the file is none of ours.
        OSError: If it can't be read.
    """
    try:
        text = (folder / RECORD).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    record = json.loads(text)
    if not isinstance(record, dict) or record.get("version") != VERSION:
        raise ValueError(f"{RECORD} was not written by this version of the course")
    entries = record.get("exercises")
    if not isinstance(entries, dict) or not all(
        isinstance(entry, dict)
        and isinstance(entry.get("attempts"), int)
        and all(isinstance(entry.get(key), str) for key in ("outcome", "first", "last"))
        for entry in entries.values()
    ):
        raise ValueError(f"{RECORD} holds something other than exercises with their outcomes")
    return entries


def note(exercise: str, outcome: str) -> None:
    """Record an attempt, where answers count; say in a line if that fails, and raise nothing.

    Args:
        exercise: Its number, such as "01.4".
        outcome: "correct", which stays, "not yet" or "stopped".
    """
    try:
        if not _recorded():
            return
    except OSError as error:  # the folder is gone while its kernel runs
        print(f"(not recorded in my/{RECORD}: {error})")
        return
    from filelock import FileLock, Timeout

    try:
        with FileLock(MY / f".{RECORD}.lock", timeout=PATIENCE):
            entries = _read_or_set_aside()
            now = datetime.now(UTC).isoformat(timespec="seconds")
            entry = entries.setdefault(exercise, {"outcome": outcome, "attempts": 0, "first": now})
            entry["attempts"] += 1
            entry["last"] = now
            if entry["outcome"] != "correct":
                entry["outcome"] = outcome
            record = {"version": VERSION, "exercises": dict(sorted(entries.items()))}
            write_whole(MY / RECORD, json.dumps(record, indent=1).encode())
    except (OSError, Timeout) as error:
        print(f"(not recorded in my/{RECORD}: {error})")


def _read_or_set_aside() -> dict[str, dict[str, Any]]:
    """Return the record; keep a damaged one under another name and begin anew."""
    try:
        return read_record(MY)
    except ValueError:  # no JSON, no text, or another version's
        os.replace(MY / RECORD, MY / f"{RECORD}.damaged")
        print(
            f"(my/{RECORD} could not be read: it is kept as {RECORD}.damaged, and a new one begun)"
        )
        return {}


def progress() -> None:
    """Draw how far you are: a bar for each notebook, and a line of what is open (notebook 00).

    Reads my/progress.json, which `check` writes when a notebook under my/ asks it.
    """
    import matplotlib.pyplot as plt

    from torch_course.figures import COLORS, show

    entries = _read_or_set_aside() if _live() else {}
    labels, counts = [], {"correct": [], "tried": [], "open": []}
    for path in notebook_paths():
        found = exercises(path)
        outcomes = [entries[number]["outcome"] for number in found if number in entries]
        n_correct = outcomes.count("correct")
        labels.append(f"{path.name[:2]} {notebook_title(path)}")
        counts["correct"].append(n_correct)
        counts["tried"].append(len(outcomes) - n_correct)
        counts["open"].append(len(found) - len(outcomes))
        print(f"{labels[-1]:44} {n_correct:2} of {len(found):2} correct")
    fig, ax = plt.subplots(figsize=(7, 0.4 * len(labels) + 1), layout="constrained")
    left = [0] * len(labels)
    for (name, widths), color in zip(
        counts.items(), (COLORS[2], COLORS[5], "#e8e8e8"), strict=True
    ):
        ax.barh(labels, widths, left=left, color=color, edgecolor="white", label=name)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    ax.invert_yaxis()
    ax.set(xlabel="exercises")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=3, frameon=False)
    done, total = sum(counts["correct"]), sum(left)
    show(fig, f"Bars, one for each notebook: {done} of {total} exercises are correct.")


def next_exercise() -> None:
    """Say where to go on: the first exercise that is not correct yet (notebook 00)."""
    entries = _read_or_set_aside() if _live() else {}
    for path in notebook_paths():
        for number, exercise in exercises(path).items():
            if entries.get(number, {}).get("outcome") != "correct":
                print(f"{exercise.heading} ({exercise.minutes} min), in my/{path.name}")
                return
    print("All exercises are correct. What will you build?")
