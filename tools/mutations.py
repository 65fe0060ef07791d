"""Make mutants of a module: one small change each of code that runs, under a name that stays.

A change is a comparison turned, a constant raised, a statement or an argument left out. What is
left alone: docstrings, annotations, imports, messages of errors, and blocks that never run under
tests.
"""

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

NEVER = ("TYPE_CHECKING", "__name__")  # tests of blocks that never run under pytest
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


def places(node: ast.AST, scope: str = "") -> Iterator[tuple[ast.AST, str, int, str, ast.AST]]:
    """Yield (parent, field, index in it or -1, scope, node) of all code that may be changed."""
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
            named = isinstance(child, ast.FunctionDef | ast.ClassDef)
            inside = f"{scope}.{child.name}" if named else scope
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
    for parent, field, index, scope, node in list(places(tree)):
        for change, other in variants(node):
            text = partial(changed_source, tree, parent, field, index, node, other)
            at = node.target if isinstance(node, ast.comprehension) else node
            line = lines[at.lineno - 1].strip()
            name = f"{module}{scope}: {line} [{change}]"
            seen[name] += 1
            name += f" {seen[name]}" if seen[name] > 1 else ""
            found.append(Mutant(module, name, line, ast.unparse(other).splitlines()[0], text))
    return found
