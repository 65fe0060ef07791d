"""Break the package in hundreds of small ways and see which its unit tests notice: make mutants.

    python -m tools.mutants --module training --module loaders
    python -m tools.mutants --limit 400

A mutant is one change of one module of torch_course: a comparison, a constant, a statement left
out. Its tests run in a process of their own, in which the changed module stands in the place of the
real one; the package's files stay as they are. A test that fails, or does not end in time, kills
it. Who survives is printed, unless equivalent_mutants.txt says why no test could notice it.
"""

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tools.books import ROOT

PACKAGE = ROOT / "torch_course"
EQUIVALENT = ROOT / "tools" / "equivalent_mutants.txt"
NEVER = ("TYPE_CHECKING", "__name__")  # tests of blocks that never run under pytest
GOAL = 0.9
ALL = sorted(path.stem[5:] for path in (ROOT / "tests" / "unit").glob("test_*.py"))
TESTS = {  # the tests that run after those of a module's own name
    "_checks": ("refusals", "evaluation", "training", *ALL),
    "_epoch": ("evaluation", "training", "refusals", *ALL),
    "_progress": ("training",),
    "checkpoints": ("checkpoint_files", "checkpoint_states"),
    "evaluation": ("pictures", "refusals"),
    "training": ("refusals",),
}
ELSEWHERE = (  # tests that start a Python of their own, which would not know the mutant
    "not kill_at_any and not disk_that_takes and not workers_get and not data_dir_is "
    "and not user_who and not loads_nothing"
)
SLOW = " and not no_flipped_bit"  # 20 seconds, and it can notice a change of checkpoints alone
HEAVY = (  # imported once, before processes are forked; none of it imports the package
    *("torch", "torchvision.datasets", "torchvision.transforms.v2", "sklearn.metrics", "pandas"),
    *("matplotlib.pyplot", "hypothesis", "pytest", "IPython", "tqdm.auto"),
)

SWAPS = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq},
    **{ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn},
    **{ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add},
    **{ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}


@dataclass(frozen=True)
class Mutant:
    """A change of one module: its name, what it changes, and how to get the changed source."""

    module: str
    name: str  # stable while the line itself stays
    before: str
    after: str
    render: Callable[[], str]  # called for those alone that run: it takes milliseconds

    @property
    def source(self) -> str:
        """The module's changed source."""
        return self.render()


def changed(node: ast.AST, **fields: object) -> ast.AST:
    """Return a copy of a node with other fields."""
    other = copy.deepcopy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def variants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield each change of one node: what it is, and the node that takes its place."""
    match node:
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                swapped = [SWAPS[type(o)]() if j == i else o for j, o in enumerate(ops)]
                yield f"{type(op).__name__} swapped", changed(node, ops=swapped)
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in SWAPS:
            yield f"{type(op).__name__} swapped", changed(node, op=SWAPS[type(op)]())
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield "sign dropped", copy.deepcopy(operand)
        case ast.Constant(value=bool(value)):
            yield f"{value} flipped", changed(node, value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield f"{value} + 1", changed(node, value=value + 1)
        case ast.Constant(value=str(value)) if " " not in value:  # others are messages
            yield f"{value!r} changed", changed(node, value=f"{value}x")
        case ast.JoinedStr(values=parts) if " " not in ast.unparse(node):
            yield "text changed", changed(node, values=[*parts, ast.Constant("x")])
        case ast.comprehension(ifs=[_, *_]):
            yield "filter dropped", changed(node, ifs=[])
        case ast.Return(value=ast.expr()) if ast.unparse(node) != "return None":
            yield "return None", changed(node, value=None)
        case ast.If() | ast.IfExp():
            for value in (True, False):
                yield f"if {value}", changed(node, test=ast.Constant(value))
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.Break() | ast.AugAssign():
            yield "statement dropped", ast.Pass()
        case ast.With(items=items) if all(item.optional_vars is None for item in items):
            yield "with dropped", ast.If(test=ast.Constant(True), body=node.body, orelse=[])
        case ast.Call(func=ast.Attribute(value=value), args=[], keywords=[]):
            yield f".{node.func.attr}() dropped", copy.deepcopy(value)
    if isinstance(node, ast.Call):
        for i, keyword in enumerate(node.keywords):
            kept = node.keywords[:i] + node.keywords[i + 1 :]
            yield f"{keyword.arg}= dropped", changed(node, keywords=kept)
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        yield "decorators dropped", changed(node, decorator_list=[])


def places(node: ast.AST, function: str = "") -> Iterator[tuple[ast.AST, str, int, str, ast.AST]]:
    """Yield (parent, field, index in it or -1, function, node) of all code that may be changed.

    Left out are docstrings, annotations, imports, messages of errors, and code that never runs
    under tests: what is for type checkers, and what starts a program.
    """
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "exc"):
            continue
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            skipped = ast.Import | ast.ImportFrom | ast.AnnAssign
            docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if not isinstance(child, ast.AST) or isinstance(child, skipped) or docstring:
                continue
            if isinstance(child, ast.If) and ast.unparse(child.test).startswith(NEVER):
                continue
            inside = child.name if isinstance(child, ast.FunctionDef) else function
            yield node, field, i if isinstance(value, list) else -1, inside, child
            if not isinstance(child, ast.JoinedStr):
                yield from places(child, inside)


def put(parent: ast.AST, field: str, index: int, node: ast.AST) -> None:
    """Put a node in its place in its parent."""
    if index < 0:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def changed_source(tree, parent, field, index, node, other) -> str:
    """Return the source of a tree in which another node takes a node's place; change nothing."""
    put(parent, field, index, ast.copy_location(other, node))
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    finally:
        put(parent, field, index, node)


def mutants(module: str, source: str) -> list[Mutant]:
    """Return all mutants of a module's source, in the order of its lines."""
    tree, found, seen = ast.parse(source), [], Counter()
    lines = source.splitlines()
    for parent, field, index, function, node in list(places(tree)):
        for change, other in variants(node):
            text = partial(changed_source, tree, parent, field, index, node, other)
            at = node.target if isinstance(node, ast.comprehension) else node
            line = lines[at.lineno - 1].strip()
            name = f"{module}.{function}: {line} [{change}]"
            seen[name] += 1
            name += f" {seen[name]}" if seen[name] > 1 else ""
            found.append(Mutant(module, name, line, ast.unparse(other).splitlines()[0], text))
    return found


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


def survives(mutant: Mutant, folder: str) -> bool:
    """Run the tests of a mutant's module, in this process; tell whether all of them pass."""
    import pytest

    sys.meta_path.insert(0, Loader(mutant))
    files = dict.fromkeys((mutant.module.strip("_"), *TESTS.get(mutant.module, ())))
    paths = [str(ROOT / "tests" / "unit" / f"test_{name}.py") for name in files if name in ALL]
    # Without conftest.py, which would let a mutant unpack the data wherever it wants to.
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:nbval",
        "-p",
        "no:anyio",
        "-o",
        "addopts=",
    ]
    options += ["--noconftest", f"--rootdir={ROOT}", f"--basetemp={folder}/tests"]
    options += ["-k", ELSEWHERE + ("" if mutant.module == "checkpoints" else SLOW)]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what is imported already
    return pytest.main([*options, *paths]) == 0


def start(mutant: Mutant, seconds: float, folder: str) -> int:
    """Start a process that exits with 0 if the mutant survives; return its number."""
    child = os.fork()
    if child:
        return child
    signal.alarm(int(seconds))  # and ends the process: a mutant that never ends is noticed
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    code = 1
    try:
        code = 0 if survives(mutant, folder) else 1
    finally:
        os._exit(code)


def survivors(chosen: list[Mutant], seconds: dict[str, float], jobs: int) -> list[Mutant]:
    """Run each mutant, so many at a time; return those that no test noticed."""
    running, alive, late = {}, [], 0
    for mutant in [*chosen, None]:
        while running and (mutant is None or len(running) >= jobs):
            child, status = os.wait()
            done, folder = running.pop(child)
            shutil.rmtree(folder, ignore_errors=True)
            late += status == signal.SIGALRM
            if status == 0:
                alive.append(done)
                print(f"{done.name}\n    - {done.before}\n    + {done.after}", flush=True)
        if mutant is not None:
            folder = tempfile.mkdtemp()
            running[start(mutant, seconds[mutant.module], folder)] = mutant, folder
    print(f"\n{late} did not end in time and count as noticed")
    return alive


def sample(found: list[Mutant], limit: int) -> list[Mutant]:
    """Draw some, the same each time, from each module as many as fits its share of all."""
    drawn = sorted(random.Random(42).sample(found, len(found)), key=lambda m: m.module)
    return [drawn[i * len(drawn) // limit] for i in range(limit)]


def prepare() -> None:
    """Import what all tests need, and set what conftest.py would set."""
    os.environ |= {"OMP_NUM_THREADS": "1", "COURSE_PROGRESS": "0", "MPLBACKEND": "agg"}
    subprocess.run([sys.executable, "-m", "torch_course.data"], check=True, cwd=ROOT)
    for name in HEAVY:
        importlib.import_module(name)
    from hypothesis import settings

    settings.register_profile("mutants", deadline=None, derandomize=True, database=None)
    settings.load_profile("mutants")
    del os.environ["MPLBACKEND"]


def main() -> int:
    """Run what the command line asks for; return 1 if less than GOAL of it is noticed."""
    names = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", action="append", choices=names, help="one or more; all")
    parser.add_argument("--limit", type=int, help="that many, drawn with seed 42; all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time; cores")
    options = parser.parse_args()
    prepare()
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    equivalent = {line.partition("  # ")[0] for line in lines}
    chosen, seconds = [], {}
    for module in options.module or names:
        source, begun = (PACKAGE / f"{module}.py").read_text(encoding="utf-8"), time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            same = start(Mutant(module, "unchanged", "", "", lambda text=source: text), 600, folder)
            if os.waitpid(same, 0)[1] != 0:
                raise SystemExit(f"the tests of {module} fail without any change: mend them first")
        seconds[module] = 20 + 5 * (time.monotonic() - begun)
        chosen += [m for m in mutants(module, source) if m.name not in equivalent]
    if options.limit and options.limit < len(chosen):
        chosen = sample(chosen, options.limit)
    alive = Counter(mutant.module for mutant in survivors(chosen, seconds, max(1, options.jobs)))
    for module, n in Counter(mutant.module for mutant in chosen).items():
        print(f"{module:14} {n - alive[module]:4} of {n:4} noticed")
    share = 1 - alive.total() / max(1, len(chosen))
    print(f"{'all':14} {len(chosen) - alive.total():4} of {len(chosen):4}: {share:.1%}")
    return 0 if share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
