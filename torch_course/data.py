"""The data that ships with the course: where it lies, and how it is unpacked.

    python -m torch_course.data

does so before any kernel starts. Afterwards `torchvision.datasets.FashionMNIST(root=DATA_DIR,
download=True)` only reads. Without this, that line unpacks by itself; but two kernels that do so at
once can read half a file.
"""

import gzip
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent / "data"
RAW = Path("FashionMNIST", "raw")
PLAIN = ("ablation", "clipart")  # folders of files that need no unpacking


def _data_dir() -> Path:
    """Return COURSE_DATA, or the course's own folder; a relative one starts at the course's."""
    wanted = os.environ.get("COURSE_DATA") or "data"
    try:
        # Kernels run in folders of their own, hence not relative to the current one.
        return (SHIPPED.parent / Path(wanted).expanduser()).resolve()
    except RuntimeError as error:
        raise ValueError(
            f"COURSE_DATA is {wanted!r}, but there is no user {Path(wanted).parts[0][1:]!r} here; "
            "expected a folder that you can write to"
        ) from error


DATA_DIR = _data_dir()


def _whole(packed: Path, unpacked: Path) -> bool:
    """Tell whether a file has the size and the CRC-32 that end its gzip file."""
    end = packed.read_bytes()[-8:]
    checksum, size = int.from_bytes(end[:4], "little"), int.from_bytes(end[4:], "little")
    if not unpacked.is_file() or unpacked.stat().st_size != size:
        return False
    return zlib.crc32(unpacked.read_bytes()) == checksum


def _same(one: Path, other: Path) -> bool:
    """Tell whether two files hold the same; the second need not exist."""
    return other.is_file() and other.read_bytes() == one.read_bytes()


def _missing(data_dir: Path) -> Iterator[tuple[Path, Path, bool]]:
    """Yield (source, target, whether to decompress) for each file not there or not whole."""
    for packed in sorted((SHIPPED / RAW).glob("*.gz")):
        copy, unpacked = data_dir / RAW / packed.name, data_dir / RAW / packed.stem
        if copy != packed and not _same(packed, copy):
            yield packed, copy, False
        if not _whole(packed, unpacked):
            yield packed, unpacked, True
    for shipped in sorted(path for folder in PLAIN for path in (SHIPPED / folder).rglob("*.*")):
        copy = data_dir / shipped.relative_to(SHIPPED)
        if copy != shipped and not _same(shipped, copy):
            yield shipped, copy, False


def _unpack(source: Path, target: Path, decompress: bool) -> None:
    """Copy or decompress a file; it gets its name when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with (gzip.open if decompress else open)(source, "rb") as packed, open(part, "wb") as whole:
            shutil.copyfileobj(packed, whole)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        part.unlink()
        raise ValueError(
            f"{source} is damaged ({error}): fetch it again, with git restore {RAW.as_posix()} in "
            f"{SHIPPED}"
        ) from error
    os.replace(part, target)


def unpack_data(data_dir: str | os.PathLike = DATA_DIR) -> None:
    """Unpack FashionMNIST in data_dir, once, however many processes ask at the same time.

    If data_dir is not the course's own folder, because COURSE_DATA names another, the .gz files and
    the folders of PLAIN are copied there too. A file that is there with another content is made
    again. Each file gets its name when it is whole.

    Raises:
        FileNotFoundError: If the course's own .gz files are missing.
        OSError: If data_dir cannot be written to; the message says what to set.
        ValueError: If one of the course's own .gz files is damaged.
    """
    from filelock import FileLock

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
                _unpack(source, target, decompress)
    except OSError as error:
        raise OSError(
            f"cannot unpack the course's data in {raw}: {error.strerror or error}. Set the "
            "environment variable COURSE_DATA to a folder that you can write to (90 MB)."
        ) from error


if __name__ == "__main__":
    try:
        unpack_data()
    except (OSError, ValueError) as error:
        raise SystemExit(f"torch_course.data: {error}") from error
