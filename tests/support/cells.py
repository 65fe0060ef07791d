"""Which cells of a notebook are run and compared, by what, and what their kernel is told first.

All of it works without nbval, which conftest.py joins it to.
"""

from dataclasses import dataclass
from typing import Any

from tests.support.tolerance import Output, Tolerance

# Sent to each kernel before its first cell. It leaves no name behind, which a notebook could use.
# ipykernel shows deprecations of code in __main__; here they are errors: next year they will be.
KERNEL_SETUP = "\n".join(
    f"__import__('warnings').filterwarnings('error', category={category}, module='__main__')"
    for category in ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning")
)


@dataclass(frozen=True)
class Case:
    """A code cell as the tests treat it: it is run, and may be compared, may raise an error."""

    source: str
    compared: bool
    may_raise: bool


def case(cell: dict[str, Any]) -> Case:
    """Return how a code cell is treated. Its tags alone say so: no comment, no other metadata."""
    tags = cell["metadata"].get("tags", [])
    return Case(cell["source"], "nbval-ignore-output" not in tags, "raises-exception" in tags)


def collect(book: dict[str, Any]) -> list[Case]:
    """Return the code cells of a notebook, numbered as nbval does: each is run, none is skipped."""
    return [case(cell) for cell in book["cells"] if cell["cell_type"] == "code"]


def comparable(output: Any, tags: list[str]) -> Any:
    """Give an output's text the tolerance of its cell's tags; leave what is no text as it is.

    Args:
        output: A stored or a recomputed output, as text or as something else.
        tags: The cell's, such as `rtol=0.05`.

    Raises:
        ValueError: If a tag is no tolerance, or allows too much.
    """
    return Output(output, Tolerance.from_tags(tags)) if isinstance(output, str) else output
