"""The progress bar against a clock and a bar that are made here: no test waits."""

import contextlib
import math
import time

import pytest
import tqdm.auto
from torch import nn

from helper_functions import train
from tests.unit.problems import problem, sgd
from torch_course import _bar
from torch_course._bar import ProgressBar


class Bar:
    """Stands for tqdm's bar and writes down what is asked of it."""

    made = ()

    def __init__(self, **options):
        self.options, self.n, self.closed = options, options["initial"], False
        Bar.made = [*Bar.made, self]

    def update(self):
        """Count one."""
        self.n += 1

    def close(self):
        """Be gone."""
        self.closed = True


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves when its one number is changed; bars as above, and allowed."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    monkeypatch.setattr(Bar, "made", [])
    monkeypatch.delenv("COURSE_LIVE", raising=False)
    return now


def passed(progress, n, clock, seconds):
    """Go through n batches that take so many seconds each."""
    for _ in progress.through(range(n)):
        clock[0] += seconds


def test_a_bar_appears_when_half_a_second_is_over_and_counts_from_there(clock):
    progress = ProgressBar(20)
    passed(progress, 2, clock, 0.25)
    assert Bar.made == [], "after half a second, not with it"
    passed(progress, 3, clock, 0.25)
    (bar,) = Bar.made
    # `leave=False` removes the bar at the end, so that stored outputs hold none.
    assert bar.options == {"total": 20, "initial": 3, "unit": "batch", "leave": False}
    assert bar.n == progress.n_done == 5
    assert not bar.closed
    progress.close()
    assert bar.closed


def test_a_short_run_needs_no_bar(clock):
    progress = ProgressBar(100)
    passed(progress, 100, clock, 0.001)
    progress.close()
    assert Bar.made == []
    assert progress.n_done == 100


@pytest.mark.parametrize(("value", "n_bars"), [("0", 0), ("1", 1), ("", 1)])
def test_bars_can_be_turned_off_and_nothing_else_turns_them_off(clock, monkeypatch, value, n_bars):
    monkeypatch.setenv("COURSE_LIVE", value)
    progress = ProgressBar(None)
    passed(progress, 3, clock, 1e9)
    progress.close()
    assert len(Bar.made) == n_bars


def test_batches_pass_through_unchanged_and_count_when_they_are_done(clock):
    progress, seen = ProgressBar(3), []
    for batch in progress.through("abc"):
        seen.append((batch, progress.n_done))
    assert seen == [("a", 0), ("b", 1), ("c", 2)]
    assert progress.n_done == 3


class Unsized:
    """A loader that does not know its length."""

    def __init__(self, loader):
        self.loader = loader

    def __iter__(self):
        return iter(self.loader)


@pytest.mark.parametrize(("wrap", "total"), [(list, 6), (Unsized, None)])
def test_train_tells_the_bar_how_many_batches_its_epochs_have(clock, monkeypatch, wrap, total):
    monkeypatch.setattr(_bar, "BAR_AFTER", -1)
    model, loader, *_ = problem()
    train(model, wrap(loader), loader, nn.CrossEntropyLoss(), sgd(model), 2)
    (bar,) = Bar.made
    assert bar.options["total"] == total
    assert bar.n == 6, "validation does not count"
    assert bar.closed


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_the_bar_is_removed_when_training_ends_early(clock, monkeypatch, error):
    monkeypatch.setattr(_bar, "BAR_AFTER", -math.inf)
    model, loader, *_ = problem()

    class Failing:
        def __iter__(self):
            yield from list(loader)[:2]
            raise error

    with contextlib.suppress(ZeroDivisionError):  # an interrupt ends train without an error
        train(model, Failing(), None, nn.CrossEntropyLoss(), sgd(model), 2)
    assert [bar.closed for bar in Bar.made] == [True]


def test_the_bar_of_tqdm_itself_is_drawn_on_the_stream_of_errors(monkeypatch, capsys):
    """So that what a program prints is the same with a bar."""
    monkeypatch.setattr(_bar, "BAR_AFTER", -1)
    monkeypatch.delenv("COURSE_LIVE", raising=False)
    model, loader, *_ = problem()
    train(model, loader, None, nn.CrossEntropyLoss(), sgd(model), 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "1/6" in err
