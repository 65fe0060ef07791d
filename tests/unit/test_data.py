"""torch_course.data: unpacked whole, made again where it is not, and never half."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

import helper_functions
import torch_course.data
from torch_course.data import unpack_data

NAMES = ("a-images", "a-labels", "b-images", "b-labels")
ROOT = torch_course.data.SHIPPED.parent


def test_what_ships_lies_beside_the_face_and_nothing_of_it_is_forgotten():
    shipped = Path(helper_functions.__file__).resolve().parent / "data"
    assert shipped == torch_course.data.SHIPPED
    folders = {path.name for path in shipped.iterdir() if path.is_dir() and path.name[0] != "."}
    assert folders == {"FashionMNIST", *torch_course.data.PLAIN}
    assert len(list((shipped / torch_course.data.RAW).glob("*.gz"))) == 4


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ROOT / "data"),
        ("", ROOT / "data"),
        ("elsewhere", ROOT / "elsewhere"),
        ("a/../b", ROOT / "b"),
        ("~/data", Path("home", "data").resolve()),
        (str(Path("far").resolve()), Path("far").resolve()),
    ],
)
def test_the_folder_is_that_of_course_data_and_absolute(monkeypatch, tmp_path, value, expected):
    """A relative one starts at the course's own folder, wherever a notebook runs."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(Path("home").resolve()))
    if value is None:
        monkeypatch.delenv("COURSE_DATA", raising=False)
    else:
        monkeypatch.setenv("COURSE_DATA", value)
    monkeypatch.chdir(tmp_path)
    assert torch_course.data._data_dir() == expected.resolve()


def test_the_home_of_nobody_is_named(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "~nosuch/x")
    with pytest.raises(ValueError, match=r"COURSE_DATA is '~nosuch/x', but .* no user 'nosuch'"):
        torch_course.data._data_dir()


def test_a_wrong_course_data_disturbs_no_other_name():
    code = "import helper_functions as h; h.check('1', lambda: 1); print(h.DATA_DIR)"
    environment = {**os.environ, "COURSE_DATA": "~nosuch/x", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert told.stdout == "1: correct\n"
    assert "ValueError: COURSE_DATA is '~nosuch/x'" in told.stderr


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A course's data of four small packed files and two plain ones, one of them deep down."""
    folder = tmp_path / "course" / "data"
    (folder / "FashionMNIST" / "raw").mkdir(parents=True)
    for name in NAMES:
        with gzip.open(folder / "FashionMNIST" / "raw" / f"{name}.gz", "wb") as file:
            file.write(name.encode() * 1000)
    (folder / "ablation").mkdir()
    (folder / "ablation" / "table.csv").write_text("a,b")
    (folder / "clipart" / "val" / "cat").mkdir(parents=True)
    (folder / "clipart" / "val" / "cat" / "a.png").write_bytes(b"picture")
    monkeypatch.setattr(torch_course.data, "SHIPPED", folder)
    return folder


def contents(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files if p.suffix != ".lock"}


@pytest.mark.parametrize("elsewhere", [True, False])
def test_everything_is_there_once_and_whole(shipped, tmp_path, elsewhere):
    target = tmp_path / "new" / "place" if elsewhere else shipped
    expected = contents(shipped)
    unpack_data(target)
    for name in NAMES:
        expected[f"FashionMNIST/raw/{name}"] = name.encode() * 1000
    assert contents(target) == expected
    unpack_data(str(target))
    assert contents(target) == expected


@pytest.mark.parametrize(
    "name", ["FashionMNIST/raw/a-labels", "FashionMNIST/raw/b-images.gz", "ablation/table.csv"]
)
@pytest.mark.parametrize("damage", ["other content", "shorter", "gone"])
def test_what_is_not_whole_is_made_again(shipped, tmp_path, name, damage):
    unpack_data(tmp_path / "new")
    expected = contents(tmp_path / "new")
    path = tmp_path / "new" / name
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(b"x" * len(content) if damage == "other content" else content[:-1])
    unpack_data(tmp_path / "new")
    assert contents(tmp_path / "new") == expected


@pytest.mark.parametrize("elsewhere", [True, False])
def test_nothing_is_written_where_everything_is_whole(shipped, tmp_path, monkeypatch, elsewhere):
    target = tmp_path / "new" if elsewhere else shipped
    unpack_data(target)
    monkeypatch.setattr(torch_course.data, "_unpack", None)  # to call it would be an error
    monkeypatch.setattr(filelock, "FileLock", None)  # not even a lock: the folder may be read-only
    unpack_data(target)


@pytest.mark.parametrize("made_meanwhile", [True, False])
def test_files_are_written_under_a_lock_and_only_if_still_missing_then(
    shipped, monkeypatch, made_meanwhile
):
    """Of two processes that find files missing, the second waits and finds them made."""
    events, unpack = [], torch_course.data._unpack

    class Lock:
        def __init__(self, path):
            events.append(path)

        def __enter__(self):
            events.append("locked")
            if made_meanwhile:
                for job in list(torch_course.data._missing(shipped)):
                    unpack(*job)

        def __exit__(self, *error):
            events.append("free")

    monkeypatch.setattr(filelock, "FileLock", Lock)
    monkeypatch.setattr(torch_course.data, "_unpack", lambda *job: events.append(job[1].name))
    unpack_data(shipped)
    made = [] if made_meanwhile else list(NAMES)
    assert events[1:] == ["locked", *made, "free"]
    assert events[0].parent == shipped / "FashionMNIST" / "raw"


def test_a_file_gets_its_name_when_it_is_whole(shipped, monkeypatch):
    def full(source, target):
        assert target.name.endswith(".part")  # so that one sees what it is
        target.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch_course.data.shutil, "copyfileobj", full)
    with pytest.raises(OSError, match=r"raw: No space left on device\. Set the environment"):
        unpack_data(shipped)
    assert not any((shipped / "FashionMNIST" / "raw" / name).exists() for name in NAMES)


@pytest.mark.parametrize("damage", ["cut", "header", "middle"])
def test_a_damaged_packed_file_is_named_with_what_to_do(shipped, damage):
    path = shipped / "FashionMNIST" / "raw" / "b-images.gz"
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[:-12]
    if damage == "header":
        content[0] = 0
    if damage == "middle":
        content[len(content) // 2] ^= 255
    path.write_bytes(content)
    before = set(contents(shipped))
    expected = rf"{re.escape(str(path))} is damaged \(.*\): fetch it again, with git restore"
    with pytest.raises(ValueError, match=expected):
        unpack_data(shipped)
    made = {f"FashionMNIST/raw/{name}" for name in NAMES[:2]}  # those before it, and no part of it
    assert set(contents(shipped)) - before == made


def test_a_missing_packed_file_is_an_error(shipped):
    (shipped / "FashionMNIST" / "raw" / "b-images.gz").unlink()
    with pytest.raises(FileNotFoundError, match="the course's data is missing"):
        unpack_data(shipped)


def test_a_place_that_cannot_be_written_to_is_named(shipped, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OSError, match="Set the environment variable COURSE_DATA to a folder"):
        unpack_data(tmp_path / "file")
