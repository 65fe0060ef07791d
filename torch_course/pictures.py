"""Folders of pictures: one picture opened with care, a data set of them, three splits."""

from __future__ import annotations

import copy
import hashlib
import os
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from torchvision.datasets import ImageFolder

SPLITS = ("train", "val", "test")
# What other people call them: such a folder, if it holds folders, is no class.
_NAMES_OF_SPLITS = {*SPLITS, "training", "valid", "validation", "dev", "testing", "eval"}
_HIDDEN = (".", "__")  # folders such as .ipynb_checkpoints and __MACOSX
_MADE_BY_WINDOWS = ("Thumbs.db", "desktop.ini")


def load_picture(path: str | os.PathLike) -> Image.Image:
    """Open a picture file as RGB, upright, on white where it is transparent (notebook 05).

    Grey pictures of more than 8 bits are scaled: unsigned 16-bit ones from 0 to 65,535; 32-bit
    integers from 0 to 255 if none is larger, else from 0 to 65,535; floats from 0 to 1 if none is
    larger, else from 0 to 255.

    Args:
        path: A file that Pillow can read, of any mode; of an animation, the first frame is taken.

    Returns:
        The picture, of the file's size in pixels, turned as the file's EXIF data ask.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is empty, damaged, no picture, has values outside of those ranges,
            or so many pixels that Pillow takes it for an attack (over 89 million); the message
            names the file.
    """
    path = Path(path)
    if path.is_symlink() and not path.exists():
        raise FileNotFoundError(f"{path} is a link to a file that is not there")
    if path.is_dir():
        raise ValueError(f"{path} is a folder, expected a picture's file")
    if path.exists() and path.stat().st_size == 0:
        raise ValueError(f"{path} is empty: 0 bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                picture.load()
                picture = ImageOps.exif_transpose(picture)
    except FileNotFoundError:
        raise
    except UnidentifiedImageError as error:
        raise ValueError(f"{path} is no picture that Pillow can read") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        limit = f"{Image.MAX_IMAGE_PIXELS / 1e6:.0f} million pixels"
        raise ValueError(f"{path} is too large: over {limit}, make it smaller first") from error
    except Exception as error:  # damage surfaces in many ways
        reason = str(error).partition(" (")[0]  # without a count of bytes
        raise ValueError(f"{path} is damaged: {reason}") from error
    if picture.mode.startswith(("I", "F")):  # which Pillow would cut off at 255
        picture = _to_8_bits(picture, path)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        page = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(page, picture)
    return picture.convert("RGB")


def _to_8_bits(picture: Image.Image, path: Path) -> Image.Image:
    """Scale a grey picture of integers (modes I and I;16) or of floats (F) to 0 to 255."""
    values = np.asarray(picture).astype(np.float64)
    low, high = values.min(), values.max()
    highest = 65_535 if picture.mode.startswith("I") else 255
    if not 0 <= low <= high <= highest:
        raise ValueError(f"{path} has values from {low:g} to {high:g}, expected 0 to {highest}")
    small = {"I": 255, "F": 1}.get(picture.mode, highest)  # the range, if nothing exceeds it
    scaled = values * (255 / (small if high <= small else highest))
    return Image.fromarray(scaled.round().astype(np.uint8))


class PictureFolder(ImageFolder):
    """Pictures in class folders, each opened once to see whether it can be (notebook 05).

    torchvision's ImageFolder with `load_picture`. A file that is no usable picture is left out,
    with a printed line that names it; hidden files and folders are passed over.

    Args:
        root: A folder with two or more folders in it, named for the classes.
        transform: Maps a picture, PIL's of mode RGB, to what an item holds; None keeps the picture.

    Raises:
        FileNotFoundError: If root does not exist; the message lists what is there instead.
        ValueError: If root is no folder, holds splits or fewer than two class folders, or one of
            these has no usable picture.
    """

    def __init__(
        self, root: str | os.PathLike, *, transform: Callable[[Image.Image], Any] | None = None
    ) -> None:
        root = Path(root).absolute()
        super().__init__(
            str(root),
            transform=transform,
            loader=load_picture,
            is_valid_file=lambda path: _is_visible(Path(path).relative_to(root)),
            allow_empty=True,
        )
        usable = []
        for path, label in self.samples:
            try:
                load_picture(path)
            except (FileNotFoundError, ValueError) as error:
                name = Path(path).relative_to(self.root).as_posix()
                print("left out:", str(error).replace(path, name))
            else:
                usable.append((path, label))
        self.keep(usable)
        if empty := [name for name, n in self.counts().items() if n == 0]:
            raise ValueError(f"{self.root} has no usable picture in the class folders {empty}")

    def find_classes(self, directory: str) -> tuple[list[str], dict[str, int]]:
        """Return the sorted names of the class folders, and their indices; called by torchvision.

        Args:
            directory: The folder that holds them.
        """
        root = Path(directory)
        classes = _folders(root)
        if splits := _splits(root):
            raise ValueError(
                f"{root} holds the splits {splits}: use split_pictures, or one of them"
            )
        if len(classes) < 2:
            n_files = sum(path.is_file() for path in root.iterdir())
            came = f"the folders {classes}, and {n_files} files beside them"
            raise ValueError(f"{root} must hold a folder for each of 2 or more classes, got {came}")
        return classes, {name: label for label, name in enumerate(classes)}

    def keep(self, samples: list[tuple[str, int]]) -> None:
        """Hold these samples, pairs of a path and a class index, and no others."""
        self.samples = self.imgs = samples  # torchvision's two names for them
        self.targets = [label for _, label in samples]

    def counts(self) -> dict[str, int]:
        """Return how many pictures each class has, by name."""
        found = Counter(self.targets)
        return {name: found[label] for name, label in self.class_to_idx.items()}


def split_pictures(root: str | os.PathLike) -> tuple[PictureFolder, PictureFolder, PictureFolder]:
    """Read a folder of pictures as a training, a validation and a test set (notebook 05).

    If root holds the folders `train`, `val` and `test`, these are they, with the same class folders
    in each. If it holds class folders, each picture goes where its content's SHA-256 sends it: to
    train with a chance of 60 %, to val and to test with 20 % each. So a picture stays in its set
    when others are added or removed and when files are renamed, and copies of it are in one set.

    Args:
        root: The folder.

    Returns:
        Three sets without transforms, for training, validation and test.

    Raises:
        FileNotFoundError: If root does not exist.
        ValueError: If the folders are not as described, or a class gets no picture in one of the
            sets (rare from 20 pictures on); what PictureFolder refuses, this does too.
    """
    root = Path(root).absolute()
    if splits := _splits(root):
        if sorted(splits) != sorted(SPLITS) or splits != _folders(root):
            raise ValueError(
                f"{root} must hold the folders {list(SPLITS)} and no others, or a folder for each "
                f"class, got {_folders(root)}: rename or move some"
            )
        sets = tuple(PictureFolder(root / name) for name in SPLITS)
        if len({tuple(split.classes) for split in sets}) > 1:
            came = ", ".join(f"{Path(split.root).name} {split.classes}" for split in sets)
            raise ValueError(f"{root} must have the same classes in all its folders, got {came}")
        return sets
    whole = PictureFolder(root)
    sets = copy.copy(whole), copy.copy(whole), copy.copy(whole)
    names = [_split_of(path) for path, _ in whole.samples]
    for split, name in zip(sets, SPLITS, strict=True):
        pairs = zip(whole.samples, names, strict=True)
        split.keep([sample for sample, chosen in pairs if chosen == name])
    if any(0 in split.counts().values() for split in sets):
        came = ", ".join(f"{name} {s.counts()}" for name, s in zip(SPLITS, sets, strict=True))
        raise ValueError(
            f"{root} must have a picture of each class in each set, got {came}: add pictures (20 "
            f"or more of a class nearly always suffice), or sort them into folders {list(SPLITS)}"
        )
    return sets


def _split_of(path: str) -> str:
    """Return the set that a picture belongs to, by its content alone."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    share = int.from_bytes(digest[:8], "big") / 2**64  # from 0 to 1, evenly
    return "train" if share < 0.6 else "val" if share < 0.8 else "test"


def _is_visible(path: Path) -> bool:
    """Tell a file from those that systems hide beside pictures; its path starts at the root."""
    if any(folder.startswith(_HIDDEN) for folder in path.parent.parts):
        return False
    return not path.name.startswith(".") and path.name not in _MADE_BY_WINDOWS


def _folders(root: Path) -> list[str]:
    """Return the sorted names of the folders in root that are not hidden."""
    if not root.exists():
        there = next(parent for parent in root.parents if parent.is_dir())
        raise FileNotFoundError(f"there is no folder {root}; {there} holds {_folders(there)}")
    if not root.is_dir():
        raise ValueError(f"{root} is a file, expected a folder of pictures")
    return sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith(_HIDDEN))


def _splits(root: Path) -> list[str]:
    """Return the folders in root that are named as splits are and hold folders, not pictures."""
    named = [name for name in _folders(root) if name.lower() in _NAMES_OF_SPLITS]
    return [name for name in named if _folders(root / name)]
