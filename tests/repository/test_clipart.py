"""The clip art: what its table says is there, small, untidy on purpose, and split without leaks."""

import csv
import hashlib
import re
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from tools.books import ROOT
from tools.make_clipart import TARGET, kind, write

README = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
PICTURES = sorted(path for path in TARGET.rglob("*") if path.suffix in (".jpg", ".png"))


def rows():
    with open(TARGET / "sources.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def on_white(path):
    with Image.open(path) as picture:
        rgba = picture.convert("RGBA")
    page = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(page, rgba).convert("L")


def test_the_pictures_are_those_of_the_table():
    named = [f"{row['split']}/{row['label']}/{row['name']}" for row in rows()]
    found = [path.relative_to(TARGET).with_suffix("").as_posix() for path in PICTURES]
    assert sorted(named) == sorted(found)
    sources = [row["source"] for row in rows()]
    assert len(set(sources)) == len(sources)
    assert {path for path in TARGET.rglob("*.*")} == {*PICTURES, TARGET / "sources.csv"}


def test_the_readme_gives_the_counts_and_the_sum_of_the_whole():
    whole = hashlib.sha256()
    for path in PICTURES:
        whole.update(path.relative_to(TARGET).as_posix().encode() + path.read_bytes())
    assert f"`{whole.hexdigest()}`" in README
    counts = Counter((row["label"], row["split"]) for row in rows())
    for label in ("animals", "food", "vehicles"):
        numbers = " | ".join(str(counts[label, split]) for split in ("train", "val", "test"))
        assert f"| {label} | {numbers} |" in README


def test_it_is_small_and_untidy():
    assert sum(path.stat().st_size for path in PICTURES) <= 2_000_000
    modes, sizes = Counter(), set()
    for path in PICTURES:
        with Image.open(path) as picture:
            picture.load()
            modes[picture.mode] += 1
            sizes.add(picture.size)
            assert max(picture.size) <= 160
    assert set(modes) == {"RGB", "RGBA", "P", "LA"}
    assert min(modes.values()) >= 10
    assert len(sizes) > 100


def test_no_picture_has_a_near_duplicate_in_another_split():
    """Compare outlines, cropped and as 16 by 16 grey pixels, with each other and mirrored."""
    outlines = {}
    for path in PICTURES:
        grey = on_white(path)
        ink = Image.fromarray((np.asarray(grey) < 245).astype(np.uint8))
        cropped = grey.crop(ink.getbbox()).resize((16, 16), Image.Resampling.LANCZOS)
        pixels = np.asarray(cropped, dtype=float)
        outlines[path] = (pixels - pixels.mean()) / pixels.std()
    closest = {True: 0.0, False: 0.0}
    for one, other in combinations(PICTURES, 2):
        views = outlines[other], outlines[other][:, ::-1]
        alike = max((outlines[one] * view).mean() for view in views)
        same_split = one.parts[-3] == other.parts[-3]
        closest[same_split] = max(closest[same_split], alike)
    assert closest[False] < 0.9
    assert closest[True] > 0.95, "a lemon and a lime are twins, both in train: the check sees twins"


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_picture_is_made_smaller_and_keeps_what_it_should(tmp_path, mode):
    drawing = Image.new("RGBA", (400, 200), (0, 0, 0, 0))
    drawing.paste((200, 30, 30, 255), (100, 50, 300, 150))
    drawing.convert(mode).save(tmp_path / "source.png")
    for name in map(str, range(20)):
        path = write(tmp_path / "source.png", name, tmp_path / name)
        with Image.open(path) as made:
            assert made.width == (112 if kind(name, mode) == "RGBA" else 160)
            assert made.height == made.width // 2
            assert made.mode == {"JPEG": "RGB"}.get(kind(name, mode), kind(name, mode))
            if made.mode in ("RGBA", "LA"):
                assert made.getchannel("A").getextrema() == (0, 255)
        assert on_white(path).getpixel((0, 0)) > 250
    kinds = {kind(str(name), mode) for name in range(20)}
    assert kinds == ({"JPEG", "P", "RGBA"} if mode == "RGBA" else {mode})


def test_the_readme_names_no_file_that_is_not_there():
    for name in re.findall(r"`(clipart/[^`]+)`", README):
        assert (ROOT / "data" / name).exists()
