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
from torch_course.pictures import describe_pictures

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


def write_near(path, low, high, color="red"):
    """Write a picture whose content puts it between low and high: bytes after it do no harm."""
    Image.new("RGB", (4, 3), color).save(path, "bmp")
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
    for label, color in (("cat", "red"), ("dog", "blue")):
        (tmp_path / label).mkdir()
        for name, (low, high) in ends.items():
            write_near(tmp_path / label / f"{name}.bmp", low, high, color)
        write_near(tmp_path / label / "val 2.bmp", 0.799, 0.8, color)
    found = [[Path(path).name for path, _ in split.samples] for split in split_pictures(tmp_path)]
    assert found == [["train.bmp"] * 2, ["val 2.bmp", "val.bmp"] * 2, ["test.bmp"] * 2]
    (tmp_path / "dog" / "test.bmp").unlink()  # now the nearer one of val is moved there
    found = [[Path(path).name for path, _ in split.samples] for split in split_pictures(tmp_path)]
    assert found == [
        ["train.bmp"] * 2,
        ["val 2.bmp", "val.bmp", "val.bmp"],
        ["test.bmp", "val 2.bmp"],
    ]
    (tmp_path / "dog" / "val.bmp").unlink()
    expected = (
        "got train {'cat': 1, 'dog': 1}, val {'cat': 2, 'dog': 1}, test {'cat': 1, 'dog': 0}: add "
        "some, a class needs 3 or more that differ from each other and from those of other classes"
    )
    with pytest.raises(ValueError, match=f"{re.escape(expected)}$"):
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


def fill(folder, n, start=0):
    """Write n pictures, no two alike for other starts."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(start, start + n):
        Image.new("RGB", (9, 8), (i % 256, i // 256, 0)).save(folder / f"{i}.bmp")


def folders(root, *names, n=6):
    """Write a split of each name, with n pictures for each of two classes, none of them alike."""
    for k, name in enumerate(names):
        for label in (0, 1):
            fill(root / name / ("cat", "dog")[label], n, start=(2 * k + label) * n)


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (("Train", "Val", "Test"), [12, 12, 12]),
        (("TRAINING", "valid", "testing"), [12, 12, 12]),
        (("training_set", "Validation", "test set"), [12, 12, 12]),
        (("train", "dev", "TEST"), [12, 12, 12]),
        (("Training", "Testing"), [10, 2, 12]),
        (("train", "val"), [10, 12, 2]),
    ],
)
def test_splits_go_by_any_usual_name_and_a_missing_one_is_dealt_from_train(
    tmp_path, names, numbers
):
    folders(tmp_path, *names)
    sets = split_pictures(tmp_path)
    sizes = [len(split) for split in sets]
    if len(names) == 3:
        assert sizes == numbers
        assert [Path(split.root).name for split in sets] == list(names)
        return
    given = 2 if names[1] == "Testing" else 1
    assert sizes[given] == 12 == sizes[0] + sizes[3 - given]
    assert min(n for split in sets for n in split.counts().values()) >= 1
    paths = [path for split in sets for path, _ in split.samples]
    assert len(set(paths)) == len(paths) == 24
    dealt = [path for k in (0, 3 - given) for path, _ in sets[k].samples]
    assert all(path.startswith(str(tmp_path / names[0])) for path in dealt)


def test_a_missing_split_gets_a_fifth_of_train_by_content(tmp_path):
    folders(tmp_path, "train", "test", n=120)
    train_set, val_set, _ = split_pictures(tmp_path)
    contents = {p: share(Path(p).read_bytes()) for p, _ in [*train_set.samples, *val_set.samples]}
    assert {path for path, _ in val_set.samples} == {p for p, x in contents.items() if x >= 0.8}
    assert 30 < len(val_set) < 70


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("train", "val", "test", "more"), r"expected train, val and test alone: move \['more'\]"),
        (("train", "training", "test"), r"\['train', 'training'\] all stand for train"),
        (("valid", "dev", "train"), r"one for each split: \['dev', 'valid'\] all stand for val"),
        (("val", "test"), r"\['test', 'val'\], expected train among them"),
        (("train", "cat"), r"of which \['train'\] is named as a split and holds folders"),
        (("cat", "Test"), r"of which \['Test'\] is named as a split and holds folders"),
        (("a/train", "a/test", "b/train", "b/val"), r"one data set, but \['a', 'b'\] have splits"),
        (("a/train", "a/test", "b/more"), r"one data set, but \['a'\] have splits of their own"),
    ],
)
def test_folders_that_are_neither_splits_nor_classes_are_refused(tmp_path, names, message):
    folders(tmp_path, *names)
    for read in (split_pictures, describe_pictures, PictureFolder):
        with pytest.raises(ValueError, match=message):
            read(tmp_path)


def test_a_folder_of_splits_is_refused_by_the_set_for_one_and_each_split_is_read(tmp_path):
    folders(tmp_path, "Train", "test")
    with pytest.raises(ValueError, match=r"holds the splits \['Train', 'test'\]: use split_pic"):
        PictureFolder(tmp_path)
    assert len(PictureFolder(tmp_path / "Train")) == 12


def test_a_split_without_class_folders_is_refused_with_what_to_do(tmp_path):
    folders(tmp_path, "train")
    fill(tmp_path / "test", 3)
    expected = (
        f"{tmp_path / 'test'} holds no folders, expected one for each class, with its pictures; "
        "or move it away, and test is dealt from train"
    )
    with pytest.raises(ValueError, match=re.escape(expected)):
        split_pictures(tmp_path)
    shutil.rmtree(tmp_path / "test")
    assert sum(map(len, split_pictures(tmp_path))) == 12  # train is a wrapper now
    shutil.rmtree(tmp_path / "train")
    fill(tmp_path / "train", 3)
    fill(tmp_path / "test", 3)
    with pytest.raises(ValueError, match=r"train holds no folders, .* with its pictures$"):
        split_pictures(tmp_path)


def test_classes_that_hold_splits_are_told_to_turn_the_order(tmp_path):
    for place in ("cat/train", "cat/test", "dog/train", "dog/test"):
        fill(tmp_path / place, 3)
    with pytest.raises(ValueError, match="if these are classes, turn the order to train/cat"):
        split_pictures(tmp_path)


def test_what_a_zip_file_unpacks_to_is_read(tmp_path):
    folders(tmp_path / "pets-main" / "pets", "Train", "Test")
    for hidden in ("__MACOSX/Train/cat", ".git/cat", "pets-main/pets/__MACOSX/Test"):
        fill(tmp_path / hidden, 3)
    (tmp_path / "readme.txt").write_text("about")
    assert sum(map(len, split_pictures(tmp_path))) == 24
    assert describe_pictures(tmp_path).startswith(
        f"{tmp_path.name}/pets-main/pets holds the splits Train, Test; val gets about 20 % of train"
    )
    with pytest.raises(ValueError, match=r"got the folders \['pets-main'\], and 1 files beside"):
        PictureFolder(tmp_path)


def test_a_class_may_be_named_as_a_split_is(many):
    (many / "cat").rename(many / "train")
    assert PictureFolder(many).classes == ["dog", "train"]
    assert split_pictures(many)[0].classes == ["dog", "train"]


def test_splits_must_have_the_same_classes(tmp_path):
    folders(tmp_path, "train", "val", "test")
    (tmp_path / "__MACOSX" / "train").mkdir(parents=True)
    assert [len(split) for split in split_pictures(tmp_path)] == [12, 12, 12]
    (tmp_path / "test" / "dog").rename(tmp_path / "test" / "fox")
    with pytest.raises(ValueError, match=r"val \['cat', 'dog'\], test \['cat', 'fox'\]"):
        split_pictures(tmp_path)


@pytest.mark.parametrize("n", [3, 4, 8])
@pytest.mark.parametrize("start", range(0, 500, 50))
def test_of_few_pictures_each_set_gets_one_of_each_class(tmp_path, n, start):
    fill(tmp_path / "cat", n, start)
    fill(tmp_path / "dog", n, start + n)
    sets = split_pictures(tmp_path)
    assert min(count for split in sets for count in split.counts().values()) >= 1
    assert sum(map(len, sets)) == 2 * n
    before = held(tmp_path)
    (tmp_path / "cat" / f"{start}.bmp").rename(tmp_path / "cat" / "zebra.bmp")
    assert held(tmp_path) == before


def test_too_few_because_of_files_left_out_says_so(tmp_path):
    fill(tmp_path / "cat", 9)
    fill(tmp_path / "dog", 2, start=9)
    (tmp_path / "dog" / "a.heic").write_text("no picture")
    (tmp_path / "cat" / "b.png").write_text("no picture")
    expected = (
        r"from those of other classes \(left out: dog/a.heic is no picture that "
        r"Pillow can read: export it as JPEG\)$"
    )
    for read in (split_pictures, describe_pictures):
        with pytest.raises(ValueError, match=expected):
            read(tmp_path)


def odd_files(folder):
    """Write usable pictures of each unusual kind; return what is told of each, by its name."""
    noise = np.random.default_rng(42).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.resize((30, 20)).save(folder / "turned.jpg", exif=exif)
    frames = [Image.new("RGB", (9, 9), color) for color in ("red", "blue")]
    for name in ("moving.gif", "moving.webp"):
        frames[0].save(folder / name, save_all=True, append_images=frames[1:])
    picture.convert("CMYK").save(folder / "inks.jpg")
    Image.fromarray(np.full((9, 9), 32_896, np.uint16)).save(folder / "deep.png")
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(folder / "clear.png")
    Image.new("P", (9, 9)).save(folder / "palette.png", transparency=0)
    Image.new("RGB", (7, 99)).save(folder / "thin.bmp")
    picture.save(folder / "whole.jpg")
    picture.save(folder / "ünïcödé 猫.png")
    phone = Image.new("RGB", (9, 9))
    phone.save(folder / "phone.mpo", save_all=True, append_images=[picture])
    return {
        "turned.jpg": ["turned upright, as the EXIF data ask"],
        "moving.gif": ["with several pictures in it, of which the first is taken"],
        "moving.webp": ["with several pictures in it, of which the first is taken"],
        "inks.jpg": ["in printing inks (CMYK), made RGB"],
        "deep.png": ["gray with more than 8 bits, scaled to 8"],
        "clear.png": ["with transparency, laid on white"],
        "palette.png": ["with transparency, laid on white"],
        "thin.bmp": ["smaller than 8 pixels on a side, too small to show much"],
        "whole.jpg": [],
        "ünïcödé 猫.png": [],
        "phone.mpo": [],
    }


def test_unusual_pictures_are_used_and_noted(pets, capsys):
    notes = odd_files(pets / "dog")
    folder = PictureFolder(pets)
    assert capsys.readouterr().out == ""
    assert folder.counts() == {"cat": 10, "dog": 10 + len(notes)}
    for name, expected in notes.items():
        path = pets / "dog" / name
        assert [note for note, paths in folder.notes.items() if path in paths] == expected, name
    assert folder.sizes[pets / "dog" / "turned.jpg"] == (20, 30)  # upright, unlike the file
    colors = {name: load_picture(pets / "dog" / name).getpixel((4, 4)) for name in notes}
    assert colors["deep.png"] == (128,) * 3
    assert colors["clear.png"] == colors["palette.png"] == (255,) * 3
    assert colors["moving.gif"] == (255, 0, 0)
    red, green, blue = colors["moving.webp"]
    assert red > 200 > 50 > max(green, blue)


@pytest.mark.parametrize("size", [28, 48])
def test_half_a_small_jpeg_is_left_out_like_any_other(pets, size, capsys):
    noise = np.random.default_rng(42).integers(0, 256, (size, size, 3), dtype=np.uint8)
    path = pets / "cat" / "small.jpg"
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    for part in (len(whole) // 4, len(whole) // 2, len(whole) * 3 // 4):
        path.write_bytes(whole[:part])
        folder = PictureFolder(pets)
        assert folder.skipped == {path: "is damaged: image file is truncated"}
        line = "left out: cat/small.jpg is damaged: image file is truncated\n"
        assert capsys.readouterr().out == line
    path.write_bytes(whole)
    assert PictureFolder(pets).sizes[path] == (size, size)


def test_what_is_left_out_is_kept_with_its_reason_and_told_up_to_a_dozen(pets, capsys):
    reasons = bad_files(pets / "dog")
    folder = PictureFolder(pets, quiet=True)
    assert capsys.readouterr().out == ""
    assert {path.name for path in folder.skipped} == set(reasons)
    for path, why in folder.skipped.items():
        assert path.parent == pets / "dog"
        assert why.startswith(reasons[path.name])
    for i in range(20):
        (pets / "cat" / f"{i}.txt").write_text("no picture")
    assert len(PictureFolder(pets).skipped) == 26
    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == 12
    assert last == "left out: 14 more, which are in `skipped`"


def test_a_file_that_may_not_be_read_is_left_out(pets, monkeypatch):
    def closed(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Image, "open", closed)
    with pytest.raises(ValueError, match=r"0\.png is a file that you may not read$"):
        load_picture(pets / "cat" / "0.png")


def test_with_nothing_to_read_the_reasons_are_told(tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "a.jpg").write_bytes(b"")
    expected = (
        "has no usable picture in the class folders ['cat', 'dog'] (left out: cat/a.jpg is empty: "
        "0 bytes; dog/a.jpg is empty: 0 bytes)"
    )
    for read in (PictureFolder, split_pictures, describe_pictures):
        with pytest.raises(ValueError, match=f"{re.escape(expected)}$"):
            read(tmp_path)


def test_what_is_left_out_of_splits_is_told_with_the_split(tmp_path, capsys):
    folders(tmp_path, "Train", "test")
    for name in ("Train", "test"):
        (tmp_path / name / "cat" / "a.jpg").write_bytes(b"")
    split_pictures(tmp_path)
    told = [f"left out: {name}/cat/a.jpg is empty: 0 bytes\n" for name in ("Train", "test")]
    assert capsys.readouterr().out == "".join(told)


def test_a_description_tells_all_of_a_folder_with_splits(tmp_path):
    folders(tmp_path / "pets", "Train", "val", "TEST", n=2)
    (tmp_path / "pets" / "Train" / "dog" / "text.jpg").write_text("no picture")
    (tmp_path / "pets" / "TEST" / "cat" / "empty.png").write_bytes(b"")
    (tmp_path / "pets" / "val" / "cat" / "more").mkdir()
    for i in range(4):
        Image.new("RGB", (7, 20 + i)).save(tmp_path / "pets" / "val" / "cat" / "more" / f"{i}.png")
    fill(tmp_path / "pets" / "val", 1)
    assert describe_pictures(tmp_path / "pets").splitlines() == [
        "pets holds the splits Train, val, TEST",
        "     train    val   test",
        "cat      2      6      2",
        "dog      2      2      2",
        "16 pictures, 7 to 9 pixels wide and 8 to 23 high",
        "- 4 smaller than 8 pixels on a side, too small to show much: val/cat/more/0.png, "
        "val/cat/more/1.png, val/cat/more/2.png and 1 more",
        "- 4 in folders within a class folder: val/cat/more/0.png, val/cat/more/1.png, "
        "val/cat/more/2.png and 1 more",
        "Left out: 2",
        "- Train/dog/text.jpg is no picture that Pillow can read",
        "- TEST/cat/empty.png is empty: 0 bytes",
        "Beside the class folders, not read: val/0.bmp",
    ]


def test_a_description_of_class_folders_says_how_they_are_dealt(many, capsys):
    lines = describe_pictures(f"{many}/").splitlines()
    sets = split_pictures(many)
    assert lines[0] == "many holds class folders: train, val and test get about 60, 20, 20 %"
    for line, label in zip(lines[2:4], ("cat", "dog"), strict=True):
        assert line.split() == [label, *(str(split.counts()[label]) for split in sets)]
    assert lines[4] == "120 pictures, 4 to 4 pixels wide and 3 to 3 high"
    assert lines[6:] == ["Left out: no file"]
    assert lines[5].startswith("- 120 smaller than 8 pixels on a side")
    assert capsys.readouterr().out == ""


def test_a_name_that_cannot_be_printed_is_told_all_the_same(many, capsys):
    name = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    try:
        (many / "cat" / name).write_bytes(b"")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes names in UTF-8 alone")
    assert "- cat/caf\\udce9.png is empty: 0 bytes" in describe_pictures(many)
    PictureFolder(many)
    assert capsys.readouterr().out == "left out: cat/caf\\udce9.png is empty: 0 bytes\n"
