"""A notebook's answers, each judged in a copy of the course's own set-up.

    python -m tools.answers < job.json

is what tools.grade runs in a sandbox. It executes the set-up cells of the course once; at each
check it forks: the child executes the learner's cells in a copy of the namespace, takes back what
they have patched, and runs the course's check. No answer meets another one, and one that ends its
process, or never ends, costs its own verdict alone. The job, and the lines of JSON on stdout, are
described at `Job` and `main`.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import linecache
import os
import re
import secrets
import select
import signal
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

from tools.guard import Guard, all_classes, has_pretenders, is_impostor
from tools.names import defined_names, is_broken, needed_helpers, used_names

OUTCOMES = ("correct", "not yet", "stopped", "not attempted")
UNCHANGED = "The cell is as the course gave it."
ABSENT = "There is no cell with an answer."
IMPOSTOR = "An object of your own class that answers comparisons itself can't be checked."
MAGIC = "Commands of Jupyter, in lines that begin with % or !, can't be graded: remove them."
MOST_PROCESSES = 64  # that an answer may have at once
LONGEST = 1000  # characters of a line of a verdict
_GRACE = 0.05  # seconds between two looks at an answer's processes
_BURIAL = 20.0  # seconds to wait for the end of all that an answer started


class Step(TypedDict, total=False):
    """A cell of the set-up, or an exercise with what the learner wrote."""

    setup: str  # the source of a cell of the set-up; then there is nothing else
    exercise: str  # its number, such as "00.1"
    stub: str
    check: str
    answer: list[str]  # the sources of the learner's cells, in their order


class Job(TypedDict):
    """What is read from stdin, as JSON."""

    steps: list[Step]
    definitions: list[str]  # the sources of all of the learner's cells: imports and helpers
    seconds: float  # an exercise may take
    memory_gb: float  # GiB it may take beyond what torch and the set-up have
    processes: str  # the name of the process namespace outside, "" if it is not known
    trusted: bool  # whether answers may run outside of a process namespace of their own
    nonce: str  # stands in every line of the answer


def main() -> int:
    """Judge the answers of the job on stdin; return the exit code: 1 if the set-up failed.

    Each line on stdout is an object with the job's nonce and one of

        {"begun": "00.1"}
        {"exercise": "00.1", "outcome": one of OUTCOMES, "message": str, "details": [str, ...],
         "seconds": float}
        {"failed": what is wrong with the course's own set-up}
    """
    job: Job = json.load(sys.stdin)
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")  # of its own: stdout is what cells print to
    _silence()
    _unreadable()

    def tell(**line: Any) -> None:
        print(json.dumps({"nonce": job["nonce"], **line}), file=lines, flush=True)

    if not job["trusted"] and not _own_processes(job):
        tell(failed="there is no process namespace, in which alone answers may run")
        return 1
    course = types.ModuleType("__main__")
    sys.modules["__main__"] = course
    for step in job["steps"]:
        try:
            if "setup" in step:
                exec(compile(step["setup"], "<set-up>", "exec"), vars(course))
                continue
        except Exception as error:  # noqa: BLE001  whatever it is, this machine can't grade
            tell(failed=f"{type(error).__name__}: {error}")
            return 1
        tell(begun=step["exercise"])
        started = time.monotonic()
        verdict = _no_attempt(step) or _apart(step, job, vars(course))
        seconds = round(time.monotonic() - started, 3)
        tell(exercise=step["exercise"], **verdict, seconds=seconds)
    return 0


def _verdict(outcome: str, message: str = "", details: Any = ()) -> dict[str, Any]:
    cut = [str(line)[:LONGEST] for line in details]
    return {"outcome": outcome, "message": str(message)[:LONGEST], "details": cut[:10]}


def _silence() -> None:
    """Let stdin be empty and let what is printed vanish, for programs that are started, too."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), io.StringIO(), io.StringIO()


def _unreadable() -> None:
    """Keep an answer from this process's memory and files by way of /proc, on Linux."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE, which forked processes inherit


# --- What is an attempt, and which names it is about ---


def _no_attempt(step: Step) -> dict[str, Any] | None:
    """Return the verdict if nothing has been tried; None if something has."""
    cells = [cell.strip() for cell in step["answer"] if cell.strip()]
    if not cells:
        return _verdict("not attempted", ABSENT)
    changed = [cell for cell in cells if cell != step["stub"].strip()]
    names = defined_names(step["stub"])
    if len(changed) == len(cells) or any(_defines(cell, names) for cell in changed):
        return None
    return _verdict("not attempted", UNCHANGED)


def _defines(source: str, names: set[str]) -> bool:
    """Tell whether a cell may define one of these names."""
    return is_broken(source) or not names or bool(names & defined_names(source))


# --- The parent: a child for each answer ---


def _apart(step: Step, job: Job, course: dict[str, Any]) -> dict[str, Any]:
    """Judge an exercise in a child and return its verdict, whatever becomes of the child."""
    nonce = secrets.token_hex(16)
    reading, writing = os.pipe()
    before = _processes(job)
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(step, job, course, writing, nonce)
    os.close(writing)
    try:
        line, ended = _await(child, reading, job, before)
    finally:
        os.close(reading)
        _end(child, job, before)
    with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
        told = json.loads(line)
        if told["nonce"] == nonce and told["outcome"] in OUTCOMES:
            return _verdict(told["outcome"], told["message"], told["details"])
    return _verdict("stopped", ended)


def _await(child: int, reading: int, job: Job, before: int) -> tuple[bytes, str]:
    """Return the line that a child sends, or b"" and how it ended."""
    line, end = b"", time.monotonic() + job["seconds"]
    while time.monotonic() < end:
        if select.select([reading], [], [], _GRACE)[0]:
            part = os.read(reading, 65536)
            line += part
            if b"\n" in line or len(line) > 2**20:
                return line.partition(b"\n")[0], "Its verdict could not be read."
            if not part:
                time.sleep(_GRACE / 10)  # closed: it is about to end
        if _processes(job) > before + MOST_PROCESSES:
            return b"", f"It started more than {MOST_PROCESSES} processes."
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return line, _how(status)
    return b"", f"It ran longer than {job['seconds']:g} seconds."


def _how(status: int) -> str:
    """Say how a process ended."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGKILL:
        return "The system ended it, probably because the machine's memory was used up."
    if number:
        return f"Your code made Python crash ({signal.Signals(number).name})."
    return "Your code ended the whole process."


def _own_processes(job: Job) -> bool:
    """Tell whether this process is in a process namespace of its own."""
    try:
        return bool(job["processes"]) and os.readlink("/proc/self/ns/pid") != job["processes"]
    except OSError:
        return False


def _processes(job: Job) -> int:
    """Count the processes in this namespace, 0 if it is not our own."""
    return sum(name.isdigit() for name in os.listdir("/proc")) if _own_processes(job) else 0


def _end(child: int, job: Job, before: int) -> None:
    """End a child and all that it started, as far as this can be known."""
    for kill in (os.killpg, os.kill):  # it may not have a session of its own yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
    end = time.monotonic() + _BURIAL
    while _own_processes(job) and time.monotonic() < end:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # all at once: they can't outrun it
        if not _reap() and _processes(job) <= before:
            return
        time.sleep(_GRACE / 10)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)
    _reap()


def _reap() -> bool:
    """Take note of the children that have ended; tell whether any is left."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return True
        except ChildProcessError:
            return False


# --- The child: the answer and its check ---


def _child(step: Step, job: Job, course: dict[str, Any], writing: int, nonce: str) -> None:
    """Judge, send the verdict and end; never returns."""
    try:
        os.setsid()
        os.nice(max(0, -os.nice(0)))  # where it is ahead of all others, an answer is not
        os.closerange(3, writing)
        os.closerange(writing + 1, 1024)
        os.chdir(tempfile.mkdtemp())
        _limit_memory(job["memory_gb"])
        send, exit_, dumps = os.write, os._exit, json.dumps
        verdict = _judged(step, job, course)
        if _out_of_memory(verdict):
            verdict["message"] = f"It needed more memory than {job['memory_gb']:g} GB."
        send(writing, (dumps({"nonce": nonce, **verdict}) + "\n").encode())
        exit_(0)
    finally:
        os._exit(1)


def _limit_memory(gigabytes: float) -> None:
    """Limit the addresses that this process may still ask for; not where there is no /proc."""
    import resource  # not on Windows, where nothing is judged

    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = int(pages * resource.getpagesize() + gigabytes * 2**30)
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _out_of_memory(verdict: dict[str, Any]) -> bool:
    said = "MemoryError|not enough memory|can't allocate memory|[Cc]annot allocate memory"
    return verdict["outcome"] == "stopped" and bool(re.search(said, verdict["message"]))


def _judged(step: Step, job: Job, course: dict[str, Any]) -> dict[str, Any]:
    """Execute the learner's cells and return what the course's check says of them."""
    from torch_course.exercises import _one_line, judge

    guard, known = Guard(course), all_classes()
    learner = types.ModuleType("__main__")
    vars(learner).update(course)
    sys.modules["__main__"] = learner
    for helper in needed_helpers(step["answer"], set(course), job["definitions"]):
        with contextlib.suppress(BaseException):  # then the answer says what it lacks
            exec(compile(helper, "<helper>", "exec", dont_inherit=True), vars(learner))
    error = _execute(step["answer"], f"<answer {step['exercise']}>", vars(learner), _one_line)
    guard.restore(all_of_it=True)
    names = defined_names(step["stub"])
    lacks = (names & used_names(step["check"])) - vars(learner).keys()
    if error and lacks:
        return error
    said: list[Any] = []
    liars: list[bool] = []

    def honest(call: Callable) -> Callable:
        """Let a function's results be looked at, and nothing that it patches stay."""

        @functools.wraps(call)
        def called(*args: Any, **kwargs: Any) -> Any:
            try:
                value = call(*args, **kwargs)
            finally:
                guard.restore()
            if is_impostor(value, known):
                liars.append(True)
            return value

        return called

    def check(exercise: str, answer: Callable, *conditions: tuple, remark: str = "") -> None:
        said.append(judge(honest(answer), conditions, remark, check_file=file))

    file = f"<check {step['exercise']}>"
    answers = {name: vars(learner)[name] for name in names & vars(learner).keys()}
    functions = {n: honest(f) for n, f in answers.items() if type(f) is types.FunctionType}
    course.update({**answers, **functions, "check": check})
    try:
        exec(compile(step["check"], file, "exec", dont_inherit=True), course)
    except BaseException as failure:  # noqa: BLE001  it may call what the learner wrote
        said = said or [_verdict("stopped", _one_line(failure))]
    guard.restore()
    if liars or has_pretenders(known):
        return _verdict("not yet", IMPOSTOR)
    if not said:
        return _verdict("stopped", "The check was not reached.")
    if isinstance(said[0], dict):
        return said[0]
    return _verdict(said[0].outcome, said[0].message, said[0].details)


def _execute(
    cells: list[str], file: str, namespace: dict[str, Any], one_line: Callable
) -> dict[str, Any] | None:
    """Execute cells as a notebook does; return the first error as a verdict, if there is one."""
    error = None
    for number, source in enumerate(cells):
        name = file if not number else f"{file[:-1]}, cell {number + 1}>"
        lines = [f"{line}\n" for line in source.splitlines()]
        linecache.cache[name] = (len(source), None, lines, name)  # judge quotes them
        try:
            exec(compile(source, name, "exec", dont_inherit=True), namespace)
        except SyntaxError as failure:
            magic = re.search(r"^\s*[%!]", source, re.MULTILINE)
            where = [f"in line {failure.lineno}: {(failure.text or '').strip()}"]
            verdict = _verdict("stopped", MAGIC if magic else one_line(failure), where)
            error = error or verdict
        except BaseException as failure:  # noqa: BLE001  a learner's code may raise anything
            error = error or _verdict("stopped", one_line(failure), _where(failure, name))
    return error


def _where(error: BaseException, file: str) -> list[str]:
    """Say in which line of a cell an error arose."""
    trace, found = error.__traceback__, []
    while trace:
        if trace.tb_frame.f_code.co_filename == file:
            found = [f"in line {trace.tb_lineno}: {linecache.getline(file, trace.tb_lineno)}"]
        trace = trace.tb_next
    return [line.strip() for line in found]


if __name__ == "__main__":
    from tools.answers import main as run  # under its own name: __main__ is the notebook's

    sys.exit(run())
