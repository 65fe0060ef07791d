"""The mutants are what they say: one change each, of code that runs, under a name that stays."""

import ast
import os
import re
import sys

import pytest

from tools.mutants import ALL, ELSEWHERE, PACKAGE, ROOT, SLOW, equivalents, report, sample, verdict
from tools.mutations import Mutant, mutants

SOURCE = '''
"""A docstring with 1 number."""
import os

LIMIT: int = 3


@decorated
def total(values, *, start=0):
    """Add up."""
    if not values and start >= 1:
        raise ValueError(f"expected {1} or more")
    result = {"sum": start}
    with quiet():
        result["sum"] += values.mean().item() * 2
    show(result, end="")
    keys = set(f"{key}_loss" for key in result if key)
    return result if LIMIT == 3 else None
'''


def changes():
    return {mutant.name.partition(" [")[2].rpartition("]")[0] for mutant in mutants("m", SOURCE)}


def test_each_kind_of_change_is_made():
    assert changes() >= {
        *("And swapped", "GtE swapped", "Eq swapped", "Mult swapped", "sign dropped"),
        *("0 + 1", "1 + 1", "2 + 1", "'sum' changed", "return None", "if True", "if False"),
        *("statement dropped", "with dropped", ".item() dropped", ".mean() dropped"),
        *("end= dropped", "decorators dropped", "text changed", "filter dropped"),
    }


def test_docstrings_annotations_imports_and_messages_stay():
    before = [line for line in ast.unparse(ast.parse(SOURCE)).splitlines() if "expected" in line]
    for mutant in mutants("m", SOURCE):
        tree = ast.parse(mutant.source)
        assert ast.get_docstring(tree) == "A docstring with 1 number."
        assert "import os" in mutant.source
        assert "LIMIT: int = 3" in mutant.source
        assert before[0] in mutant.source.splitlines() or "raise" not in mutant.source


def test_every_mutant_differs_and_has_a_name_of_its_own():
    found = mutants("m", SOURCE)
    unchanged = ast.unparse(ast.parse(SOURCE))
    assert len({mutant.name for mutant in found}) == len(found)
    assert all(mutant.source != unchanged for mutant in found)


def test_the_name_says_the_class():
    source = "class A:\n    def f(self):\n        return 1\n"
    assert mutants("m", source)[0].name == "m.A.f: return 1 [return None]"


def test_a_name_stays_when_other_lines_come_before():
    later = mutants("m", SOURCE.replace("import os\n", "import os\nimport sys\nx = 5\n"))
    assert {m.name for m in mutants("m", SOURCE)} < {m.name for m in later}


def test_there_are_enough_and_every_one_that_is_called_equivalent_is_there():
    sources = {path.stem: path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py")}
    names = {m.name for module, source in sources.items() for m in mutants(module, source)}
    assert len(names) >= 300
    for name, reason in equivalents().items():
        assert name in names
        assert len(reason) > 10, name


def test_every_test_that_is_left_out_is_there():
    texts = [(ROOT / "tests" / "unit" / f"test_{name}.py").read_text("utf-8") for name in ALL]
    for word in (ELSEWHERE + SLOW).replace("not ", "").split(" and "):
        assert any(re.search(rf"def test_\w*{word}", text) for text in texts), word


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("pass", "survived"),
        ("exit(1)", "noticed"),
        ("exit(2)", "noticed"),
        ("exit(3)", "unclear"),
        ("exit(4)", "unclear"),
        ("exit(5)", "unclear"),
        ("kill(getpid(), SIGSEGV)", "noticed"),
        ("kill(getpid(), SIGALRM)", "late"),
        ("kill(getpid(), SIGTERM)", "unclear"),
        ("kill(getpid(), SIGKILL)", "unclear"),
    ],
)
def test_only_what_the_mutant_itself_brings_about_counts_as_noticed(program, expected):
    command = [sys.executable, "-c", f"from os import *; from signal import *; {program}"]
    child = os.posix_spawn(sys.executable, command, os.environ)
    assert verdict(os.waitpid(child, 0)[1]) == expected


def test_the_report_counts_what_is_not_equivalent_and_names_what_is_listed_in_error(capsys):
    chosen = [Mutant("m", name, "", "", str) for name in "abcdefghijkl"]
    verdicts = dict.fromkeys("abcdefgh", "noticed") | {"i": "late", "j": "unclear", "k": "survived"}
    verdicts["l"] = "survived"
    assert not report(chosen, verdicts, {})  # 9 of 12
    assert report(chosen, verdicts, {"k": "", "l": ""})  # 9 of 10
    capsys.readouterr()
    assert not report(chosen, verdicts, {"a": "", "k": "", "l": ""})
    printed = capsys.readouterr().out
    assert "8 of    9 noticed" in printed
    assert "but noticed: a" in printed


@pytest.mark.parametrize("name", ["_epoch", "training"])
def test_mutants_of_the_package_are_programs(name):
    for mutant in mutants(name, (PACKAGE / f"{name}.py").read_text(encoding="utf-8")):
        compile(mutant.source, mutant.name, "exec")


def test_a_sample_is_the_same_each_time_and_takes_from_each_module_its_share():
    found = mutants("one", SOURCE) + mutants("other", SOURCE)
    drawn = sample(found, 10)
    assert drawn == sample(found, 10)
    assert [mutant.module for mutant in drawn] == ["one"] * 5 + ["other"] * 5
    assert len(set(drawn)) == 10
