"""The helpers for pictures: what they read, what they leave out with a word, what they refuse."""

import pickle
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from helper_functions import (
    DATA_DIR,
    PictureFolder,
    describe_predictions,
    load_picture,
    split_pictures,
)

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


def test_16_bits_are_scaled_and_not_cut_off(tmp_path):
    Image.fromarray(np.array([[0, 257, 32896, 65535]], dtype=np.uint16)).save(tmp_path / "deep.png")
    assert np.asarray(load_picture(tmp_path / "deep.png"))[0, :, 0].tolist() == [0, 1, 128, 255]


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
    with pytest.raises(FileNotFoundError, match="missing"):
        load_picture(tmp_path / "missing.png")


@pytest.mark.parametrize("path", [JPEG, PNG], ids=["jpeg", "png"])
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


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_it_equals_torchvisions_image_folder(split):
    ours = PictureFolder(CLIPART / split)
    theirs = ImageFolder(CLIPART / split, loader=load_picture)
    for name in ("classes", "class_to_idx", "samples", "targets"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert len(ours) == len(theirs)
    assert all(a == b for a, b in zip(ours, theirs, strict=True))


def test_bad_files_are_left_out_with_a_line_each(pets, capsys):
    reasons = bad_files(pets / "dog")
    for hidden in (pets / "cat" / ".DS_Store", pets / "cat" / "Thumbs.db"):
        hidden.write_text("made by the file manager")
    (pets / ".ipynb_checkpoints").mkdir()
    folder = PictureFolder(pets)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(reasons)
    for name, reason in reasons.items():
        (line,) = [line for line in lines if f"dog/{name} " in line]
        assert line.startswith(f"left out: dog/{name} {reason}")
        assert str(pets) not in line
    assert folder.classes == ["cat", "dog"]
    assert folder.targets == [0] * 10 + [1] * 10


def test_workers_get_a_folder_however_they_start(pets):
    to_tensor = v2.Compose([v2.Resize((4, 4)), v2.ToImage()])
    folder = PictureFolder(pets, transform=to_tensor)
    assert [y for _, y in pickle.loads(pickle.dumps(folder))] == folder.targets
    loader = DataLoader(folder, batch_size=8, num_workers=1, multiprocessing_context="spawn")
    X = torch.cat([X for X, _ in loader])
    assert torch.equal(X, torch.stack([x for x, _ in folder]))


def test_a_wrong_folder_says_what_is_there(pets, tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(f"{tmp_path} holds ['pets']")):
        PictureFolder(tmp_path / "pest")
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
    (pets / "bird" / "text.png").write_text("no picture")
    for read in (PictureFolder, split_pictures):
        with pytest.raises(ValueError, match=r"no usable picture in the class folders \['bird'\]"):
            read(pets)


def test_splits_that_are_there_are_taken():
    sets = split_pictures(CLIPART)
    for split, name in zip(sets, ("train", "val", "test"), strict=True):
        assert split.samples == PictureFolder(CLIPART / name).samples


def test_splits_are_dealt_by_class_and_always_the_same(pets, monkeypatch):
    sets = split_pictures(pets)
    assert [len(split) for split in sets] == [12, 4, 4]
    assert all(split.targets.count(0) == len(split) / 2 for split in sets)
    dealt = [sample for split in sets for sample in split.samples]
    assert sorted(dealt) == PictureFolder(pets).samples
    monkeypatch.chdir(pets.parent)
    again = split_pictures("pets")
    for split, other in zip(sets, again, strict=True):
        assert [y for _, y in split] == [y for _, y in other]
        assert all(a == b for (a, _), (b, _) in zip(split, other, strict=True))
    sets[0].transform = v2.ToImage()
    assert sets[1].transform is None, "each set has a transform of its own"


def test_splits_that_do_not_fit_are_refused(pets, tmp_path):
    for name in ("5", "6", "7", "8", "9", "4"):
        (pets / "cat" / f"{name}.png").unlink()
    with pytest.raises(ValueError, match=r"5 or more pictures of each class, got {'cat': 4,"):
        split_pictures(pets)
    pets.rename(tmp_path / "train")
    with pytest.raises(ValueError, match=r"\['train', 'val', 'test'\], got \['train'\]"):
        split_pictures(tmp_path)
    for name, classes in (("val", ("cat", "dog")), ("test", ("cat", "fox"))):
        for label in classes:
            (tmp_path / name / label).mkdir(parents=True)
            Image.new("L", (3, 3)).save(tmp_path / name / label / "a.png")
    with pytest.raises(ValueError, match=r"val \['cat', 'dog'\], test \['cat', 'fox'\]"):
        split_pictures(tmp_path)


def test_a_constant_predictor_is_called_one():
    y = torch.tensor([0, 1, 1, 1, 2])
    text = describe_predictions(torch.ones(5, dtype=torch.int64), y, ["pizza", "steak", "sushi"])
    assert text.startswith("accuracy 60.0%, balanced accuracy 33.3%. A constant predictor")
    assert "'steak' for all 5 examples" in text
    text = describe_predictions(torch.tensor([0, 1, 1, 0, 0]), y, ["pizza", "steak", "sushi"])
    assert "constant" not in text
    assert "Recall: pizza 100.0%, steak 66.7%, sushi 0.0%. Never answered: sushi." in text
    alone = torch.zeros(3, dtype=torch.int64)
    assert "constant" not in describe_predictions(alone, alone, ["one", "two"])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_its_figures_are_those_of_scikit_learn(pairs):
    y_pred, y = torch.tensor(pairs).T
    text = describe_predictions(y_pred, y, ["a", "b", "c", "d"])
    assert text.startswith(f"accuracy {accuracy_score(y, y_pred):.1%}, balanced accuracy ")
    if len(y.unique()) > 1 and torch.isin(y_pred, y).all():  # scikit-learn warns of the others
        assert f"balanced accuracy {balanced_accuracy_score(y, y_pred):.1%}. " in text


def test_predictions_that_do_not_fit_are_refused():
    y, names = torch.tensor([0, 1]), ["a", "b"]
    with pytest.raises(TypeError, match="y_pred must be a tensor of integers"):
        describe_predictions(torch.tensor([0.5, 0.1]), y, names)
    with pytest.raises(ValueError, match="got 1 for 2"):
        describe_predictions(y[:1], y, names)
    with pytest.raises(ValueError, match=r"shape \(n,\), n of 1 or more, got \(2, 1\)"):
        describe_predictions(y.unsqueeze(1), y, names)
    with pytest.raises(ValueError, match="indices of 2 classes, got 1 to 2"):
        describe_predictions(y + 1, y, names)
