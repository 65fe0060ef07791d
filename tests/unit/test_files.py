"""A file is written whole or not at all."""

import os

import pytest

from torch_course._files import write_whole


def test_a_file_is_written_and_written_again(tmp_path):
    for content in (b"one", b"another"):
        write_whole(tmp_path / "a.txt", content)
        assert (tmp_path / "a.txt").read_bytes() == content
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_fails_midway_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    write_whole(tmp_path / "a.txt", b"one")

    def fail(*arguments):
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="no space left"):
        write_whole(tmp_path / "a.txt", b"another")
    assert (tmp_path / "a.txt").read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_all_of_it_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    order = []
    for step in ("fsync", "replace"):
        real = getattr(os, step)
        monkeypatch.setattr(os, step, lambda *a, s=step, f=real: (order.append(s), f(*a))[1])
    write_whole(tmp_path / "a.txt", b"one")
    assert order == ["fsync", "replace"]
