"""A checkpoint's file: whole or not there, whatever happens to it, and no danger to read."""

import builtins
import errno
import io
import os
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import nn

from helper_functions import load_checkpoint, save_checkpoint
from tests.unit.problems import sgd
from tests.unit.runs import equal, parameters, saved, setting
from torch_course.checkpoints import _sealed


def test_a_missing_file_or_folder_is_named(tmp_path):
    model, _, optimizer, _ = setting()
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*none\.pt"):
        load_checkpoint(tmp_path / "none.pt", model=model)
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load_checkpoint(tmp_path, model=model)
    with pytest.raises(FileNotFoundError, match=r"no folder .*missing to write a\.pt to"):
        save_checkpoint(tmp_path / "missing" / "a.pt", model=model, optimizer=optimizer, epoch=1)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "latest.pt").symlink_to(tmp_path / "disk" / "model.pt")
    for _ in range(2):  # first dangling, then leading to a file
        model, *_ = saved(tmp_path / "latest.pt")
        assert (tmp_path / "latest.pt").is_symlink()
    fresh = setting(seed=1)[0]
    load_checkpoint(tmp_path / "disk" / "model.pt", model=fresh)
    assert equal(parameters(fresh), parameters(model))


def test_many_threads_save_at_once(tmp_path):
    model, _, optimizer, _ = setting()
    path = tmp_path / "model.pt"

    def save(epoch):
        save_checkpoint(path, model=model, optimizer=optimizer, epoch=epoch)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save, range(60)))
    assert load_checkpoint(path, model=model) in range(60)
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_takes_no_more_is_named_and_the_old_file_kept(tmp_path):
    """A limit on the size of files fails as a full disk does: in the middle of writing."""
    resource = pytest.importorskip("resource")  # not on Windows
    path = tmp_path / "model.pt"
    saved(path)
    before = path.read_bytes()
    model = nn.Linear(200, 200)  # 160 kB
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OSError, match="checkpoint was not written") as caught:
            save_checkpoint(path, model=model, optimizer=sgd(model), epoch=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(path)
    assert caught.value.errno == errno.EFBIG
    assert os.strerror(errno.EFBIG) in str(caught.value)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_whatever_step_of_writing_fails_the_old_file_is_kept(tmp_path, monkeypatch, step):
    path = tmp_path / "model.pt"
    saved(path)
    before = path.read_bytes()
    model = nn.Linear(2, 2)

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "another name")

    monkeypatch.setattr(builtins if step == "open" else os, step, full)
    with pytest.raises(OSError, match=r"not written \(No space left on device\)") as caught:
        save_checkpoint(path, model=model, optimizer=sgd(model), epoch=1)
    monkeypatch.undo()
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path)
    assert isinstance(caught.value.__cause__, OSError)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are another matter there")
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_file_has_the_permissions_of_the_umask(tmp_path, umask):
    """Not those of a temporary file, which no one else may read."""
    old = os.umask(umask)
    try:
        saved(tmp_path / "model.pt")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "model.pt").stat().st_mode) == 0o666 & ~umask


def test_a_path_may_be_a_string_and_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, *_ = saved("model.pt")
    fresh = setting(seed=1)[0]
    assert load_checkpoint("model.pt", model=fresh) == 2
    assert equal(parameters(fresh), parameters(model))


def test_an_interrupt_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "model.pt"
    saved(path)
    before = path.read_bytes()

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        saved(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    """Or a power cut could leave a name with nothing behind it."""
    calls, fsync, replace = [], os.fsync, os.replace
    path = tmp_path / "model.pt"

    def watched_fsync(number):
        calls.append(("fsync", os.fstat(number).st_size))
        fsync(number)

    def watched_replace(unfinished, target):
        calls.append(("replace", os.path.getsize(unfinished)))
        assert Path(unfinished).parent == path.parent, "renaming is whole on one disk alone"
        replace(unfinished, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    saved(path)
    size = path.stat().st_size
    assert calls == [("fsync", size), ("replace", size)], "all of it was flushed before"


def foreign(path):
    torch.save({"weights": torch.ones(2)}, path)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a checkpoint"),
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        foreign,
        lambda path: torch.save([1, 2], path),
        lambda path: rewrite(path, [1, 2]),
        lambda path: rewrite(path, {"format": "torch-course checkpoint 1"}),
    ],
)
def test_a_damaged_or_foreign_file_is_an_error_that_names_it(tmp_path, write):
    path = tmp_path / "model.pt"
    model, _, optimizer, scheduler = saved(path)
    before = parameters(model)
    write(path)
    with pytest.raises(ValueError, match=r"model\.pt (is damaged|was not written)"):
        load_checkpoint(path, model=model, optimizer=optimizer, scheduler=scheduler)
    assert equal(parameters(model), before)


class Bomb:
    """Writes a file when it is unpickled, as anything could be done then."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        """Ask the unpickler to make a folder."""
        return os.mkdir, (str(self.path),)


def rewrite(path, state):
    """Write a state as save_checkpoint does, whatever it holds."""
    content = io.BytesIO()
    torch.save(state, content)
    path.write_bytes(_sealed(content.getvalue()))


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    """The file is whole and fits in all other respects."""
    path, trace = tmp_path / "model.pt", tmp_path / "trace"
    model, _, optimizer, scheduler = saved(path)
    state = torch.load(path, weights_only=True)
    rewrite(path, state | {"note": Bomb(trace)})
    with pytest.raises(ValueError, match="no checkpoint that is safe to read"):
        load_checkpoint(path, model=model, optimizer=optimizer, scheduler=scheduler)
    assert not trace.exists()
    rewrite(path, state | {"note": "harmless"})
    assert load_checkpoint(path, model=model, optimizer=optimizer, scheduler=scheduler) == 2


def test_every_reading_is_one_of_data_and_to_the_cpu(tmp_path, monkeypatch):
    """What was saved on a GPU is read where there is none; saving reads back what it wrote."""
    how, load = [], torch.load

    def watched(file, **options):
        how.append(options)
        return load(file, **options)

    monkeypatch.setattr(torch, "load", watched)
    model, *_ = saved(tmp_path / "model.pt")
    load_checkpoint(tmp_path / "model.pt", model=model)
    assert how == [{"map_location": "cpu", "weights_only": True}] * 2


def test_no_flipped_bit_of_the_whole_file_changes_what_is_loaded(tmp_path):
    """Each byte in turn, another bit of it: refused, and nothing changed."""
    path = tmp_path / "model.pt"
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    random_state = torch.get_rng_state()
    save_checkpoint(path, model=model, optimizer=optimizer, epoch=3)
    content = path.read_bytes()
    fresh = nn.Linear(2, 2)
    other = torch.optim.SGD(fresh.parameters(), lr=0.5, momentum=0.5)
    nn.init.zeros_(fresh.weight)
    with open(path, "r+b", buffering=0) as file:
        for place, byte in enumerate(content):
            os.pwrite(file.fileno(), bytes([byte ^ 1 << place % 8]), place)
            try:
                load_checkpoint(path, model=fresh, optimizer=other)
            except ValueError as error:
                assert "model.pt is damaged" in str(error)
            else:
                pytest.fail(f"bit {place % 8} of byte {place} of {len(content)} changes nothing")
            os.pwrite(file.fileno(), bytes([byte]), place)
    assert path.read_bytes() == content
    assert fresh.weight.eq(0).all()
    assert load_checkpoint(path, model=fresh, optimizer=other) == 3
    assert equal(parameters(fresh), parameters(model))
    assert str(other.state_dict()) == str(optimizer.state_dict())
    assert torch.equal(torch.get_rng_state(), random_state)
    assert torch.load(path, weights_only=True)["epoch"] == 3, "for anyone it is torch's own file"


KILLS = """
import os, random, signal, sys, time
import torch
from torch import nn
from helper_functions import load_checkpoint, save_checkpoint
path, n_kills = sys.argv[1], int(sys.argv[2])
model = nn.Linear(300, 300)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for kill in range(1, n_kills + 1):
    first_is_there, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        for epoch in range(kill * 10**6, 10**9):
            save_checkpoint(path, model=model, optimizer=optimizer, epoch=epoch)
            os.write(tell, b".")
    os.close(tell)
    os.read(first_is_there, 1)  # however slow the machine, it is killed while it saves
    time.sleep(random.uniform(0, 0.03))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert load_checkpoint(path, model=model, optimizer=optimizer) // 10**6 == kill
print("all read")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_a_kill_at_any_moment_leaves_a_readable_file(tmp_path):
    command = [sys.executable, "-c", KILLS, str(tmp_path / "model.pt"), "15"]
    assert subprocess.check_output(command, text=True) == "all read\n"


def test_the_file_is_a_zip_file_with_its_checksum_as_the_comment(tmp_path):
    saved(tmp_path / "model.pt")
    with zipfile.ZipFile(tmp_path / "model.pt") as file:
        assert file.testzip() is None
        assert len(file.comment) == 32
    content = (tmp_path / "model.pt").read_bytes()
    assert content[-34:-32] == bytes([32, 0]), "the comment's length, as the format wants it"
