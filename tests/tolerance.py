"""Compare a stored output with a recomputed one: decimals with a tolerance, all else exactly.

conftest.py puts this into nbval. A decimal may differ by 0.1 % or by one unit of its last stored
digit, whichever is more; a whole float as torch prints it ("1.") has no digit to spare. A cell's
own tags widen that: `rtol=0.05`, `atol=0.02` for decimals, `pct=1` for numbers before a % alone.
"""

import math
import re
from dataclasses import dataclass

# A number with a point or an exponent, or any number before a %. Not part of a word, a version
# (2.15.0) or an exercise's number (00.1): those, like integers, are compared exactly.
NUMBER = re.compile(
    r"""(?<![\w.])(?P<sign>[-+]?)(?!0\d)
    (?P<digits>\d+(?P<point>\.\d*)?|\.\d+)(?P<exponent>e[-+]?\d+)?
    (?![\w.]*\.\d)(?P<percent>\s?%)?""",
    re.VERBOSE,
)
EXERCISE = re.compile(r"^\d\d\.\d+: (?:correct|not yet)", re.MULTILINE)
BLANKS = re.compile(r"(?<=[\[(])[ \t]+|[ \t]+(?=[ \t])")  # padding, which follows a number's width
LIMITS = {"rtol": 0.1, "atol": 0.05, "pct": 2.0}


@dataclass(frozen=True)
class Tolerance:
    """What a cell's tags allow beyond the default: fractions, absolute values, percent points."""

    rtol: float = 0.0
    atol: float = 0.0
    pct: float = 0.0

    @classmethod
    def from_tags(cls, tags: list[str]) -> "Tolerance":
        """Read the tags `rtol=…`, `atol=…`, `pct=…` of a cell; other tags are ignored.

        Raises:
            ValueError: If a value is not a number, not positive or above what is still a proof.
        """
        values = {}
        for tag in tags:
            name, equals, value = tag.partition("=")
            if not equals or name not in LIMITS:
                continue
            try:
                values[name] = float(value)
            except ValueError:
                raise ValueError(f"expected a number in the tag {tag!r}") from None
            if not 0 < values[name] <= LIMITS[name]:
                raise ValueError(f"the tag {tag!r} must be above 0 and at most {LIMITS[name]}")
        return cls(**values)


@dataclass(frozen=True)
class Number:
    """A decimal or percentage as it stands in an output."""

    value: float
    unit: float  # of its last digit; 0 for a whole float
    percent: bool

    def agrees(self, other: "Number", tolerance: Tolerance) -> bool:
        """Tell whether `other`, recomputed, proves this stored number."""
        if self.percent != other.percent:
            return False
        if math.isinf(self.value) or math.isinf(other.value):
            return self.value == other.value
        default = max(0.001 * abs(self.value), self.unit) if self.unit else 0.0
        if self.value * other.value < 0 and max(abs(self.value), abs(other.value)) > self.unit:
            return False  # a sign is a statement, unless it is that of a zero
        if self.percent:
            allowed = max(default, tolerance.pct)
        else:
            allowed = max(default, tolerance.atol, tolerance.rtol * abs(self.value))
        return abs(self.value - other.value) <= allowed * (1 + 1e-9) + 1e-300


def split(text: str) -> tuple[list[str], list[Number]]:
    """Split a text into what is compared exactly and the numbers that are not."""
    words, numbers, start = [], [], 0
    exact = [match.span() for match in EXERCISE.finditer(text)]
    for match in NUMBER.finditer(text):
        digits, point, exponent = match["digits"], match["point"], match["exponent"]
        percent = bool(match["percent"])
        if not (percent or point or exponent or digits.startswith(".")):
            continue  # an integer
        if any(begin <= match.start() < end for begin, end in exact):
            continue
        decimals = len(digits.partition(".")[2])
        unit = float(f"1e-{decimals}") * float("1" + (exponent or "")) if decimals else 0.0
        value = float(match["sign"] + digits + (exponent or ""))
        numbers.append(Number(value, unit, percent))
        words.append(text[start : match.start()])
        start = match.end()
    words.append(text[start:])
    return [BLANKS.sub("", word) for word in words], numbers


class Output(str):
    """An output's text that equals another when all its numbers agree and all its words are equal.

    nbval compares `stored != recomputed`; the tolerance is that of the stored side.
    """

    __slots__ = ("tolerance",)

    def __new__(cls, text: str, tolerance: Tolerance) -> "Output":
        """Remember the tolerance beside the text."""
        output = super().__new__(cls, text)
        output.tolerance = tolerance
        return output

    def __eq__(self, other: object) -> bool:
        """Compare as the module's first lines say."""
        if not isinstance(other, str):
            return NotImplemented
        (words, numbers), (other_words, other_numbers) = split(self), split(other)
        return words == other_words and all(
            mine.agrees(theirs, self.tolerance)
            for mine, theirs in zip(numbers, other_numbers, strict=True)
        )

    def __ne__(self, other: object) -> bool:
        """Negate `==`."""
        return not self == other

    __hash__ = str.__hash__
