"""Judge a class: python -m tools.classroom FOLDER --out OUT [--jobs N] [--seconds 60].

FOLDER holds notebooks, or a folder of notebooks for each student; OUT gets grades.csv, a page for
each student and a summary of the most frequent wrong answers, as docs/grading.md describes them. A
run that was stopped goes on where it was, and what has not changed is not judged again. Exit code:
0 if every notebook was judged, 1 if some could not be, which are listed, 2 if nothing could.
"""

import argparse
import csv
import hashlib
import html
import io
import json
import os
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import sandbox
from tools.grade import SECONDS, VERSION, CannotGradeError, grade, original, read, setup_book
from torch_course._files import write_whole
from torch_course.course import ROOT, exercises, notebook_paths

COLORS = {"correct": "#d5f0d5", "not yet": "#fff0c8", "stopped": "#ffd9d0", "not attempted": "#eee"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


@dataclass(frozen=True)
class Submission:
    """A notebook that a student has handed in."""

    student: str  # the folder's name, or the file's without its ending
    path: Path
    notebook: str  # the name of the course's own; "" if it can't be judged
    problem: str = ""  # why it can't


def find(folder: Path) -> list[Submission]:
    """Return the notebooks in a folder and in its folders, by student and name."""
    found = []
    for path in sorted([*folder.glob("*.ipynb"), *folder.glob("*/*.ipynb")]):
        if not path.name.startswith(".") and not path.parent.name.startswith("."):
            student = path.stem if path.parent == folder else path.parent.name
            found.append(_submission(student, path))
    return found


def _submission(student: str, path: Path) -> Submission:
    try:
        return Submission(student, path, original(read(path), path).name)
    except CannotGradeError as error:
        return Submission(student, path, "", str(error).replace(f"{path} ", ""))


def newest(submissions: Iterable[Submission]) -> tuple[list[Submission], list[str]]:
    """Keep a student's last notebook of each chapter; say of the others that they don't count."""
    groups, kept, notes = defaultdict(list), [], []
    for one in submissions:
        if one.problem:
            kept.append(one)
        else:
            groups[one.student, one.notebook].append(one)
    for (student, notebook), group in groups.items():
        *older, last = sorted(group, key=lambda one: (one.path.stat().st_mtime, one.path.name))
        kept.append(last)
        notes += [
            f"{student}: {one.path.name} is an older copy of {notebook}; {last.path.name} counts"
            for one in older
        ]
    return sorted(kept, key=lambda one: (one.student, one.notebook, one.path.name)), notes


def course_version() -> str:
    """Return a hash of all that a verdict depends on but the answer: the course and these tools."""
    files = [path for book in notebook_paths() for path in (book, setup_book(book))]
    files += [*sorted((ROOT / "torch_course").glob("*.py")), ROOT / "helper_functions.py"]
    tools = ("answers", "grade", "guard", "names", "sandbox")
    files += [ROOT / "tools" / f"{name}.py" for name in tools]
    digest = hashlib.sha256()
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def judged(
    one: Submission,
    results: Path,
    version: str,
    seconds: float,
    hidden: tuple[Path, ...],
    trusted: bool,
) -> tuple[dict, bool]:
    """Return a submission's result, and whether it was there already.

    The result is what tools.grade --json prints, or has an "error". It is kept under the hash of
    the notebook's content, the course's version and the time limit; what failed because of this
    system is not kept.
    """
    if one.problem:
        return {"version": VERSION, "error": one.problem}, False
    try:
        content = one.path.read_bytes()
        key = hashlib.sha256(content + f"{version} {seconds:g}".encode()).hexdigest()
        place = results / f"{key}.json"
        if (kept := _kept(place)) is not None:
            return kept, True
        result = grade(one.path, seconds, hidden, trusted).as_json()
        write_whole(place, json.dumps(result, indent=1, ensure_ascii=False).encode())
    except (CannotGradeError, OSError) as error:
        result = {"version": VERSION, "error": str(error)}
    return result, False


def _kept(place: Path) -> dict[str, Any] | None:
    """Return a kept result; None if there is none, or it is damaged."""
    try:
        result = json.loads(place.read_text(encoding="utf-8"))
        return result if result["version"] == VERSION and result["exercises"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def judge_all(
    submissions: list[Submission],
    out: Path,
    seconds: float,
    jobs: int,
    hidden: tuple[Path, ...] = (),
    trusted: bool = False,
) -> dict[Submission, dict[str, Any]]:
    """Judge submissions, several at a time, and print a line for each; return their results."""
    version, done = course_version(), {}
    (out / "results").mkdir(parents=True, exist_ok=True)
    sandbox.available()  # tried before there are threads
    with ThreadPoolExecutor(jobs) as pool:  # each waits for a process of its own
        how = (out / "results", version, seconds, (*hidden, out.resolve()), trusted)
        waiting = {pool.submit(judged, one, *how): one for one in submissions}
        try:
            for future in as_completed(waiting):
                one, (result, was_there) = waiting[future], future.result()
                done[one] = result
                print(f"[{len(done)}/{len(waiting)}] {_line(one, result, was_there)}", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {one: done[one] for one in submissions}


def _line(one: Submission, result: dict[str, Any], was_there: bool) -> str:
    name = f"{one.student}: {one.path.name}"
    if "error" in result:
        return f"{name}: cannot grade: {result['error']}"
    kept = " (as before)" if was_there else ""
    return f"{name}: {result['correct']} of {result['total']} correct{kept}"


def grades(results: dict[Submission, dict[str, Any]]) -> str:
    """Return the table of outcomes as CSV: a row for each student, a column for each exercise."""
    books = {result["notebook"] for result in results.values() if "notebook" in result}
    numbers = [n for book in notebook_paths() if book.name in books for n in exercises(book)]
    outcomes: dict[str, dict[str, str]] = {}
    for one, result in results.items():
        row = outcomes.setdefault(one.student, {})
        row |= {entry["exercise"]: entry["outcome"] for entry in result.get("exercises", ())}
        if "error" in result:
            row["problems"] = "; ".join(
                filter(None, [row.get("problems"), f"{one.path.name}: {result['error']}"])
            )
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["student", *numbers, "correct", "problems"])
    for student, row in sorted(outcomes.items()):
        n_correct = sum(row.get(number) == "correct" for number in numbers)
        cells = [student, *(row.get(number, "") for number in numbers)]
        writer.writerow([*map(plain, cells), n_correct, plain(row.get("problems", ""))])
    return table.getvalue()


def plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def file_name(student: str, taken: set[str]) -> str:
    """Return a name for a student's page that is safe on every system, and not taken yet."""
    ascii_ = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", ascii_).strip("_")[:60] or "student"
    if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", safe):
        safe += "_"  # Windows has devices of these names
    name, number = safe, 1
    while name.lower() in taken:
        number += 1
        name = f"{safe}_{number}"
    taken.add(name.lower())
    return name


def page(student: str, own: dict[Submission, dict[str, Any]], notes: list[str]) -> str:
    """Return a student's page, as HTML that needs no other file."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f"<title>{html.escape(student)}</title>",
        "<style>body{font-family:sans-serif;max-width:60em;margin:2em auto}table{border-collapse:"
        "collapse}td,th{border:1px solid #ccc;padding:.4em;text-align:left;vertical-align:top}"
        "pre{margin:.3em 0 0;white-space:pre-wrap}</style></head>",
        f"<body><h1>{html.escape(student)}</h1>",
        *(f"<p>{html.escape(note)}</p>" for note in notes),
    ]
    for one, result in own.items():
        if "error" in result:
            problem = html.escape(f"{one.path.name}: cannot grade: {result['error']}")
            parts.append(f"<p>{problem}</p>")
            continue
        total = f"{result['correct']} of {result['total']} correct"
        parts.append(f"<h2>{html.escape(result['notebook'])}: {total}</h2>")
        parts.append("<table><tr><th>Exercise<th>Outcome<th>What it says</tr>")
        parts += [_row(entry) for entry in result["exercises"]]
        parts.append("</table>")
    return "\n".join([*parts, "</body></html>\n"])


def _row(entry: dict[str, Any]) -> str:
    details = "\n".join(entry["details"])
    shown = f"<pre>{html.escape(details)}</pre>" if details else ""
    name = html.escape(f"{entry['exercise']} · {entry['title']}")
    color = COLORS[entry["outcome"]]
    return (
        f'<tr><td>{name}<td style="background:{color}">{entry["outcome"]}'
        f"<td>{html.escape(entry['message'])}{shown}</tr>"
    )


def summary(results: dict[Submission, dict[str, Any]], notes: list[str]) -> str:
    """Return a page of Markdown: the most frequent wrong answers, and what could not be judged."""
    outcomes, wrong, titles = defaultdict(Counter), defaultdict(Counter), {}
    missing: set[str] = set()
    for result in results.values():
        missing |= set(result.get("missing_protections", ()))
        for entry in result.get("exercises", ()):
            number = entry["exercise"]
            titles[number] = entry["title"]
            outcomes[number][entry["outcome"]] += 1
            if entry["outcome"] in ("not yet", "stopped"):
                wrong[number][entry["outcome"], entry["message"]] += 1
    lines = ["# A class, exercise by exercise", ""]
    lines += ["| Exercise | correct | not yet | stopped | not attempted |", "|---|--:|--:|--:|--:|"]
    numbers = sorted(titles, key=lambda number: [int(part) for part in number.split(".")])
    for number in numbers:
        counts = " | ".join(str(outcomes[number][outcome]) for outcome in COLORS)
        lines.append(f"| {number} · {titles[number]} | {counts} |")
    lines += ["", "## The most frequent wrong answers", ""]
    for number in numbers:
        for (outcome, message), count in wrong[number].most_common():
            share = f"{count} of {outcomes[number].total()}"
            lines.append(f"- {number}, {share}: {outcome}. {_escaped(message)}")
    errors = [_line(one, result, False) for one, result in results.items() if "error" in result]
    for title, items in (("Not judged", errors), ("Older copies", notes)):
        if items:
            lines += ["", f"## {title}", "", *(f"- {_escaped(item)}" for item in items)]
    if missing:
        lines += ["", f"This system lacks protections: {', '.join(sorted(missing))}."]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Return a text in which Markdown finds no tags and no links; code stays code."""
    text = " ".join(text.split())
    return re.sub(r"([<\[\]!|])", r"\\\1", text)


def write(results: dict[Submission, dict[str, Any]], notes: list[str], out: Path) -> None:
    """Write the table, the summary and the students' pages; old pages are taken away."""
    write_whole(out / "grades.csv", grades(results).encode())
    write_whole(out / "summary.md", summary(results, notes).encode())
    pages = out / "students"
    pages.mkdir(exist_ok=True)
    taken: set[str] = set()
    for student in sorted({one.student for one in results}):
        own = {one: result for one, result in results.items() if one.student == student}
        theirs = [note for note in notes if note.startswith(f"{student}: ")]
        name = file_name(student, taken)
        write_whole(pages / f"{name}.html", page(student, own, theirs).encode())
    for old in pages.glob("*.html"):
        if old.stem.lower() not in taken:
            old.unlink()


def main(arguments: list[str]) -> int:
    """Judge the class in the folder named on the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.classroom", description="Judge the notebooks of a class."
    )
    parser.add_argument("folder", type=Path, help="notebooks, or a folder of them per student")
    parser.add_argument("--out", type=Path, required=True, help="where the results go")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="an exercise may take")
    parser.add_argument("--trusted", action="store_true", help="judge without a sandbox, too")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stopped:
        return 2 if stopped.code else 0
    submissions, notes = newest(find(options.folder))
    if not submissions:
        print(f"cannot grade: no notebooks in {options.folder}", file=sys.stderr)
        return 2
    for note in notes:
        print(note)
    try:
        hidden = (options.folder.resolve(),)
        jobs = max(1, options.jobs)
        results = judge_all(
            submissions, options.out, options.seconds, jobs, hidden, options.trusted
        )
        write(results, notes, options.out)
    except OSError as error:
        print(f"cannot write to {options.out}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    n_failed = sum("error" in result for result in results.values())
    print(f"{len(results)} notebooks, {n_failed} not judged; see {options.out / 'summary.md'}")
    if lacks := sandbox.missing(sandbox.available()):
        print(f"(this system lacks: {', '.join(lacks)})", file=sys.stderr)
    return 2 if n_failed == len(results) else 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
