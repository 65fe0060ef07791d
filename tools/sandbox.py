"""Run a command that nobody trusts: with limits, and apart from the rest of the machine.

On Linux the command gets namespaces of its own, by bubblewrap or else by util-linux's unshare: no
network, processes that end with it, a file system that can only be read, and folders that it can't
see. Where neither works, on macOS for instance, nothing is run unless the caller trusts it: without
a process namespace one line, os.kill(-1, 9), ends all that its user runs.
"""

import contextlib
import functools
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

AHEAD = 20  # steps of niceness that root's command is ahead: it watches over what it starts
PROTECTIONS = ("network", "processes", "read-only files", "hidden files")
WAYS = ("bwrap", "unshare")  # in the order of preference
# Personal folders: what is needed in them is shown again.
PERSONAL = ("/home", "/root", "/Users", "/mnt", "/media", "/tmp", "/var/tmp")
# Sets the limits inside, then becomes the command: without a shell, and without threads to fork.
_LIMITER = """
import json, os, resource, sys
limits = json.loads(sys.argv[1])
def limit(name, value):
    hard = resource.getrlimit(getattr(resource, name))[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(getattr(resource, name), (value, value))
    except (OSError, ValueError, AttributeError):
        pass  # macOS knows, but doesn't take, a limit of memory
limit("RLIMIT_CORE", 0)
limit("RLIMIT_AS", int(limits["memory_gb"] * 2**30))
limit("RLIMIT_FSIZE", limits["file_mb"] * 2**20)
limit("RLIMIT_NPROC", limits["processes"])
try:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # if memory runs out, this is what the system ends first
except OSError:
    pass
os.execvp(sys.argv[2], sys.argv[2:])
"""


class NoSandboxError(Exception):
    """This system allows no namespaces, and the command was not said to be trusted."""


@dataclass(frozen=True)
class Limits:
    """What a command may use."""

    seconds: float = 600.0  # by the clock, of the whole command
    memory_gb: float = 16.0  # GiB of addresses per process; torch alone maps 4 to 10 of them
    file_mb: int = 64  # MiB per file that it writes
    folder_mb: int = 256  # MiB of all files that it writes, where its folder is its own
    processes: int = 256  # of this user, threads too, above those of now; root is not bound by it


@dataclass(frozen=True)
class View:
    """What of the file system a command sees, where that can be limited."""

    shown: tuple[Path, ...] = ()  # files and folders inside of hidden ones that it can read
    hidden: tuple[Path, ...] = ()  # folders that are empty for it


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    output: bytes  # its stdout
    errors: str  # the end of its stderr
    returncode: int | None  # None if its time was up
    missing: tuple[str, ...] = field(default=())  # the PROTECTIONS that this system lacks


def run(
    command: Sequence[str],
    given: bytes = b"",
    *,
    environment: dict[str, str] | None = None,
    limits: Limits | None = None,
    view: View | None = None,
    trusted: bool = False,
) -> Result:
    """Run a command in a folder of its own and end all that it started.

    Args:
        command: The program, with its full path, and its arguments.
        given: What it reads from its stdin, which is no terminal.
        environment: Its environment; this process's by default. TMPDIR and HOME are its folder.
        limits: What it may use; `Limits()` by default.
        view: What it sees of the file system; all of it but `PERSONAL` by default.
        trusted: Run it where there are no namespaces, too, with the limits alone.

    Raises:
        NoSandboxError: If there are none, and it is not trusted.
        OSError: If the program can't be started.
    """
    limits, view, way = limits or Limits(), view or View(), available()
    if way is None and not trusted:
        raise NoSandboxError(f"neither {' nor '.join(WAYS)} can make namespaces on this system")
    environment = {**(os.environ if environment is None else environment)}
    with tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        environment |= {"TMPDIR": str(folder), "HOME": str(folder)}
        limited = _limited(command, limits)
        wrapped = _wrapped(way, limited, folder, limits, view)
        output, errors, returncode = _run(wrapped, given, environment, folder, limits.seconds)
    return Result(output, errors, returncode, missing(way))


def missing(way: str | None) -> tuple[str, ...]:
    """Name the protections that a way does not give; None is the way without namespaces."""
    lacks = {"bwrap": (), "unshare": ()}
    return lacks.get(way or "", PROTECTIONS)


@functools.cache
def available() -> str | None:
    """Return the first of WAYS that works on this system, None if none does; tried once."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as name:
        folder = Path(name).resolve()
        for way in WAYS:
            limits = Limits(seconds=10)
            command = _limited([sys.executable, "-I", "-S", "-c", "print(1)"], limits)
            wrapped = _wrapped(way, command, folder, limits, View(shown=interpreter()))
            if shutil.which(way) and _run(wrapped, b"", None, folder, 10)[0].strip() == b"1":
                return way
    return None


def interpreter() -> tuple[Path, ...]:
    """Return the folders that this Python runs from, and those it imports from."""
    places = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).parent)]
    imported = [place for place in sys.path if place and Path(place).name == "site-packages"]
    return tuple(dict.fromkeys(Path(place).resolve() for place in [*places, *imported]))


def _run(
    command: Sequence[str],
    given: bytes,
    environment: dict[str, str] | None,
    folder: Path,
    seconds: float,
) -> tuple[bytes, str, int | None]:
    """Run a command in a session of its own, which is ended as a whole."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        returncode, output = None, b""
        try:
            output, _ = process.communicate(given, timeout=seconds)
            returncode = process.returncode
        except subprocess.TimeoutExpired:
            _end_session(process)
            output, _ = process.communicate()
        finally:  # an interrupt as well
            _end_session(process)
            process.wait()
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - 2000))
        return output, errors.read().decode(errors="replace").strip(), returncode


def _end_session(process: subprocess.Popen) -> None:
    """End a process and what it started, what changed its session in a fallback excepted."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all of it has ended
        os.killpg(process.pid, signal.SIGKILL)


def _limited(command: Sequence[str], limits: Limits) -> list[str]:
    """Return a command that sets the limits and becomes the given one."""
    numbers = {**asdict(limits), "processes": limits.processes + _tasks_of_this_user()}
    return [sys.executable, "-I", "-S", "-c", _LIMITER, json.dumps(numbers), *command]


def _tasks_of_this_user() -> int:
    """Count the processes and threads of this user: RLIMIT_NPROC counts them in."""
    n_tasks = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.stat().st_uid == os.getuid():
                n_tasks += sum(1 for _ in (entry / "task").iterdir())
        except OSError:
            continue  # it has ended meanwhile
    return n_tasks or 4096  # no /proc: a bound, at least


def _wrapped(
    way: str | None, command: Sequence[str], folder: Path, limits: Limits, view: View
) -> list[str]:
    """Return a command that runs another one in namespaces, with a folder of its own."""
    builders = {"bwrap": _bwrap, "unshare": _unshare}
    wrapped = builders[way](command, folder, limits, view) if way in builders else list(command)
    # No limit of processes binds root: what watches over them must at least get its turn.
    return [*(["nice", "-n", str(-AHEAD)] if ahead() else []), *wrapped]


def ahead() -> bool:
    """Tell whether a command is put ahead of what it starts, as root can."""
    return os.geteuid() == 0 and shutil.which("nice") is not None


def _existing(paths: Sequence[str | Path]) -> list[Path]:
    """Return the folders and files that are there, without links, outer ones first."""
    return sorted({Path(path).resolve() for path in paths if Path(path).exists()})


def _hidden(view: View) -> list[Path]:
    """Return the folders to be hidden; one that lies in another is hidden with it."""
    folders = _existing([*PERSONAL, Path.home(), *view.hidden])
    return [one for one in folders if one != Path("/") and not set(one.parents) & set(folders)]


def _bwrap(command: Sequence[str], folder: Path, limits: Limits, view: View) -> list[str]:
    size = ["--size", str(limits.folder_mb * 2**20)]
    options = ["--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--ro-bind", "/", "/"]
    options += ["--dev", "/dev", *size, "--tmpfs", "/dev/shm", "--proc", "/proc"]
    hidden = _hidden(view)
    for path in hidden:
        options += ["--tmpfs", str(path)]
    for path in _existing([*view.shown, *interpreter()]):
        if set(path.parents) & set(hidden):
            options += ["--ro-bind", str(path), str(path)]
    options += [*size, "--tmpfs", str(folder), "--chdir", str(folder)]
    for path in hidden:  # last: all that lies in them had to be made
        options += ["--remount-ro", str(path)]
    return ["bwrap", *options, "--", *command]


def _unshare(command: Sequence[str], folder: Path, limits: Limits, view: View) -> list[str]:
    """The same by util-linux, which shows a hidden folder's parts by a detour over the folder."""
    quote, hidden = shlex.quote, _hidden(view)
    stage, lines = folder / "stage", ["set -e"]
    shown = [p for p in _existing([*view.shown, *interpreter()]) if set(p.parents) & set(hidden)]
    lines += [f"mount -t tmpfs -o mode=700 stage {quote(str(folder))}"]
    for number, path in enumerate(shown):  # keep it under a number while its folder is covered
        kept = quote(str(stage / str(number)))
        lines += [f"mkdir -p {quote(str(stage))}", _same_kind(path, kept)]
        lines += [f"mount --rbind {quote(str(path))} {kept}"]
    lines += [f"mkdir -p {quote(str(stage))}", f"exec 9<{quote(str(stage))}"]
    for path in hidden:
        lines += [f"mount -t tmpfs -o mode=755 hidden {quote(str(path))}"]
    for number, path in enumerate(shown):
        there = quote(str(path))
        lines += [f"mkdir -p {quote(str(path.parent))}", _same_kind(path, there)]
        lines += [f"mount --rbind /proc/self/fd/9/{number} {there}"]
    lines += [f"mkdir -p {quote(str(folder))}", "exec 9<&-"]
    lines += [
        "for place in $(awk '{print $5}' /proc/self/mountinfo); do",
        '  case $place in /proc*) ;; *) mount -o remount,bind,ro "$place" 2>/dev/null || :;; esac',
        "done",
        f"mount -t tmpfs -o size={limits.folder_mb}m,mode=700 own {quote(str(folder))}",
        f"mount -t tmpfs -o size={limits.folder_mb}m shm /dev/shm",
        "touch /usr/.sandbox 2>/dev/null && exit 9",  # is it read-only?
        f"cd {quote(str(folder))}",
        f"exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all {shlex.join(command)}",
    ]
    spaces = ["--user", "--map-root-user", "--net", "--pid", "--ipc", "--uts", "--mount"]
    options = [*spaces, "--fork", "--kill-child", "--mount-proc"]
    return ["unshare", *options, "/bin/sh", "-c", "\n".join(lines)]


def _same_kind(path: Path, target: str) -> str:
    """Return the line of a shell that makes a folder for a folder and a file for a file."""
    make = "mkdir -p" if path.is_dir() else "touch"
    return f"[ -e {target} ] || {make} {target}"
