"""What a learner has solved is recorded in my/, never lost, never the reason for an error."""

import json
import threading
from datetime import UTC, datetime

import matplotlib.pyplot as plt
import pytest
from filelock import FileLock

from helper_functions import next_exercise, progress
from torch_course import course
from torch_course import progress as module
from torch_course.progress import note, read_record

BOOKS = {"07_seven": ["07.1", "07.2", "07.10"], "08_eight": ["08.1"]}


@pytest.fixture
def my(tmp_path, monkeypatch):
    """Make a course of four exercises, and go to work in its my/."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "my").mkdir()
    for name, numbers in BOOKS.items():
        cells = [
            {"cell_type": "markdown", "metadata": {}, "source": [f"# {name[:2]} · {name[3:]}"]}
        ]
        for number in numbers:
            heading = f"### Exercise {number} · task {number} (4 min)"
            cells.append({"cell_type": "markdown", "metadata": {}, "source": [heading]})
            for tag in ("exercise", "check"):
                cells.append({"cell_type": "code", "metadata": {"tags": [tag]}, "source": ["x"]})
        text = json.dumps({"cells": cells})
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    monkeypatch.setattr(course, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(module, "MY", tmp_path / "my")
    monkeypatch.delenv("COURSE_LIVE", raising=False)
    monkeypatch.chdir(tmp_path / "my")
    return tmp_path / "my"


def test_attempts_are_counted_and_what_is_correct_stays(my):
    before = datetime.now(UTC).replace(microsecond=0)
    for outcome in ("stopped", "not yet", "correct", "not yet"):
        note("07.1", outcome)
    note("08.1", "stopped")
    entries = read_record(my)
    assert list(entries) == ["07.1", "08.1"]
    first, last = (datetime.fromisoformat(entries["07.1"][key]) for key in ("first", "last"))
    assert before <= first <= last <= datetime.now(UTC)
    assert (entries["07.1"]["outcome"], entries["07.1"]["attempts"]) == ("correct", 4)
    assert (entries["08.1"]["outcome"], entries["08.1"]["attempts"]) == ("stopped", 1)
    assert set(entries["08.1"]) == {"outcome", "attempts", "first", "last"}, "no identity"
    assert json.loads((my / "progress.json").read_text())["version"] == 1


def test_the_first_time_stays_and_the_last_one_moves(my):
    note("07.1", "stopped")
    record = json.loads((my / "progress.json").read_text())
    record["exercises"]["07.1"] |= dict.fromkeys(("first", "last"), "2020-01-01T00:00:00+00:00")
    (my / "progress.json").write_text(json.dumps(record))
    note("07.1", "not yet")
    entry = read_record(my)["07.1"]
    assert entry["first"] == "2020-01-01T00:00:00+00:00"
    assert entry["last"] > "2026"


@pytest.mark.parametrize("where", ["notebooks", "."])
def test_only_copies_under_my_count(my, monkeypatch, where):
    monkeypatch.chdir(my.parent / where)
    note("07.1", "correct")
    assert not (my / "progress.json").exists()
    (my / "deeper").mkdir()
    monkeypatch.chdir(my / "deeper")
    note("07.1", "correct")
    assert list(read_record(my)) == ["07.1"]


def test_nothing_counts_and_nothing_is_read_where_nothing_is_live(my, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_LIVE", "0")
    note("07.1", "correct")
    assert list(my.iterdir()) == []
    (my / "progress.json").write_text("damaged")
    next_exercise()
    assert capsys.readouterr().out.startswith("07.1 · ")


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"version": 2, "exercises": {}}',
        b'{"version": 1}',
        b'{"version": 1, "exercises": []}',
        b'{"version": 1, "exercises": {"07.1": {"outcome": "correct"}}}',
        b'{"version": 1, "exercises": {"07.1": 3}}',
        b'{"version": 1, "exercises": {"07.1": '
        b'{"outcome": "correct", "attempts": null, "first": "", "last": ""}}}',
        b'{"version": 1, "exercises": {"07.1": '
        b'{"outcome": 1, "attempts": 1, "first": "", "last": ""}}}',
    ],
)
def test_a_damaged_record_is_kept_and_begun_anew(my, capsys, damaged):
    (my / "progress.json").write_bytes(damaged)
    with pytest.raises(ValueError):
        read_record(my)
    note("07.2", "correct")
    assert capsys.readouterr().out.count("progress.json.damaged") == 1
    assert (my / "progress.json.damaged").read_bytes() == damaged
    assert list(read_record(my)) == ["07.2"]


def test_a_disk_that_is_full_is_said_and_no_error(my, monkeypatch, capsys):
    note("07.1", "correct")

    def fail(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(module, "write_whole", fail)
    capsys.readouterr()
    note("07.2", "correct")
    assert capsys.readouterr().out == "(not recorded in my/progress.json: no space left)\n"
    assert list(read_record(my)) == ["07.1"]


def test_a_folder_that_is_gone_is_said_and_no_error(my, capsys):
    my.rmdir()
    note("07.1", "correct")
    assert capsys.readouterr().out.startswith("(not recorded in my/progress.json: ")


def test_a_lock_that_another_holds_is_said_and_no_error(my, monkeypatch, capsys):
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    with FileLock(my / ".progress.json.lock"):
        note("07.1", "correct")
    assert capsys.readouterr().out.startswith("(not recorded in my/progress.json: ")


def test_no_attempt_of_several_kernels_is_lost(my, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 60)
    threads = [
        threading.Thread(target=lambda: [note("07.1", "not yet") for _ in range(5)])
        for _ in range(4)
    ]
    _ = [thread.start() for thread in threads]
    _ = [thread.join() for thread in threads]
    assert read_record(my)["07.1"]["attempts"] == 20


def test_next_exercise_is_the_first_that_is_not_correct(my, capsys):
    next_exercise()
    assert capsys.readouterr().out == "07.1 · task 07.1 (4 min), in my/07_seven.ipynb\n"
    for number in ("07.1", "07.10"):
        note(number, "correct")
    note("07.2", "not yet")
    next_exercise()
    assert capsys.readouterr().out == "07.2 · task 07.2 (4 min), in my/07_seven.ipynb\n"
    for number in ("07.2", "08.1"):
        note(number, "correct")
    next_exercise()
    assert capsys.readouterr().out == "All exercises are correct. What will you build?\n"


def test_progress_counts_and_draws_a_bar_for_each_notebook(my, monkeypatch, capsys):
    drawn = []
    monkeypatch.setattr("torch_course.figures.show", lambda fig, alt: drawn.append((fig, alt)))
    note("07.1", "correct")
    note("07.2", "not yet")
    note("99.1", "correct")  # an exercise that the course no longer has
    progress()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["07", "seven", "1", "of", "3", "correct"],
        ["08", "eight", "0", "of", "1", "correct"],
    ]
    ((fig, alt),) = drawn
    (ax,) = fig.axes
    assert "1 of 4 exercises are correct" in alt
    assert [text.get_text() for text in ax.get_yticklabels()] == ["07 seven", "08 eight"]
    widths = [[bar.get_width() for bar in bars] for bars in ax.containers]
    assert widths == [[1, 0], [1, 0], [1, 1]]
    assert [bar.get_x() for bars in ax.containers for bar in bars] == [0, 0, 1, 0, 2, 0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["correct", "tried", "open"]
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "exercises"
    assert not any(ax.spines[side].get_visible() for side in ("top", "right"))
    assert fig.get_size_inches().tolist() == pytest.approx([7, 1.8]), "0.4 inches for a notebook"
    assert fig.get_layout_engine() is not None, "so that long titles fit"
    assert not ax.get_legend().get_frame_on()
    plt.close(fig)


def test_a_damaged_record_is_set_aside_where_it_is_only_read(my, capsys):
    (my / "progress.json").write_text('{"version": 9}')
    next_exercise()
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("(my/progress.json could not be read: it is kept as")
    assert second.startswith("07.1 · ")
    assert (my / "progress.json.damaged").read_text() == '{"version": 9}'
