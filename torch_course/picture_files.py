"""The files of a folder of pictures: where they lie, who gets which, what is to say of each."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import struct
import zlib
from collections import Counter, defaultdict
from pathlib import Path

from PIL import Image

SPLITS = ("train", "val", "test")
_STANDS_FOR = {  # what other people call them
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_HIDDEN = (".", "__")  # folders such as .ipynb_checkpoints and __MACOSX
_MADE_BY_SYSTEMS = {
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "$recycle.bin"),
    *("system volume information", "@eadir", "lost+found"),
}
_N_TOLD = 12  # files told one by one, before the rest is only counted
_ENDINGS = {
    *(".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".avif", ".heic"),
    *(".heif", ".jfif", ".jp2", ".ppm", ".pgm", ".tga", ".ico"),
}
# What Pillow's readers raise on damaged files; a Warning only where warnings are errors.
DAMAGE = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError),
    *(EOFError, RuntimeError, MemoryError, struct.error, zlib.error, Warning),
)


# --- What is there --------------------------------------------------------------------------------


def is_visible(path: Path) -> bool:
    """Tell a file from those that systems hide beside pictures.

    Args:
        path: The file's path from the folder that is read, so that folders above it don't count.
    """
    if not all(map(_is_visible_folder, path.parent.parts)):
        return False
    return not path.name.startswith(".") and path.name.lower() not in _MADE_BY_SYSTEMS


def _is_visible_folder(name: str) -> bool:
    return not name.startswith(_HIDDEN) and name.lower() not in _MADE_BY_SYSTEMS


def visible_folders(root: Path) -> list[str]:
    """Return the sorted names of the folders in a folder, without hidden ones.

    Raises:
        FileNotFoundError: If root does not exist; the message lists what is there instead.
        ValueError: If root is a file, or a folder that may not be read.
    """
    if not root.exists():
        there = next(parent for parent in root.parents if parent.is_dir())
        raise FileNotFoundError(
            f"there is no folder {root}; {there} holds {visible_folders(there)}"
        )
    if not root.is_dir():
        raise ValueError(f"{root} is a file, expected a folder of pictures")
    try:
        with os.scandir(root) as entries:
            return sorted(e.name for e in entries if e.is_dir() and _is_visible_folder(e.name))
    except PermissionError as error:
        raise ValueError(
            f"{root} is a folder that you may not read, expected one you may"
        ) from error


def files_named_as_pictures(root: Path) -> list[Path]:
    """Return the files in a folder, not in folders below it, whose names end as pictures' do."""
    with os.scandir(root) as entries:
        found = [Path(entry.path) for entry in entries if not entry.is_dir()]
    return sorted(p for p in found if p.suffix.lower() in _ENDINGS and is_visible(Path(p.name)))


# --- Splits and classes ---------------------------------------------------------------------------


def split_named(folder: str) -> str | None:
    """Return the split that a folder's name stands for, None if it stands for none.

    Capital letters don't count, nor does an ending: `Training`, `valid` and `test_set` are known.
    """
    return _STANDS_FOR.get(re.sub(r"[ _-]?(set|data|images)$", "", folder.lower()))


def find_place(root: Path) -> Path:
    """Return root, or the folder in it that holds all: many zip files unpack to such a wrapper.

    A folder is a wrapper if it holds one visible folder and no pictures, and that one holds folders
    and no pictures. A wrapper in a wrapper is passed through as well.

    Raises:
        FileNotFoundError: If root does not exist.
        ValueError: If root is a file, or a folder that may not be read.
    """
    names = visible_folders(root)
    if len(names) != 1 or files_named_as_pictures(root):
        return root
    inner = root / names[0]
    if not _holds_folders_only(inner):
        return root
    return find_place(inner)


def _holds_folders_only(folder: Path) -> bool:
    return bool(visible_folders(folder)) and not files_named_as_pictures(folder)


def find_splits(root: Path) -> dict[str, Path]:
    """Return the folders that are splits, by `train`, `val`, `test`; none if they are classes.

    Folders are splits if two or more of them are named for different splits. A single one that
    holds pictures is a class that happens to be named so.

    Raises:
        FileNotFoundError: If root does not exist.
        ValueError: If there are other folders beside splits, two folders for one split, no train,
            or a split without class folders; if a single folder is named as a split and holds
            folders only; if root holds several data sets with splits of their own.
    """
    names = visible_folders(root)
    named = {name: split for name in names if (split := split_named(name))}
    if len(set(named.values())) < 2:
        _check_classes(root, names, list(named))
        return {}
    came = f"{root} holds the folders {names}"
    if others := [name for name in names if name not in named]:
        raise ValueError(f"{came}, expected train, val and test alone: move {others} elsewhere")
    for split in SPLITS:
        if len(same := [name for name in names if named[name] == split]) > 1:
            raise ValueError(f"{came}, expected one for each split: {same} all stand for {split}")
    names = sorted(names, key=lambda name: SPLITS.index(named[name]))
    found = {named[name]: root / name for name in names}
    if "train" not in found:
        raise ValueError(f"{came}, expected train among them: without it nothing is learned")
    for split, folder in found.items():
        if not visible_folders(folder):
            mend = "" if split == "train" else f"; or move it away, and {split} is dealt from train"
            raise ValueError(
                f"{folder} holds no folders, expected one for each class, with its pictures{mend}"
            )
    return found


def _check_classes(root: Path, names: list[str], named: list[str]) -> None:
    """Refuse folders that can't all be classes."""
    if any(_holds_folders_only(root / name) for name in named):
        raise ValueError(
            f"{root} holds the folders {names}, of which {named} is named as a split and holds "
            "folders, but there is no other split: expected train, val and test, or a folder for "
            "each class; rename or move some"
        )
    inner = {name: visible_folders(root / name) for name in names}
    own = [
        name for name, folders in inner.items() if len(set(map(split_named, folders)) - {None}) > 1
    ]
    if own:
        raise ValueError(
            f"{root} must hold one data set, but {own} have splits of their own: choose one, such "
            f"as {root / own[0]}; or if these are classes, turn the order to train/{own[0]}"
        )


# --- The deal -------------------------------------------------------------------------------------


def deal(
    samples: list[tuple[str, int]], shares: dict[str, float]
) -> dict[str, list[tuple[str, int]]]:
    """Deal pictures out to splits, each by the SHA-256 of its content alone.

    So a picture stays where it is when files are renamed and when others come or go, and copies of
    it are in one split. The exception: where a class would have none in a split, though it has as
    many different pictures as there are splits, the nearest by its number is moved there. A picture
    that stands in two classes is not moved.

    Args:
        samples: Pairs of a path and a class index.
        shares: The chance of each split, from 0 to 1, adding up to 1.

    Returns:
        The samples of each split, in the order in which they came.
    """
    prints = [_fingerprint(path) for path, _ in samples]
    *ends, _ = itertools.accumulate(shares.values())
    edges = dict(zip(shares, itertools.pairwise([0.0, *ends, 1.0]), strict=True))
    goes = {p: next(split for split, (_, end) in edges.items() if p < end) for p in prints}
    classes_of = defaultdict(set)
    for number, (_, label) in zip(prints, samples, strict=True):
        classes_of[number].add(label)
    for label in sorted(set().union(*classes_of.values())):
        alone = [number for number in classes_of if classes_of[number] == {label}]
        if len(alone) >= len(shares):
            held = Counter(goes[n] for n, labels in classes_of.items() if label in labels)
            _fill(goes, alone, held, edges)
    pairs = list(zip(samples, prints, strict=True))
    return {split: [sample for sample, p in pairs if goes[p] == split] for split in shares}


def _fill(
    goes: dict[float, str],
    movable: list[float],
    held: Counter[str],
    edges: dict[str, tuple[float, float]],
) -> None:
    """Move the nearest of a class's pictures to each split that has none, in place."""
    for split, (low, high) in edges.items():
        if held[split] == 0:
            spare = [number for number in movable if held[goes[number]] > 1]
            nearest = min(spare, key=lambda number: max(low - number, number - high))
            held[goes[nearest]] -= 1
            held[split] += 1
            goes[nearest] = split


def _fingerprint(path: str) -> float:
    """Return a number from 0 to below 1 that a file's content alone decides, as if by chance."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53  # exact, so never rounded to 1


# --- What is to say -------------------------------------------------------------------------------


def notes_on(path: Path, picture: Image.Image) -> list[str]:
    """Return what is worth knowing of a file from which load_picture made this picture."""
    with Image.open(path) as stored:
        found = {
            "smaller than 8 pixels on a side, too small to show much": min(picture.size) < 8,
            "with transparency, laid on white": stored.has_transparency_data,
            "in printing inks (CMYK), made RGB": stored.mode == "CMYK",
            "gray with more than 8 bits, scaled to 8": stored.mode.startswith(("I", "F")),
            "turned upright, as the EXIF data ask": stored.getexif().get(0x0112) in range(2, 9),
            "with several pictures in it, of which the first is taken": _has_several(stored),
        }
    return [note for note, is_so in found.items() if is_so]


def _has_several(stored: Image.Image) -> bool:
    if stored.format == "MPO":  # what phones store beside a photograph nobody misses
        return False
    try:
        return getattr(stored, "is_animated", False)
    except (*DAMAGE, Image.DecompressionBombError):  # of what comes after the first picture
        return True


def reasons_of(skipped: dict[Path, str], root: Path) -> list[str]:
    """Return a line for each file that is left out, of many for the first dozen.

    Args:
        skipped: Why a file is left out, by its path.
        root: The folder from which paths are told.
    """
    lines = [f"{_told(path, root)} {why}" for path, why in list(skipped.items())[:_N_TOLD]]
    more = len(skipped) - _N_TOLD
    return [*lines, f"{more} more, which are in `skipped`"] if more > 0 else lines


def print_left_out(skipped: dict[Path, str], root: Path) -> None:
    """Print the lines of `reasons_of`."""
    for line in reasons_of(skipped, root):
        print("left out:", line)


def some(paths: list[Path], root: Path, n: int = 3) -> str:
    """Return the first n of these paths, told from root, and how many more there are."""
    told = ", ".join(_told(path, root) for path in paths[:n])
    return f"{told} and {len(paths) - n} more" if len(paths) > n else told


def _told(path: Path, root: Path) -> str:
    """Return a path in characters that can be printed, which not every file's name is."""
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()


def table(counts: dict[str, dict[str, int]]) -> list[str]:
    """Return lines of text: a row for each class, a column for each split."""
    classes = list(next(iter(counts.values())))
    width = max(map(len, classes))
    head = " " * width + "".join(f"{split:>7}" for split in counts)
    return [
        head,
        *(f"{c:{width}}" + "".join(f"{n[c]:7}" for n in counts.values()) for c in classes),
    ]
