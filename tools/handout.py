"""Pack what a class is given, without solutions, into one zip file: make handout.

    python -m tools.handout OUT.zip

Inside is one folder, in which `make lab` works as in a clone. The same files give the same zip.
"""

import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import nbformat

from tools.books import MAIN, ROOT, SOLUTIONS, tags
from tools.reset import cleared
from torch_course._files import write_whole

FOLDER = "torch-course"  # what the zip unpacks to
PARTS = (  # files, and folders with all that is under them
    *("README.md", "LICENSE", "Makefile", "environment.yml", "pyproject.toml", "requirements.txt"),
    *("helper_functions.py", "torch_course", "tools", "lab", "data", "docs"),
    *("notebooks/start.ipynb", "notebooks/figures", "notebooks/readme_figure.png"),
)
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints", "solutions"}
MADE = {".lock", ".part"}  # what a program made beside the data; so is what stands beside its .gz


def contents() -> Iterator[Path]:
    """Yield the files of a handout, in order."""
    books = [path.relative_to(ROOT).as_posix() for path in MAIN]
    for part in sorted([*PARTS, *books]):
        path = ROOT / part
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            packed = file.with_name(f"{file.name}.gz").exists()
            kept = file.is_file() and not packed and file.suffix not in MADE
            if kept and not LEFT_OUT & set(file.relative_to(ROOT).parts):
                yield file


def setup_alone(solutions: Path) -> bytes:
    """Return a notebook of solutions without them: what `make watch` runs before an answer."""
    book = nbformat.read(solutions, as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    book.cells = [cell for cell in code if not {"exercise", "raises-exception"} & set(tags(cell))]
    return nbformat.writes(cleared(book)).encode()


def handout() -> bytes:
    """Return the zip file."""
    buffer = BytesIO()
    files = {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in contents()}
    files |= {f"notebooks/setup/{path.name}": setup_alone(path) for path in SOLUTIONS}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def main(arguments: list[str]) -> int:
    """Write the zip file that the command line names."""
    if len(arguments) != 1:
        print("usage: make handout OUT=handout.zip", file=sys.stderr)
        return 2
    target = Path(arguments[0])
    try:
        write_whole(target, handout())
    except OSError as error:
        print(f"no handout: {target} can't be written: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{target}: {target.stat().st_size / 1e6:.0f} MB, without solutions")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
