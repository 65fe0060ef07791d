"""Break the package in hundreds of small ways and see which its unit tests notice: make mutants.

    python -m tools.mutants --module training --module loaders
    python -m tools.mutants --limit 400

A mutant's tests run in a process of their own, in which the changed module stands in the place of
the real one; the package's files stay as they are. A test that fails, a crash, or an end that does
not come in time kills it. Who survives is printed. equivalent_mutants.txt lists those that no test
could notice, with the reason; they run too, and one that is noticed must leave the list.
"""

import argparse
import gc
import importlib
import importlib.abc
import importlib.util
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter

from tools.books import ROOT
from tools.mutations import Mutant, mutants

PACKAGE = ROOT / "torch_course"
EQUIVALENT = ROOT / "tools" / "equivalent_mutants.txt"
OURS = ("torch_course", "helper_functions")
GOAL = 0.9
ALL = sorted(path.stem[5:] for path in (ROOT / "tests" / "unit").glob("test_*.py"))
TESTS = {  # the tests that run after those of a module's own name
    "_checks": ("refusals", "evaluation", "training", *ALL),
    "_epoch": ("evaluation", "training", "refusals", *ALL),
    "_bar": ("training",),
    "checkpoints": ("checkpoint_files", "checkpoint_states"),
    "evaluation": ("refusals",),
    "training": ("bar", "refusals"),
}
# Tests that start a Python of their own, which would not know the mutant.
ELSEWHERE = "not kill_at_any and not disk_that_takes and not workers_get and not loads_nothing"
SLOW = " and not no_flipped_bit"  # 20 seconds, and it can notice a change of checkpoints alone
HEAVY = (  # imported once, before processes are forked; none of it imports the package
    *("torch", "torch._dynamo", "torchvision.datasets", "torchvision.transforms.v2"),
    *("sklearn.metrics", "pandas", "matplotlib.pyplot", "hypothesis", "pytest", "IPython"),
    *("tqdm.auto",),
)
CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGABRT, signal.SIGILL}
LATE = {signal.SIGALRM, signal.SIGXCPU}
OPTIONS = (  # without conftest.py, which would let a mutant unpack the data wherever it wants to
    *("-x", "-q", "--noconftest", f"--rootdir={ROOT}", "-o", "addopts="),
    *("-p", "no:cacheprovider", "-p", "no:nbval", "-p", "no:anyio", "-p", "no:xdist"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of what is imported already
)


class Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a mutant in the place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant, self.name = mutant, f"torch_course.{mutant.module}"

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        """Claim the mutant's module, and no other."""
        if name != self.name:
            return None
        origin = str(PACKAGE / f"{self.mutant.module}.py")
        return importlib.util.spec_from_file_location(name, origin, loader=self)

    def create_module(self, spec: object) -> None:
        """Let Python make the module."""

    def exec_module(self, module: object) -> None:
        """Run the mutant's source as the module."""
        exec(compile(self.mutant.source, f"<mutant of {self.name}>", "exec"), vars(module))


def run_tests(mutant: Mutant, folder: str) -> int:
    """Run the tests of a mutant's module in this process; return pytest's exit code."""
    import pytest

    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]  # or the module that tools.books has imported would stay
    sys.meta_path.insert(0, Loader(mutant))
    files = dict.fromkeys((mutant.module.strip("_"), *TESTS.get(mutant.module, ())))
    paths = [str(ROOT / "tests" / "unit" / f"test_{name}.py") for name in files if name in ALL]
    wanted = ELSEWHERE + ("" if mutant.module == "checkpoints" else SLOW)
    return pytest.main([*OPTIONS, f"--basetemp={folder}/tests", "-k", wanted, *paths])


def start(mutant: Mutant, seconds: int, folder: str) -> int:
    """Start a process that ends as the tests do; return its number.

    It may take so many seconds of a core, which a busy machine does not shorten, and ten times as
    many by the clock.
    """
    child = os.fork()
    if child:
        return child
    code = 3  # as pytest says that it failed itself
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
        signal.alarm(10 * seconds)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        code = run_tests(mutant, folder)
    finally:
        os._exit(code)  # whatever happened: this process must not go on as its parent would


def verdict(status: int) -> str:
    """Say how a mutant's process ended: survived, noticed, late or unclear.

    Unclear is what says nothing of the mutant: tests that could not run, or a process that another
    one ended. It does not count as noticed.
    """
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return "survived"
    if code in (1, 2) or -code in CRASHES:  # 2: the tests could not even be imported
        return "noticed"
    return "late" if -code in LATE else "unclear"


def judge(chosen: list[Mutant], seconds: dict[str, int], jobs: int) -> dict[str, str]:
    """Run each mutant, so many at a time, and print what was not noticed; return the verdicts."""
    running, verdicts = {}, {}
    for mutant in [*chosen, None]:
        while running and (mutant is None or len(running) >= jobs):
            child, status = os.wait()
            done, folder = running.pop(child)
            shutil.rmtree(folder, ignore_errors=True)
            verdicts[done.name] = verdict(status)
            if verdicts[done.name] != "noticed":
                print(f"{verdicts[done.name]}: {done.name}", flush=True)
                print(f"    - {done.before}\n    + {done.after}", flush=True)
        if mutant is not None:
            folder = tempfile.mkdtemp()
            running[start(mutant, seconds[mutant.module], folder)] = mutant, folder
    return verdicts


def time_tests(module: str, source: str) -> int:
    """Run the tests of an unchanged module; return the seconds a mutant of it may take."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        same = start(Mutant(module, "unchanged", "", "", lambda: source), 600, folder)
        if verdict(os.waitpid(same, 0)[1]) != "survived":
            raise SystemExit(f"the tests of {module} fail without any change: mend them first")
    return int(20 + 5 * (time.monotonic() - begun))


def equivalents() -> dict[str, str]:
    """Return the mutants that no test could notice, each with its reason."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines()
    return {name: reason for name, _, reason in (line.rpartition("  # ") for line in lines)}


def sample(found: list[Mutant], limit: int) -> list[Mutant]:
    """Draw some, the same each time, from each module as many as fits its share of all."""
    drawn = sorted(random.Random(42).sample(found, len(found)), key=lambda m: m.module)
    return [drawn[i * len(drawn) // limit] for i in range(limit)]


def report(chosen: list[Mutant], verdicts: dict[str, str], equivalent: dict[str, str]) -> bool:
    """Print how many were noticed in each module; tell whether that is enough."""
    noticed = {name for name, how in verdicts.items() if how in ("noticed", "late")}
    judged = [mutant for mutant in chosen if mutant.name not in equivalent]
    good = Counter(mutant.module for mutant in judged if mutant.name in noticed)
    for module, n in Counter(mutant.module for mutant in judged).items():
        print(f"{module:14} {good[module]:4} of {n:4} noticed")
    share = good.total() / max(1, len(judged))
    print(f"{'all':14} {good.total():4} of {len(judged):4}: {share:.1%}, ", end="")
    print(", ".join(f"{n} {how}" for how, n in sorted(Counter(verdicts.values()).items())))
    for name in sorted(noticed & equivalent.keys()):
        print(f"listed in {EQUIVALENT.name}, but noticed: {name}")
    return share >= GOAL and not noticed & equivalent.keys()


def prepare() -> None:
    """Import what all tests need, and set what conftest.py would set."""
    os.environ |= {"OMP_NUM_THREADS": "1", "COURSE_LIVE": "0", "MPLBACKEND": "agg"}
    subprocess.run([sys.executable, "-m", "torch_course.data"], check=True, cwd=ROOT)
    for name in HEAVY:
        importlib.import_module(name)
    from hypothesis import settings

    settings.register_profile("mutants", deadline=None, derandomize=True, database=None)
    settings.load_profile("mutants")
    del os.environ["MPLBACKEND"]
    gc.collect()
    gc.freeze()  # no child need look at, and so copy, what all of them share


def main() -> int:
    """Run what the command line asks for; return 1 if less than GOAL of it is noticed."""
    names = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", action="append", choices=names, help="one or more; all")
    parser.add_argument("--limit", type=int, help="that many, drawn with seed 42; all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time; cores")
    options = parser.parse_args()
    prepare()
    chosen, seconds = [], {}
    for module in options.module or names:
        source = (PACKAGE / f"{module}.py").read_text(encoding="utf-8")
        seconds[module] = time_tests(module, source)
        chosen += mutants(module, source)
    if options.limit and options.limit < len(chosen):
        chosen = sample(chosen, options.limit)
    verdicts = judge(chosen, seconds, max(1, options.jobs))
    return 0 if report(chosen, verdicts, equivalents()) else 1


if __name__ == "__main__":
    sys.exit(main())
