"""Exercises that answer: one line, a verdict or a hint, whatever the learner's code does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def check(
    exercise: str, answer: Callable[[], Any], *conditions: tuple[Callable[[Any], Any], str]
) -> None:
    """Say whether an exercise is solved, and if not, what is wrong first (notebook 00).

    Prints one line, `00.1: correct` or `00.1: not yet. <hint>`, and raises nothing but an
    interrupt, whatever the learner's code does.

    Args:
        exercise: Its number, such as "00.1".
        answer: Takes nothing and returns the learner's answer, a tensor of any shape or anything
            else; called here, so that an error in it becomes a hint.
        conditions: Pairs of a test, which takes the answer and is true when it is right, and the
            hint to print when it is not; tried in order. An error in a test counts as not right.
    """
    line = f"{exercise}: {_verdict(answer, conditions)}"
    # Half a character can't be printed, and on a screen that is not UTF-8 many whole ones can't.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding))


def _verdict(answer: Callable[[], Any], conditions: tuple) -> str:
    """Return "correct", or "not yet." and a hint; see `check`."""
    hint = ""
    try:
        value = answer()
        if value is ...:
            return "not yet. Replace the three dots by your answer."
        for test, hint in conditions:
            if not test(value):
                return f"not yet. {hint}"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a learner's code may raise anything
        stopped = f"Your code stopped with {_one_line(error)}"
        return f"not yet. {hint} ({stopped})" if hint else f"not yet. {stopped}"
    return "correct"


def _one_line(error: BaseException) -> str:
    """Return the error's name and the first line of its message, even if its __str__ fails."""
    try:
        message = str(error).strip()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  and so may its errors
        message = ""
    return f"{type(error).__name__}: {message.splitlines()[0]}" if message else type(error).__name__
