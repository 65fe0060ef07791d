"""Exercises that answer: correct, not yet, stopped or not attempted, and hints one at a time."""

from __future__ import annotations

import linecache
import re
import sys
import traceback
import types
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch_course.course import SOLUTIONS, Exercise, exercises, find_exercise, notebook_paths
from torch_course.progress import note

_WIDTH = 72  # characters of an answer that are shown
_tries: Counter[tuple[str, str]] = Counter()  # by exercise and mistake, in this kernel
_asked: Counter[str] = Counter()  # hints asked for, by exercise


@dataclass(frozen=True)
class Verdict:
    """What a check found."""

    outcome: str  # "correct", "not yet", "stopped" or "not attempted"
    message: str = ""  # a remark, what is wrong first, or the error; one line
    details: tuple[str, ...] = ()  # more lines: where it stopped, yours beside expected

    def __str__(self) -> str:
        first = f"{self.outcome}. {self.message}" if self.message else self.outcome
        return "\n    ".join([first, *self.details])


def check(exercise: str, answer: Callable[[], Any], *conditions: tuple, remark: str = "") -> None:
    """Say whether an exercise is solved, and if not, what is wrong first (notebook 00).

    Prints `00.1: correct`, with a remark if there is one, or `not yet` with what is wrong first,
    `stopped` with the error and the line of your code, or `not attempted`. An answer that fails
    the same way a second and a third time gets the exercise's hints too. Raises nothing but an
    interrupt, whatever the learner's code does. In a notebook under my/ the outcome is recorded.

    Args:
        exercise: Its number, such as "00.1".
        answer: Takes nothing and returns the learner's answer, a tensor of any shape or anything
            else; called here, so that an error in it becomes a verdict.
        conditions: Tuples of a test, which takes the answer and is true when it is right, and the
            sentence to print when it is not; tried in order. A third part takes the answer and
            returns two values to show side by side, the learner's and the expected one.
        remark: What is worth knowing once it is solved.
    """
    frame, known = sys._getframe(1), _known(exercise)
    names = _defined(known.stub) if known else []
    own = [_file_of(frame.f_globals.get(name)) for name in names]
    verdict = judge(answer, conditions, remark, check_file=frame.f_code.co_filename, own_files=own)
    if verdict.outcome != "correct" and known is not None and _is_stub_still(known.stub, names):
        verdict = Verdict("not attempted", "Change the cell above and run it, then this one.")
    lines = [f"{exercise}: {verdict}"]
    if verdict.outcome in ("not yet", "stopped"):
        mistake = exercise, f"{verdict.outcome} {verdict.message}"
        _tries[mistake] += 1
        again = _tries[mistake] - 1  # how often it failed this way before
        if again and known is not None:
            lines.append(f"    {_rung(known, again)}")
    _say("\n".join(lines))
    if verdict.outcome != "not attempted":
        note(exercise, verdict.outcome)


def hint(exercise: str) -> None:
    """Print an exercise's first hint; asked again, the next one (notebook 00).

    Args:
        exercise: Its number, such as "00.1".

    Raises:
        ValueError: If the course has no such exercise.
    """
    known = find_exercise(exercise) if isinstance(exercise, str) else None
    if known is None:
        numbers = [number for path in notebook_paths() for number in exercises(path)]
        expected = f"{numbers[0]!r} to {numbers[-1]!r}" if numbers else "notebooks beside this file"
        raise ValueError(f"expected the number of an exercise, {expected}, got {exercise!r}")
    _asked[exercise] += 1
    _say(f"{exercise}: {_rung(known, _asked[exercise])}")


def _rung(exercise: Exercise, number: int) -> str:
    """Return the hint of that number, from 1; past the last one, where an answer stands."""
    if number <= len(exercise.hints):
        text = " ".join(exercise.hints[number - 1].split())
        return f"Hint {number} of {len(exercise.hints)}: {text}"
    if not (SOLUTIONS / exercise.notebook).exists():  # in a handout for a class
        return "No more hints."
    return f"No more hints; notebooks/solutions/{exercise.notebook} has a solution."


def _say(text: str) -> None:
    """Print what the screen may not know: half a character, or any that is not in its encoding."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def torch_calls(function: Callable[..., Any], *args: Any) -> list[str]:
    """Return the names of the torch functions and methods that a call uses (notebook 03).

    Args:
        function: What to call, an exercise's answer.
        args: What it takes.

    Returns:
        One name per call, in order, such as "exp", "softmax" or "item". What runs inside torch's
        own C++ code has no name here; an attribute, such as a tensor's device, is "__get__".
    """
    from torch.overrides import TorchFunctionMode

    names = []

    class Recorder(TorchFunctionMode):
        def __torch_function__(
            self, called: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
        ) -> Any:
            names.append(called.__name__)
            return called(*args, **(kwargs or {}))

    with Recorder():
        function(*args)
    return names


def judge(
    answer: Callable[[], Any],
    conditions: tuple,
    remark: str = "",
    check_file: str = "",
    own_files: Sequence[str] = (),
) -> Verdict:
    """Call an answer and try its conditions in order; see `check`, which prints what this returns.

    Args:
        answer: Takes nothing and returns the learner's answer.
        conditions: As of `check`.
        remark: As of `check`.
        check_file: The file of the check's own code, which no error is traced to.
        own_files: Those of the learner's answer: an error is traced to their last line, or else to
            that of another cell.
    """
    value, wrong = ..., ""
    try:
        value = answer()
        if value is ...:
            return Verdict("not attempted", "Replace the three dots with your answer.")
        for test, wrong, *shown in conditions:
            if not test(value):
                return Verdict("not yet", wrong, _side_by_side(*shown[0](value)) if shown else ())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a learner's code may raise anything
        where = _line_of_learner(error, check_file, own_files)
        if isinstance(error, NameError) and error.name and not where:
            missing = f"{error.name} does not exist yet: run the cells above, then this one."
            return Verdict("not attempted", missing)
        if wrong and not where:  # the test itself could make nothing of the answer
            return Verdict("not yet", wrong, (f"yours: {_brief(value)}",))
        asked = (f"while checking: {wrong}",) if wrong else ()
        return Verdict("stopped", _one_line(error), (*where, *asked))
    return Verdict("correct", remark)


def _known(exercise: str) -> Exercise | None:
    """Return the course's exercise; None if it has none, or can't be read: check goes on."""
    try:
        return find_exercise(exercise)
    except (OSError, ValueError, LookupError):
        return None


def _defined(source: str) -> list[str]:
    """Return the names that a cell defines at top level."""
    found = re.findall(r"^(?:def|class) (\w+)|^(\w+)(?:: [^=\n]+)? = ", source, re.MULTILINE)
    return [function or value for function, value in found]


def _is_stub_still(stub: str, names: list[str]) -> bool:
    """Tell whether the cell that last defined an answer is as the course gave it."""
    IPython = sys.modules.get("IPython")
    shell = IPython.get_ipython() if IPython else None
    for source in reversed((shell.user_ns.get("In") or [])[:-1] if shell else []):  # not the check
        if source.strip() == stub.strip():
            return True
        if set(names) & set(_defined(source)):
            return False
    return False


def _file_of(value: Any) -> str:
    """Return the file of a function, or of the first function in a class; "" if it has none."""
    parts = [value, *vars(value).values()] if isinstance(value, type) else [value]
    codes = [part.__code__ for part in parts if isinstance(part, types.FunctionType)]
    return codes[0].co_filename if codes else ""


def _line_of_learner(
    error: BaseException, check_file: str, own_files: Sequence[str]
) -> tuple[str, ...]:
    """Say at which line of an answer, or else of another cell, an error arose; () if at none."""
    lines = [
        (frame.f_code.co_filename, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__") == "__main__" and frame.f_code.co_filename != check_file
    ]
    lines = [line for line in lines if line[0] in own_files] or lines
    texts = [(number, linecache.getline(file, number).strip()) for file, number in lines[-1:]]
    return tuple(f"in line {number}: {text}".rstrip(": ") for number, text in texts)


def _side_by_side(yours: Any, expected: Any) -> tuple[str, str]:
    """Return two lines: the learner's value above the expected one."""
    return f"yours:    {_brief(yours)}", f"expected: {_brief(expected)}"


def _brief(value: Any) -> str:
    """Return a value in one line that is not too long, even if its __repr__ fails."""
    try:
        text = re.sub(r" at 0x\w+", "", " ".join(repr(value).split()))  # an address says nothing
        if len(text) > _WIDTH and hasattr(value, "shape") and hasattr(value, "dtype"):
            return f"{type(value).__name__} of shape {tuple(value.shape)}, {value.dtype}"
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  an answer may be anything
        text = f"something of type {type(value).__name__}"
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _one_line(error: BaseException) -> str:
    """Return the error's name and the first line of its message, even if its __str__ fails."""
    try:
        message = str(error).strip()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  and so may its errors
        message = ""
    return f"{type(error).__name__}: {message.splitlines()[0]}" if message else type(error).__name__
