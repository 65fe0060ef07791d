"""Unpack the data that ships with the course, before any kernel starts: python data/unpack.py.

Afterwards `torchvision.datasets.FashionMNIST(root=DATA_DIR, download=True)` only reads. Without
this, that line unpacks by itself; but two kernels that do so at once can read half a file.
"""

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from helper_functions import DATA_DIR

SHIPPED = Path(__file__).resolve().parent
RAW = Path("FashionMNIST", "raw")
PLAIN = ("ablation", "clipart")  # folders of files that need no unpacking


def _missing(data_dir: Path) -> Iterator[tuple[Path, Path, bool]]:
    """Yield (source, target, whether to decompress) for each file not there in its full size."""
    raw = data_dir / RAW
    for packed in sorted((SHIPPED / RAW).glob("*.gz")):
        unpacked_size = int.from_bytes(packed.read_bytes()[-4:], "little")  # gzip's last field
        copy, unpacked = raw / packed.name, raw / packed.stem
        if not copy.is_file() or copy.stat().st_size != packed.stat().st_size:
            yield packed, copy, False
        if not unpacked.is_file() or unpacked.stat().st_size != unpacked_size:
            yield packed, unpacked, True
    for shipped in sorted(path for folder in PLAIN for path in (SHIPPED / folder).rglob("*.*")):
        copy = data_dir / shipped.relative_to(SHIPPED)
        if copy != shipped and not (copy.is_file() and copy.read_bytes() == shipped.read_bytes()):
            yield shipped, copy, False


def unpack_data(data_dir: Path = DATA_DIR) -> None:
    """Unpack FashionMNIST in data_dir, once, however many processes ask at the same time.

    If data_dir is not the course's own folder, because COURSE_DATA names another, the .gz files and
    the folders of PLAIN are copied there too. Each file gets its name when it is whole.

    Raises:
        FileNotFoundError: If the course's own .gz files are missing.
        OSError: If data_dir cannot be written to; the message says what to set.
    """
    data_dir = Path(data_dir)
    shipped, raw = SHIPPED / RAW, data_dir / RAW
    if len(list(shipped.glob("*.gz"))) != 4:
        raise FileNotFoundError(f"the course's data is missing: expected 4 .gz files in {shipped}")
    if not any(_missing(data_dir)):
        return
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with FileLock(raw / ".unpacking.lock"):
            for source, target, decompress in _missing(data_dir):
                target.parent.mkdir(parents=True, exist_ok=True)
                part = target.with_name(target.name + ".part")
                opener = gzip.open if decompress else open
                with opener(source, "rb") as packed, open(part, "wb") as whole:
                    shutil.copyfileobj(packed, whole)
                os.replace(part, target)
    except OSError as error:
        raise OSError(
            f"cannot unpack the course's data in {raw}: {error.strerror or error}. Set the "
            "environment variable COURSE_DATA to a folder that you can write to (90 MB)."
        ) from error


if __name__ == "__main__":
    try:
        unpack_data()
    except OSError as error:
        raise SystemExit(f"data/unpack.py: {error}") from error
