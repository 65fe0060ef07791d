"""Folders of pictures: one picture opened with care, a data set of them, three splits."""

from __future__ import annotations

import copy
import os
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from torchvision.datasets import ImageFolder

import torch_course.picture_files as files
from torch_course.picture_files import DAMAGE, SPLITS


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
        ValueError: If the file is empty, damaged, no picture, may not be read, has values outside
            of those ranges, or so many pixels that Pillow takes it for an attack (over 89 million);
            the message names the file.
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
    except PermissionError as error:
        raise ValueError(f"{path} is a file that you may not read") from error
    except UnidentifiedImageError as error:
        mend = ": export it as JPEG" if path.suffix.lower() in (".heic", ".heif") else ""
        raise ValueError(f"{path} is no picture that Pillow can read{mend}") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        limit = f"{Image.MAX_IMAGE_PIXELS / 1e6:.0f} million pixels"
        raise ValueError(f"{path} is too large: over {limit}, make it smaller first") from error
    except DAMAGE as error:
        raise ValueError(f"{path} is damaged: {_reason(error)}") from error
    return _to_rgb(picture, path)


def _reason(error: Exception) -> str:
    """Return an error's text without a count of bytes, the same for a small and a large JPEG."""
    text = str(error).partition(" (")[0] or type(error).__name__
    return "image file is truncated" if "truncated" in text.lower() else text


def _to_rgb(picture: Image.Image, path: Path) -> Image.Image:
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
    with a printed line that names it; hidden files and folders are passed over. Pictures in folders
    within a class folder belong to the class.

    Args:
        root: A folder with two or more folders in it, named for the classes.
        transform: Maps a picture, PIL's of mode RGB, to what an item holds; None keeps the picture.
        quiet: Print nothing; what is left out stands in `skipped` in any case.

    Attributes:
        skipped: Why a file is left out, by its path.
        notes: What is worth knowing of files that are used, with the list of their paths.
        sizes: Width and height in pixels of each file that is used, upright, by its path.

    Raises:
        FileNotFoundError: If root does not exist; the message lists what is there instead.
        ValueError: If root is no folder, holds splits or fewer than two class folders, or one of
            these has no usable picture.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        *,
        transform: Callable[[Image.Image], Any] | None = None,
        quiet: bool = False,
    ) -> None:
        root = Path(root).absolute()
        super().__init__(
            str(root),
            transform=transform,
            loader=load_picture,
            is_valid_file=lambda path: files.is_visible(Path(path).relative_to(root)),
            allow_empty=True,
        )
        self.skipped: dict[Path, str] = {}
        self.notes: dict[str, list[Path]] = defaultdict(list)
        self.sizes: dict[Path, tuple[int, int]] = {}
        self.keep([sample for sample in self.samples if self._look_at(Path(sample[0]))])
        if not quiet:
            files.print_left_out(self.skipped, root)
        if empty := [name for name, n in self.counts().items() if n == 0]:
            came = f"the class folders {empty}{self.left_out_of(empty)}"
            raise ValueError(f"{root} has no usable picture in {came}")

    def _look_at(self, path: Path) -> bool:
        """Note what there is to know about a file, and tell whether it can be used."""
        try:
            picture = load_picture(path)
        except (FileNotFoundError, ValueError) as error:
            self.skipped[path] = str(error).removeprefix(f"{path} ")
            return False
        self.sizes[path] = picture.size
        nested = len(path.relative_to(self.root).parts) > 2
        for note in files.notes_on(path, picture) + ["in folders within a class folder"] * nested:
            self.notes[note].append(path)
        return True

    def find_classes(self, directory: str) -> tuple[list[str], dict[str, int]]:
        """Return the sorted names of the class folders, and their indices; called by torchvision.

        Args:
            directory: The folder that holds them.
        """
        root = Path(directory)
        if splits := files.find_splits(root):
            names = sorted(folder.name for folder in splits.values())
            raise ValueError(f"{root} holds the splits {names}: use split_pictures, or one of them")
        classes = files.visible_folders(root)
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

    def left_out_of(self, classes: list[str]) -> str:
        """Return in brackets which files of these classes are left out and why; "" if none is."""
        root, skipped = Path(self.root), self.skipped.items()
        gone = {path: why for path, why in skipped if path.relative_to(root).parts[0] in classes}
        return f" (left out: {'; '.join(files.reasons_of(gone, root))})" if gone else ""


def split_pictures(root: str | os.PathLike) -> tuple[PictureFolder, PictureFolder, PictureFolder]:
    """Read a folder of pictures as a training, a validation and a test set (notebook 05).

    Folders in root named `train` and `test`, `val` or both, in capitals or by other usual names,
    are taken as they are, with the same class folders in each; of val and test, the one that is not
    there gets 20 % of train. If root holds class folders instead, train gets 60 %, val and test
    20 % each. All may also lie in a single folder within root.

    A picture goes where the SHA-256 of its content sends it, as dice would. So it stays in its set
    when others come or go and when files are renamed, and copies of it are in one set. Only where a
    class would have none in a set, though it has enough, is the nearest moved there.

    Args:
        root: The folder.

    Returns:
        Three sets without transforms, for training, validation and test.

    Raises:
        FileNotFoundError: If root does not exist.
        ValueError: If the folders are not as described, or a class has fewer pictures, without
            copies, than sets are dealt; what PictureFolder refuses, this does too.
    """
    return _read(Path(root).absolute(), quiet=False)[2]


def _read(root: Path, quiet: bool) -> tuple[Path, dict[str, PictureFolder], tuple]:
    """Return the folder that holds all, what is read in it by split, and the three sets."""
    place = files.find_place(root)
    folders = files.find_splits(place) or {"train": place}
    read = {name: PictureFolder(folder, quiet=True) for name, folder in folders.items()}
    if not quiet:
        for folder in read.values():
            files.print_left_out(folder.skipped, place)
    if len({tuple(folder.classes) for folder in read.values()}) > 1:
        came = ", ".join(f"{Path(folder.root).name} {folder.classes}" for folder in read.values())
        raise ValueError(f"{place} must have the same classes in all its folders, got {came}")
    if not (missing := [name for name in SPLITS if name not in read]):
        return place, read, tuple(read.values())
    shares = {"train": 1 - 0.2 * len(missing)} | dict.fromkeys(missing, 0.2)
    sets = dict(read)
    for name, samples in files.deal(read["train"].samples, shares).items():
        sets[name] = copy.copy(read["train"])
        sets[name].keep(samples)
    counts = {name: sets[name].counts() for name in shares}
    if short := [label for label in counts["train"] if 0 in (n[label] for n in counts.values())]:
        came = ", ".join(f"{name} {n}" for name, n in counts.items())
        raise ValueError(
            f"{place} must have a picture of each class in each set, got {came}: add some, a class "
            f"needs {len(shares)} or more that differ from each other and from those of other "
            f"classes{read['train'].left_out_of(short)}"
        )
    return place, read, tuple(sets[name] for name in SPLITS)


def describe_pictures(root: str | os.PathLike) -> str:
    """Say in words what a folder of pictures holds, and what is left out and why (notebook 05).

    Args:
        root: A folder as split_pictures reads it.

    Returns:
        Where the pictures lie; how many of each class each set has; their sizes in pixels; what is
        done to some of them; the files that are left out, with the reasons.

    Raises:
        FileNotFoundError: If root does not exist.
        ValueError: If split_pictures refuses the folder, for the same reason.
    """
    root = Path(root).absolute()
    place, read, sets = _read(root, quiet=True)
    counts = {name: part.counts() for name, part in zip(SPLITS, sets, strict=True)}
    skipped, sizes, notes = {}, [], defaultdict(list)
    for folder in read.values():
        skipped |= folder.skipped
        sizes += folder.sizes.values()
        for note, paths in folder.notes.items():
            notes[note] += paths
    beside = [
        p for folder in read.values() for p in files.files_named_as_pictures(Path(folder.root))
    ]
    widths, heights = zip(*sizes, strict=True)
    return "\n".join(
        [
            _origin(Path(root.name) / place.relative_to(root), read),
            *files.table(counts),
            f"{len(sizes)} pictures, {min(widths)} to {max(widths)} pixels wide and "
            f"{min(heights)} to {max(heights)} high",
            *(
                f"- {len(paths)} {note}: {files.some(paths, place)}"
                for note, paths in notes.items()
            ),
            f"Left out: {len(skipped) or 'no file'}",
            *(f"- {line}" for line in files.reasons_of(skipped, place)),
            *(
                [f"Beside the class folders, not read: {files.some(beside, place)}"]
                if beside
                else []
            ),
        ]
    )


def _origin(place: Path, read: dict[str, PictureFolder]) -> str:
    """Say which folders are read, and what is dealt from them."""
    if len(read) == 1:
        return f"{place.as_posix()} holds class folders: train, val and test get about 60, 20, 20 %"
    told = ", ".join(Path(folder.root).name for folder in read.values())
    dealt = "".join(f"; {name} gets about 20 % of train" for name in SPLITS if name not in read)
    return f"{place.as_posix()} holds the splits {told}{dealt}"
