"""Compare a stored output with a recomputed one: numbers with a tolerance, all else exactly.

A *number* here has a point, an exponent or a % behind it. It may drift by 0.1 % or by one unit of
its last stored digit, whichever is more, and is printed with as many decimals as before. Nothing
may drift, since one unit would be another statement, where a number

- shows at most one significant digit (0.1, 0.002, 1e-05, 0.0000): one unit is up to 100 %;
- is whole and shows one decimal or none (100.0%, 2021.0, "1." as torch prints it): a count, a
  year, "all of them". `1.0000` may become `0.9999`, as a computed tensor does, but no other whole
  number (2021.0000 is not 2023.0000).

A cell's own tags allow more: `rtol=0.05`, `atol=0.02` for numbers, `pct=1` for those before a %
alone. Integers, words, the name of an exercise ("10.1: correct") and numbers that belong to a word
("Python 3.11", see `NAMES`) are compared exactly, whatever the tags.
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
# Words that make a name of the number behind them, and what they name. Any other word ("loss 0.48")
# only says what the number is. Two decimals at most: "torch 0.4801" is a result of torch's.
NAMES = re.compile(
    r"""\b(?:python|pytorch|torch|torchvision|numpy|pandas|matplotlib|scikit-learn|timm|pillow|cuda
    |versions?|exercises?|notebooks?|chapters?|sections?)
    [ \t]*[=<>~!]*[ \t]*v?\d+\.\d{1,2}(?!\d|\s?%)
    (?:[ \t]*(?:,|-|to|and|or)[ \t]*\d+\.\d{1,2}(?!\d|\s?%))*
    |^\d\d\.\d+:\ (?:correct|not\ yet)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
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
    """A number as it stands in an output."""

    value: float
    digits: str  # as printed, without sign and exponent
    unit: float  # of the last digit
    percent: bool

    @property
    def decimals(self) -> int:
        """Return how many digits stand behind the point (of the mantissa, before an exponent)."""
        return len(self.digits.partition(".")[2])

    @property
    def whole(self) -> bool:
        """Tell whether it is whole and shows it: 2021.0 and 3. do, 3.4e+23 does not."""
        return self.unit <= 1 and self.value.is_integer()

    @property
    def exact(self) -> bool:
        """Tell whether nothing may drift without a tag: the module's first lines say why."""
        significant = len(self.digits.replace(".", "").lstrip("0"))
        return significant <= 1 or (self.whole and self.decimals <= 1)

    def agrees(self, other: "Number", tolerance: Tolerance) -> bool:
        """Tell whether `other`, recomputed, proves this stored number."""
        if (self.percent, self.decimals) != (other.percent, other.decimals):
            return False
        if math.isinf(self.value) or math.isinf(other.value):
            return self.value == other.value
        nearly_zero = self.unit if self.decimals else 0.0
        if self.value * other.value < 0 and max(abs(self.value), abs(other.value)) > nearly_zero:
            return False  # a sign is a statement, unless it is that of a zero, give or take a unit
        if self.percent:
            tagged = tolerance.pct
        else:
            tagged = max(tolerance.atol, tolerance.rtol * abs(self.value))
        if self.exact or (self.whole and other.whole):
            drift = 0.0
        else:
            drift = max(0.001 * abs(self.value), self.unit)
        return abs(self.value - other.value) <= max(drift, tagged) * (1 + 1e-9) + 1e-300


def split(text: str) -> tuple[list[str], list[Number]]:
    """Split a text into what is compared exactly and the numbers that are not."""
    words, numbers, start = [], [], 0
    named = [match.span() for match in NAMES.finditer(text)]
    for match in NUMBER.finditer(text):
        digits, exponent = match["digits"], match["exponent"] or ""
        percent = bool(match["percent"])
        if not (percent or exponent or "." in digits):
            continue  # an integer
        if any(begin <= match.start() < end for begin, end in named):
            continue
        decimals = len(digits.partition(".")[2])
        value, unit = float(match["sign"] + digits + exponent), float(f"1{exponent}")
        numbers.append(Number(value, digits, unit * float(f"1e-{decimals}"), percent))
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
