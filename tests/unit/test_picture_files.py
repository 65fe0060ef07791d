"""Where pictures lie in a folder: what is hidden, what is a split, and who gets which."""

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from torch_course.picture_files import (
    deal,
    files_named_as_pictures,
    find_place,
    find_splits,
    is_visible,
    notes_on,
    reasons_of,
    some,
    split_named,
    table,
    visible_folders,
)
from torch_course.pictures import load_picture


def make(root, *paths):
    """Make folders, for names that end in a slash, and empty files."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            (root / path).mkdir(exist_ok=True)
        else:
            (root / path).touch()


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("train", "train/Train/TRAIN/training/training_set/Train-Images/trainset/train data"),
        ("val", "val/VAL/valid/Validation/dev/eval/val_set/validation-data"),
        ("test", "test/Test/TESTING/testset/test_images"),
    ],
)
def test_a_split_is_known_by_many_names(split, names):
    for name in names.split("/"):
        assert split_named(name) == split, name


@pytest.mark.parametrize("name", ["cat", "steam train", "tests", "trains", "value", "set", ""])
def test_other_names_are_no_splits(name):
    assert split_named(name) is None


@pytest.mark.parametrize(
    "path",
    [
        *("cat/.DS_Store", "cat/._1.jpg", "cat/Thumbs.db", "cat/THUMBS.DB", "cat/desktop.ini"),
        *("__MACOSX/cat/1.jpg", "cat/.ipynb_checkpoints/1.jpg", "cat/@eaDir/1.jpg"),
        *("$RECYCLE.BIN/1.jpg", "cat/Icon\r"),
    ],
)
def test_what_systems_leave_behind_is_not_visible(tmp_path, path):
    assert not is_visible(Path(path))


@pytest.mark.parametrize("path", ["cat/1.jpg", "cat/__1.jpg", "cat/db/Thumbs.png", "1.jpg"])
def test_pictures_are_visible(path):
    assert is_visible(Path(path))


def test_folders_are_listed_without_hidden_ones(tmp_path):
    make(tmp_path, "b/", "A/", "ä/", "__MACOSX/", ".git/", "@eaDir/", "lost+found/", "file")
    assert visible_folders(tmp_path) == ["A", "b", "ä"]
    with pytest.raises(ValueError, match="file is a file, expected a folder of pictures"):
        visible_folders(tmp_path / "file")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*c; .* holds \['A', 'b',"):
        visible_folders(tmp_path / "c")


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def closed(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", closed)
    with pytest.raises(ValueError, match=r" is a folder that you may not read, expected one you"):
        visible_folders(tmp_path)


def test_pictures_are_known_by_their_ending_whatever_the_capitals(tmp_path):
    make(tmp_path, "b.JPG", "a.png", "._c.jpg", "notes.txt", "folder.jpg/", "d.heic")
    names = [path.name for path in files_named_as_pictures(tmp_path)]
    assert names == ["a.png", "b.JPG", "d.heic"]


@pytest.mark.parametrize(
    ("paths", "place"),
    [
        (("a/cat/", "a/dog/"), "a"),
        (("a/cat/", "a/dog/", "__MACOSX/", "readme.txt", ".git/"), "a"),
        (("a/b/cat/", "a/b/dog/"), "a/b"),
        (("train/cat/", "train/dog/"), "train"),
        (("cat/", "dog/"), ""),
        (("cat/1.jpg",), ""),
        (("a/cat/1.jpg",), "a"),
        (("a/cat/", "a/dog/", "1.jpg"), ""),
        (("a/cat/", "a/dog/", "a/1.jpg"), ""),
        (("a/cat/", "b/dog/"), ""),
        ((), ""),
    ],
)
def test_a_wrapper_is_passed_through(tmp_path, paths, place):
    make(tmp_path, *paths)
    assert find_place(tmp_path) == tmp_path / place


@pytest.mark.parametrize(
    ("paths", "splits"),
    [
        (("train/a/", "val/a/", "test/a/"), {"train": "train", "val": "val", "test": "test"}),
        (("Testing/a/", "Training/a/"), {"train": "Training", "test": "Testing"}),
        (("valid/a/", "TRAIN/a/", ".git/"), {"train": "TRAIN", "val": "valid"}),
        (("train/1.jpg", "cat/1.jpg"), {}),
        (("train/1.jpg", "train/a/1.jpg", "cat/1.jpg"), {}),
        (("train/", "cat/1.jpg"), {}),
        (("cat/a/1.jpg", "dog/b/1.jpg"), {}),
        (("cat/test/1.jpg", "dog/1.jpg"), {}),
        ((), {}),
    ],
)
def test_splits_are_found_in_their_order_or_folders_are_classes(tmp_path, paths, splits):
    make(tmp_path, *paths)
    found = find_splits(tmp_path)
    assert found == {split: tmp_path / name for split, name in splits.items()}
    assert list(found) == list(splits)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (("train/a/", "test/a/", "b/"), r"train and test alone|alone: move \['b'\] elsewhere"),
        (("train/a/", "Test/a/", "testing/a/"), r"\['Test', 'testing'\] all stand for test"),
        (("val/a/", "test/a/"), "expected train among them: without it nothing is learned"),
        (("train/a/", "val/1.jpg"), "val holds no folders, .* move it away, and val is dealt"),
        (("train/1.jpg", "test/1.jpg"), "train holds no folders, expected .* with its pictures$"),
        (("train/a/", "b/"), r"of which \['train'\] is named as a split and holds folders, but"),
        (("x/train/a/", "x/val/a/", "y/"), r"but \['x'\] have splits of their own: choose one"),
    ],
)
def test_what_is_neither_says_what_came_and_what_was_expected(tmp_path, paths, message):
    make(tmp_path, *paths)
    with pytest.raises(ValueError, match=message) as caught:
        find_splits(tmp_path)
    assert str(tmp_path) in str(caught.value)


SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}


def samples(root, *numbers, label=0, copies=1):
    """Write files of these contents, copies of each; return them as samples of a class."""
    paths = [root / f"{label}-{number}-{k}" for number in numbers for k in range(copies)]
    for path in paths:
        path.write_bytes(path.name.split("-")[1].encode())
    return [(str(path), label) for path in paths]


@pytest.mark.parametrize("start", range(0, 60, 3))
def test_three_pictures_of_a_class_are_one_for_each_split(tmp_path, start):
    dealt = deal(samples(tmp_path, *range(start, start + 3)), SHARES)
    assert [len(part) for part in dealt.values()] == [1, 1, 1]
    assert list(dealt) == list(SHARES)


def test_two_pictures_stay_where_their_content_sends_them(tmp_path):
    many = deal(samples(tmp_path, *range(30)), SHARES)["train"]
    assert deal(many[:2], SHARES) == {"train": many[:2], "val": [], "test": []}


@pytest.mark.parametrize("start", range(0, 60, 3))
def test_copies_are_moved_together(tmp_path, start):
    dealt = deal(samples(tmp_path, *range(start, start + 3), copies=4), SHARES)
    assert [len(part) for part in dealt.values()] == [4, 4, 4]
    for part in dealt.values():
        assert len({Path(path).read_bytes() for path, _ in part}) == 1


def test_a_picture_in_two_classes_is_in_one_split(tmp_path):
    both = [samples(tmp_path, *range(40), label=label) for label in (0, 1)]
    dealt = deal(both[0] + both[1][:3] + samples(tmp_path, 50, 51, 52, label=1), SHARES)
    holding = Counter(
        content
        for part in dealt.values()
        for content in {Path(path).read_bytes() for path, _ in part}
    )
    assert set(holding.values()) == {1}
    assert all({label for _, label in part} == {0, 1} for part in dealt.values())


def test_a_class_that_has_enough_moves_none_of_another(tmp_path):
    large = samples(tmp_path, *range(100))
    alone = deal(large, SHARES)
    small = samples(tmp_path, 200, 201, 202, label=1)
    together = deal(large + small, SHARES)
    for split, part in together.items():
        assert [sample for sample in part if sample[1] == 0] == alone[split]
        assert sum(label for _, label in part) == 1


def test_the_nearest_picture_is_moved(tmp_path):
    """Of pictures that all belong to train, val gets the largest number, test the next."""
    train = deal(samples(tmp_path, *range(30)), SHARES)["train"][:5]
    a, b, c, d, e = sorted(train, key=number_of)
    assert deal([a, b, c, d, e], SHARES) == {
        "train": [a, b, c],
        "val": [e],
        "test": [d],
    }


def number_of(sample):
    """Find a file's number by asking in which of two splits it lands, halving 40 times."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if deal([sample], {"a": middle, "b": 1 - middle})["a"]:
            high = middle
        else:
            low = middle
    return low


def test_many_files_are_told_up_to_a_dozen(tmp_path):
    skipped = {tmp_path / "cat" / f"{i:02}.jpg": "is empty: 0 bytes" for i in range(12)}
    lines = reasons_of(skipped, tmp_path)
    assert lines == [f"cat/{i:02}.jpg is empty: 0 bytes" for i in range(12)]
    skipped[tmp_path / "last.jpg"] = "is damaged: by whom"
    assert reasons_of(skipped, tmp_path) == [*lines, "1 more, which are in `skipped`"]
    assert reasons_of({}, tmp_path) == []


def test_some_are_told_and_the_others_counted(tmp_path):
    paths = [tmp_path / name for name in "abcde"]
    assert some(paths[:3], tmp_path) == "a, b, c"
    assert some(paths, tmp_path) == "a, b, c and 2 more"
    assert some(paths, tmp_path, 1) == "a and 4 more"


def test_a_table_lines_up():
    assert table({"train": {"cat": 1, "zebra": 20}, "val": {"cat": 300, "zebra": 0}}) == [
        "       train    val",
        "cat        1    300",
        "zebra     20      0",
    ]


@pytest.mark.parametrize("n_bytes", [2, 12])
def test_an_animation_that_breaks_off_in_its_second_picture_holds_several(tmp_path, n_bytes):
    """Pillow fails to tell, with an IndexError and a struct.error."""
    frames = [Image.effect_noise((16, 16), sigma) for sigma in (10, 90)]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    whole = path.read_bytes()
    frames[0].save(path)
    second = len(path.read_bytes()) - 1  # the second picture stands in place of the last byte
    path.write_bytes(whole[: whole.index(b",", second) + n_bytes])
    told = notes_on(path, load_picture(path))
    assert told == ["with several pictures in it, of which the first is taken"]


@pytest.mark.parametrize(("size", "small"), [((8, 8), False), ((7, 99), True), ((99, 7), True)])
def test_small_is_below_eight_pixels_on_a_side(tmp_path, size, small):
    Image.new("RGB", size).save(tmp_path / "a.png")
    told = notes_on(tmp_path / "a.png", Image.new("RGB", size))
    assert told == ["smaller than 8 pixels on a side, too small to show much"] * small


@pytest.mark.parametrize(
    ("mode", "name", "note"),
    [
        ("CMYK", "a.jpg", "in printing inks (CMYK), made RGB"),
        ("I;16", "a.png", "gray with more than 8 bits, scaled to 8"),
        ("F", "a.tif", "gray with more than 8 bits, scaled to 8"),
        ("LA", "a.png", "with transparency, laid on white"),
    ],
)
def test_what_is_done_to_a_mode_is_told(tmp_path, mode, name, note):
    Image.new(mode, (9, 9)).save(tmp_path / name)
    assert notes_on(tmp_path / name, load_picture(tmp_path / name)) == [note]


def test_files_beside_class_folders_are_known_by_every_common_ending(tmp_path):
    endings = "jpg jpeg png gif bmp webp tif tiff avif heic heif jfif jp2 ppm pgm tga ico"
    make(tmp_path, *(f"a.{ending}" for ending in endings.split()), "a.txt", "a.csv", "a")
    names = {path.name for path in files_named_as_pictures(tmp_path)}
    assert names == {f"a.{ending}" for ending in endings.split()}
