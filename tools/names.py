"""Which names a cell of a notebook defines and reads, told from its source alone."""

import ast
import builtins
from collections.abc import Iterator


def is_broken(source: str) -> bool:
    """Tell whether a cell is no Python."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False


def defined_names(source: str) -> set[str]:
    """Return the names that a cell defines: functions, classes, imports and assignments.

    A cell that is no Python defines none.
    """
    if is_broken(source):
        return set()
    return {name for statement in ast.parse(source).body for name in _bound(statement)}


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement at top level binds."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            yield alias.asname or alias.name.split(".")[0]
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for node in (node for target in targets for node in ast.walk(target)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def used_names(source: str) -> set[str]:
    """Return the names that a cell reads, at any depth."""
    nodes = [] if is_broken(source) else ast.walk(ast.parse(source))
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def needed_helpers(answer: list[str], known: set[str], cells: list[str]) -> list[str]:
    """Return the learner's statements that an answer needs and that are in no cell of its own.

    An import, a function, a class or an assigned literal, the last one of each name: whatever else
    a cell of theirs does is no part of the answer.
    """
    offered: dict[str, str] = {}
    for cell in (cell for cell in cells if not is_broken(cell)):
        for statement in ast.parse(cell).body:
            if not isinstance(statement, ast.Assign) or _literal(statement.value):
                code = ast.unparse(statement)
                offered |= dict.fromkeys(_bound(statement), code)
    found: dict[str, str] = {}
    asked, known = set().union(*map(used_names, answer)), known | set(dir(builtins))
    known |= set().union(*map(defined_names, answer))
    while new := (asked & offered.keys()) - known - found.keys():
        found |= {name: offered[name] for name in new}
        asked |= set().union(*(used_names(offered[name]) for name in new))
    return list(dict.fromkeys(found[name] for name in offered if name in found))


def _literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
