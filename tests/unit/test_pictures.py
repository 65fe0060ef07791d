"""The helpers for pictures: what they read, what they leave out with a word, what they refuse."""

import hashlib
import itertools
import pickle
import re
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from helper_functions import DATA_DIR, PictureFolder, load_picture, split_pictures

CLIPART = DATA_DIR / "clipart"
SHIPPED = sorted((CLIPART / "val").rglob("*.*"))
JPEG = next(path for path in SHIPPED if path.suffix == ".jpg")
PNG = next(path for path in SHIPPED if path.suffix == ".png")


@pytest.fixture
def pets(tmp_path):
    """A folder of two classes with ten pictures each, all of another color."""
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(10):
            picture = Image.new("RGB", (8 + i, 6), (20 * i, 100 * label, 0))
            picture.save(tmp_path / "pets" / name / f"{i}.png")
    return tmp_path / "pets"


def bad_files(folder):
    """Write one file of each kind that can't be used; return their reasons by name."""
    half = len(JPEG.read_bytes()) // 2
    (folder / "half.jpg").write_bytes(JPEG.read_bytes()[:half])
    (folder / "half.png").write_bytes(PNG.read_bytes()[: len(PNG.read_bytes()) // 2])
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("no picture")
    (folder / "notes.txt").write_text("no picture either")
    Image.new("1", (10_000, 10_000)).save(folder / "huge.png")
    return {
        "half.jpg": "is damaged: image file is truncated",
        "half.png": "is damaged: ",
        "empty.png": "is empty: 0 bytes",
        "text.png": "is no picture that Pillow can read",
        "notes.txt": "is no picture that Pillow can read",
        "huge.png": "is too large: over 89 million pixels, make it smaller first",
    }


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    path = tmp_path / ("picture.tif" if mode == "CMYK" else "picture.png")
    Image.new(mode, (5, 4)).save(path)
    picture = load_picture(path)
    assert (picture.mode, picture.size) == ("RGB", (5, 4))
    transparent = mode in ("LA", "RGBA", "CMYK")  # in CMYK no ink is white
    assert picture.getpixel((0, 0)) == ((255,) * 3 if transparent else (0,) * 3)


def test_what_is_half_transparent_is_mixed_with_white(tmp_path):
    Image.new("RGBA", (2, 2), (200, 0, 100, 128)).save(tmp_path / "half.png")
    expected = [255 + (c - 255) * 128 / 255 for c in (200, 0, 100)]
    assert load_picture(tmp_path / "half.png").getpixel((0, 0)) == pytest.approx(expected, abs=1)
    palette = Image.new("P", (2, 2))
    palette.putpalette([10, 20, 30])
    palette.save(tmp_path / "palette.png", transparency=0)
    assert load_picture(tmp_path / "palette.png").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        (np.int32, [0, 7, 255], [0, 7, 255]),
        (np.int32, [0, 257, 65535], [0, 1, 255]),
        (np.int32, [0, 128, 256], [0, 0, 1]),
        (np.float32, [0.0, 0.5, 1.0], [0, 128, 255]),
        (np.float32, [0.0, 1.4, 255.0], [0, 1, 255]),
        (np.int32, [65535], [255]),
        (np.uint16, [0, 200, 255], [0, 1, 1]),
        (np.uint16, [0, 257, 32896, 65535], [0, 1, 128, 255]),
    ],
)
def test_other_numbers_are_scaled_by_their_range(tmp_path, dtype, values, expected):
    Image.fromarray(np.array([values], dtype=dtype)).save(tmp_path / "a.tif")
    assert np.asarray(load_picture(tmp_path / "a.tif"))[0, :, 0].tolist() == expected


@pytest.mark.parametrize(
    ("dtype", "values", "message"),
    [
        (np.int32, [0, 65536], "has values from 0 to 65536, expected 0 to 65535"),
        (np.int32, [-1, 5], "has values from -1 to 5, expected 0 to 65535"),
        (np.float32, [0, 256], "has values from 0 to 256, expected 0 to 255"),
        (np.float32, [0, np.nan], "has values from nan to nan, expected 0 to 255"),
    ],
)
def test_numbers_out_of_every_range_are_refused(tmp_path, dtype, values, message):
    Image.fromarray(np.array([values], dtype=dtype)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=message):
        load_picture(tmp_path / "a.tif")


def test_a_link_to_a_picture_is_that_picture(tmp_path):
    (tmp_path / "link.jpg").symlink_to(JPEG)
    assert load_picture(str(tmp_path / "link.jpg")) == load_picture(JPEG)


def test_a_link_to_nothing_is_named_and_left_out(pets, capsys):
    (pets / "cat" / "link.png").symlink_to(pets / "gone.png")
    with pytest.raises(FileNotFoundError, match=r"link\.png is a link to a file that is not there"):
        load_picture(pets / "cat" / "link.png")
    assert len(PictureFolder(pets)) == 20
    expected = "left out: cat/link.png is a link to a file that is not there\n"
    assert capsys.readouterr().out == expected


def test_a_photo_is_turned_upright(tmp_path):
    photo = Image.new("RGB", (30, 20), "red")
    photo.paste("blue", (0, 0, 15, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be turned by a quarter, clockwise
    photo.save(tmp_path / "photo.jpg", exif=exif)
    upright = load_picture(tmp_path / "photo.jpg")
    assert upright.size == (20, 30)
    red, _, blue = upright.getpixel((10, 2))
    assert blue > 200 > red


def test_a_bad_file_is_named_with_its_reason_and_closed(tmp_path):
    for name, reason in bad_files(tmp_path).items():
        with pytest.raises(ValueError, match=re.escape(f"{tmp_path / name} {reason}")):
            load_picture(tmp_path / name)  # a file left open is a warning, and that an error
    with pytest.raises(ValueError, match="is a folder, expected a picture's file"):
        load_picture(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"No such file .*missing\.png"):
        load_picture(tmp_path / "missing.png")
    with pytest.raises(ValueError, match=r"is damaged: image file is truncated$"):
        load_picture(tmp_path / "half.jpg")  # without a count of bytes


def test_too_large_is_an_error_whatever_becomes_of_other_warnings(tmp_path):
    bad_files(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = list(warnings.filters)
        with pytest.raises(ValueError, match="is too large: over 89 million pixels"):
            load_picture(tmp_path / "huge.png")
        assert warnings.filters == before


@pytest.mark.parametrize("path", [JPEG, PNG], ids=["jpeg", "png"])
@settings(max_examples=50)
@given(data=st.data())
def test_damage_anywhere_gives_a_picture_or_a_named_error(tmp_path_factory, path, data):
    whole = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    whole = whole[: data.draw(st.integers(0, len(whole)))]
    file = tmp_path_factory.getbasetemp() / f"damaged{path.suffix}"
    file.write_bytes(whole)
    try:
        assert load_picture(file).mode == "RGB"
    except ValueError as error:
        assert str(error).startswith(f"{file} is ")


def test_it_equals_torchvisions_image_folder():
    ours = PictureFolder(CLIPART / "val")
    theirs = ImageFolder(CLIPART / "val", loader=load_picture)
    for name in ("classes", "class_to_idx", "samples", "targets", "imgs"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert len(ours) == len(theirs)
    assert all(a == b for a, b in zip(ours, theirs, strict=True))


def test_bad_files_are_left_out_with_a_line_each(pets, capsys):
    reasons = bad_files(pets / "dog")
    for hidden in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (pets / "cat" / hidden).write_text("made by the file manager")
    for hidden in (".ipynb_checkpoints", "__MACOSX", "cat/.ipynb_checkpoints", "cat/__MACOSX"):
        (pets / hidden).mkdir()
        Image.new("L", (3, 3)).save(pets / hidden / "a.png")
    folder = PictureFolder(pets)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(reasons)
    for name, reason in reasons.items():
        (line,) = [line for line in lines if f"dog/{name} " in line]
        assert line.startswith(f"left out: dog/{name} {reason}")
        assert str(pets) not in line
    assert folder.classes == ["cat", "dog"]
    assert folder.targets == [0] * 10 + [1] * 10
    assert folder.counts() == {"cat": 10, "dog": 10}
    assert folder.samples == folder.imgs
    assert len(folder) == 20


def test_what_is_hidden_is_so_inside_the_root_only(pets):
    """A folder below a hidden one, such as ~/.cache, is read; so are folders in class folders."""
    (pets / "cat" / "more").mkdir()
    (pets / "cat" / "0.png").rename(pets / "cat" / "more" / "__0.png")
    pets.rename(pets.parent / ".pets")
    assert PictureFolder(pets.parent / ".pets").counts() == {"cat": 10, "dog": 10}


def test_pictures_are_transformed_and_opened_with_care(pets):
    Image.new("LA", (3, 3)).save(pets / "cat" / "0.png")
    assert PictureFolder(pets)[0][0].getpixel((1, 1)) == (255, 255, 255)
    assert PictureFolder(pets, transform=lambda picture: picture.size)[0] == ((3, 3), 0)


def test_a_folder_can_be_pickled_with_its_transform(pets):
    """So workers can get it however they start; test_face starts one."""
    folder = PictureFolder(pets, transform=v2.Compose([v2.Resize((4, 4)), v2.ToImage()]))
    again = pickle.loads(pickle.dumps(folder))
    assert again.samples == folder.samples
    assert all(torch.equal(a[0], b[0]) for a, b in zip(again, folder, strict=True))


def test_a_wrong_folder_says_what_is_there(pets, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    missing = tmp_path / "pest" / "all"
    expected = f"there is no folder {missing}; {tmp_path} holds ['pets']"
    for read in (PictureFolder, split_pictures):
        with pytest.raises(FileNotFoundError, match=re.escape(expected)):
            read("pest/all")
    with pytest.raises(
        ValueError, match=r"of 2 or more classes, got the folders \['pets'\], and 0 files"
    ):
        PictureFolder(tmp_path)
    with pytest.raises(ValueError, match=r"got the folders \[\], and 10 files beside them"):
        PictureFolder(pets / "cat")
    with pytest.raises(ValueError, match="is a file, expected a folder of pictures"):
        PictureFolder(pets / "cat" / "0.png")
    with pytest.raises(ValueError, match="use split_pictures"):
        PictureFolder(CLIPART)
    (pets / "bird").mkdir()
    for read in (PictureFolder, split_pictures):
        with pytest.raises(ValueError, match=r"no usable picture in the class folders \['bird'\]"):
            read(pets)
        (pets / "bird" / "text.png").write_text("no picture")
        with pytest.raises(ValueError, match=r"no usable picture in the class folders \['bird'\]"):
            read(pets)


def test_splits_that_are_there_are_taken():
    sets = split_pictures(CLIPART)
    for split, name in zip(sets, ("train", "val", "test"), strict=True):
        assert split.samples == PictureFolder(CLIPART / name).samples


def share(content):
    """Return where from 0 to 1 a file's content puts it."""
    return int(hashlib.sha256(content).hexdigest()[:16], 16) / 16**16


@pytest.fixture
def many(tmp_path):
    """Two classes of 60 pictures each, as files without compression, all of another color."""
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / "many" / name).mkdir(parents=True)
        for i in range(60):
            picture = Image.new("RGB", (4, 3), (i, 100 * label, 0))
            picture.save(tmp_path / "many" / name / f"{i}.bmp")
    return tmp_path / "many"


def write_near(path, low, high):
    """Write a picture whose content puts it between low and high: bytes after it do no harm."""
    Image.new("RGB", (4, 3), "red").save(path, "bmp")
    contents = (path.read_bytes() + str(i).encode() for i in itertools.count())
    path.write_bytes(next(content for content in contents if low <= share(content) < high))


def test_each_picture_goes_where_its_content_sends_it(many):
    sets = split_pictures(many)
    for split, low, high in zip(sets, (0, 0.6, 0.8), (0.6, 0.8, 1), strict=True):
        pictures = sorted(many.rglob("*.bmp"))
        expected = [path for path in pictures if low <= share(path.read_bytes()) < high]
        assert sorted(Path(path) for path, _ in split.samples) == expected
        assert split.targets == [label for _, label in split.samples]
        assert len(split) == len(expected) == sum(split.counts().values())
    assert [0.5 < len(sets[0]) / 120 < 0.7, 0.1 < len(sets[1]) / 120 < 0.3] == [True, True]


def test_the_shares_are_60_20_and_20_percent_and_one_picture_of_a_class_will_do(tmp_path):
    ends = {"train": (0.599, 0.6), "val": (0.6, 0.601), "test": (0.8, 0.801)}
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for name, (low, high) in ends.items():
            write_near(tmp_path / label / f"{name}.bmp", low, high)
        write_near(tmp_path / label / "val 2.bmp", 0.799, 0.8)
    found = [[Path(path).name for path, _ in split.samples] for split in split_pictures(tmp_path)]
    assert found == [["train.bmp"] * 2, ["val 2.bmp", "val.bmp"] * 2, ["test.bmp"] * 2]
    (tmp_path / "dog" / "test.bmp").unlink()
    expected = (
        "got train {'cat': 1, 'dog': 1}, val {'cat': 2, 'dog': 2}, test {'cat': 1, 'dog': 0}: add"
    )
    with pytest.raises(ValueError, match=re.escape(expected)):
        split_pictures(tmp_path)


def held(root):
    """Return which set holds each content."""
    sets = split_pictures(root)
    return {
        Path(path).read_bytes(): name
        for split, name in zip(sets, ("train", "val", "test"), strict=True)
        for path, _ in split.samples
    }


def test_renaming_adding_and_removing_one_moves_no_other(many, monkeypatch):
    before = held(many)
    (many / "cat" / "7.bmp").rename(many / "cat" / "a new name.bmp")
    assert held(many) == before
    Image.new("RGB", (4, 3), "white").save(many / "dog" / "-.bmp")
    added = held(many)
    assert {content: added[content] for content in before} == before
    assert len(added) == 121
    (many / "dog" / "3.bmp").unlink()
    assert held(many).items() < added.items()
    many.rename(many.parent / "moved")
    monkeypatch.chdir(many.parent)
    assert held("moved").items() < added.items()


def test_copies_of_a_picture_are_in_one_set(many):
    for i in range(5):
        shutil.copy(many / "cat" / "7.bmp", many / "dog" / f"copy {i}.bmp")
    content = (many / "cat" / "7.bmp").read_bytes()
    holding = [
        any(Path(path).read_bytes() == content for path, _ in split.samples)
        for split in split_pictures(many)
    ]
    assert sum(holding) == 1


def test_each_set_has_a_transform_of_its_own(many):
    sets = split_pictures(many)
    sets[0].transform = v2.ToImage()
    assert sets[1].transform is sets[2].transform is None
    assert isinstance(sets[0][0][0], torch.Tensor)


def folders(root, *names):
    for name in names:
        for label in ("cat", "dog"):
            (root / name / label).mkdir(parents=True)
            Image.new("L", (3, 3)).save(root / name / label / "a.png")


@pytest.mark.parametrize(
    "names",
    [
        *(("Training", "Testing"), ("train", "valid", "test"), ("train", "val", "test", "more")),
        *(("train", "val"), ("Train", "Val", "Test"), ("training", "cat"), ("cat", "validation")),
        *(("dev", "cat"), ("testing", "cat"), ("cat", "eval"), ("train", "cat"), ("VAL", "cat")),
        *(("Test", "cat"), ("cat", "valid")),
    ],
)
def test_splits_of_other_names_are_no_classes(tmp_path, names):
    folders(tmp_path, *names)
    with pytest.raises(
        ValueError, match=r"must hold the folders \['train', 'val', 'test'\] and no"
    ):
        split_pictures(tmp_path)
    with pytest.raises(ValueError, match="use split_pictures, or one of them"):
        PictureFolder(tmp_path)


def test_a_class_may_be_named_as_a_split_is(many):
    (many / "cat").rename(many / "train")
    assert PictureFolder(many).classes == ["dog", "train"]
    assert split_pictures(many)[0].classes == ["dog", "train"]


def test_splits_must_have_the_same_classes(tmp_path):
    folders(tmp_path, "train", "val", "test")
    (tmp_path / "__MACOSX" / "train").mkdir(parents=True)
    assert [len(split) for split in split_pictures(tmp_path)] == [2, 2, 2]
    (tmp_path / "test" / "dog").rename(tmp_path / "test" / "fox")
    with pytest.raises(ValueError, match=r"val \['cat', 'dog'\], test \['cat', 'fox'\]"):
        split_pictures(tmp_path)
