"""Run the benchmarks and write benchmarks/README.md: make bench, or python -m benchmarks.

`python -m benchmarks loops imports` measures these tables again and keeps the others;
COURSE_DEVICE chooses the device. Two cores need about half an hour for all, and nothing else may
run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from benchmarks import rows
from benchmarks.frameworks import PACKAGES
from benchmarks.measure import Table, machine
from helper_functions import get_device

FOLDER = Path(__file__).resolve().parent
RESULTS, README = FOLDER / "results.json", FOLDER / "README.md"

# name: (function, pictures, repeats, title, what the figures are)
TABLES = {
    "input_pipelines": (
        rows.input_pipelines,
        60_000,
        5,
        "Input pipelines",
        "One epoch of the bare loop, batches of 32, over the same epoch with batches already cut "
        "in memory. TinyVGG goes through 12,000 pictures.",
    ),
    "loops": (
        rows.loops,
        60_000,
        9,
        "Training loops",
        "One epoch of the linear model, batches of 32 already cut in memory, over the bare loop. "
        "Setting a framework up is not timed; all end with the same weights, which is checked.",
    ),
    "race": (
        rows.race,
        60_000,
        5,
        "Three epochs as published, three epochs here, and the time to an accuracy",
        "Times are over that of three TinyVGG epochs as published courses run them (pictures "
        "through PIL and `ToTensor` one by one, batches of 32, `.item()` per batch) with the same "
        "seed. They include a test after each epoch. The last columns say when an accuracy on the "
        "test set was first reached (median, and in how many of the runs): curves on the test set, "
        "for comparing speed (as published, looked at after its last epoch only). The short recipe "
        "was chosen on validation, the long one is notebook "
        "04's with more epochs; both compute in bfloat16.",
    ),
    "imports": (
        rows.imports,
        0,
        9,
        "Importing",
        "A fresh Python process that does this and ends, over one that imports torch.",
    ),
    "costs": (
        rows.costs,
        12_000,
        5,
        "What an epoch costs",
        "One epoch of TinyVGG in channels_last through `train_step` with accuracy, over the first "
        "line; one thing changed at a time.",
    ),
}


def table(rows: Table) -> str:
    """Write rows as a Markdown table."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def render(results: dict) -> str:
    """Write all results as the text of benchmarks/README.md."""
    parts = [
        "# Benchmarks",
        "Written by `python -m benchmarks` (`make bench`) from [results.json](results.json); a "
        "test compares the two. Timings are ratios within one process: the cases take turns, and "
        "each is divided by the base case of its own round. A cell shows the median and, in "
        "brackets, the lowest and highest round. Machines differ; shared ones also from minute to "
        "minute: read the spread before you read a difference.",
    ]
    for device, measured in results.items():
        parts.append(f"## On the {device.upper() if device == 'cpu' else device}")
        for name, (*_, title, meaning) in TABLES.items():
            if name in measured:
                facts = "; ".join(f"{key}: {value}" for key, value in measured[name]["on"].items())
                parts += [f"### {title}", meaning, table(measured[name]["rows"]), f"*{facts}.*"]
    parts.append(
        "## The ablation\n\nWhat each ingredient of the recipe is worth is measured by "
        "`python -m benchmarks.ablation` and stored in `data/ablation/`; notebook 04 shows it. "
        "`python -m benchmarks.clip_art` does so for the models of notebook 05."
    )
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure the tables asked for, keep the others, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; all")
    names = parser.parse_args().tables or list(TABLES)
    if unknown := set(names) - set(TABLES):
        parser.error(f"unknown tables {sorted(unknown)}; there are {list(TABLES)}")
    os.environ["COURSE_LIVE"] = "0"
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    device = get_device()
    for name in names:
        function, n, repeats, *_ = TABLES[name]
        compared = PACKAGES if name == "loops" else ()
        measured = {"on": machine(device, compared), "rows": function(n, repeats)}
        print(f"{name}\n{table(measured['rows'])}", flush=True)
        results.setdefault(device.type, {})[name] = measured
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    README.write_text(render(results), "utf-8")


if __name__ == "__main__":
    main()
