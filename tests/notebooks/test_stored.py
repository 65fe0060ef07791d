"""What every stored notebook must be: run, clean, described; what nbval lets through."""

import json
import re
import subprocess
import sys
from itertools import pairwise

import nbformat
import pytest

from tests.support.cells import collect
from tests.support.tolerance import LIMITS, NAMES, Tolerance
from tools.books import EXERCISE_ID, MAIN, ROOT, SOLUTIONS, START, code_cells, name, printed, tags

PLAIN_TAGS = {"exercise", "check", "raises-exception", "nbval-ignore-output"}
all_books = pytest.mark.parametrize("path", [START, *MAIN, *SOLUTIONS], ids=name)
main_books = pytest.mark.parametrize("path", MAIN, ids=name)


def outputs(path):
    return [output for cell in code_cells(path) for output in cell.outputs]


def texts(output):
    """Return every text that an output shows, whatever its kind."""
    kinds = [output.get("text"), *output.get("traceback", []), *output.get("data", {}).values()]
    return [text for text in [*kinds, output.get("evalue")] if isinstance(text, str)]


def test_there_are_notebooks():
    assert len(MAIN) >= 2
    assert [path.name for path in MAIN] == [path.name for path in SOLUTIONS]


@all_books
def test_format_is_valid(path):
    nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))
    assert json.loads(path.read_text(encoding="utf-8"))["nbformat"] == 4


@all_books
def test_was_run_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@all_books
def test_errors_exactly_where_announced(path):
    for cell in code_cells(path):
        raised = any(output.output_type == "error" for output in cell.outputs)
        assert raised == ("raises-exception" in tags(cell)), cell.source


@all_books
def test_no_warnings_or_other_stderr(path):
    assert [output.text for output in outputs(path) if output.get("name") == "stderr"] == []


@all_books
def test_no_timing_metadata_and_no_widgets(path):
    book = nbformat.read(path, as_version=4)
    assert "widgets" not in book.metadata
    for cell in code_cells(path):
        assert "execution" not in cell.metadata
        for output in cell.outputs:
            assert not any("widget" in kind for kind in output.get("data", {}))


@all_books
def test_no_path_or_address_in_an_output(path):
    local = re.compile(
        r"(?<![\w.:/<])/(?:home|root|Users|tmp|work|opt|usr|var)/|[A-Z]:\\|0x[0-9a-f]{6}"
    )
    for output in outputs(path):
        for text in texts(output):
            text = re.sub(r"\x1b\[[\d;]*m", "", text)  # colors, which end in a letter
            assert not local.search(text), text


@all_books
def test_every_figure_has_a_text_for_those_who_cannot_see_it(path):
    for output in outputs(path):
        for kind in output.get("data", {}):
            if kind.startswith("image/"):
                assert output.metadata.get(kind, {}).get("alt", "").strip()


@all_books
def test_size(path):
    assert path.stat().st_size <= 900_000


@all_books
def test_tags_are_known_and_their_tolerances_bounded(path):
    for cell in code_cells(path):
        unknown = {tag for tag in tags(cell) if tag.partition("=")[0] not in LIMITS} - PLAIN_TAGS
        assert unknown == set()
        Tolerance.from_tags(tags(cell))
        assert not re.search(r"#\s*(NBVAL|PYTEST_VALIDATE)", cell.source)


@all_books
def test_at_most_one_output_in_ten_is_ignored(path):
    cases = collect(nbformat.read(path, as_version=4))
    assert sum(not case.compared for case in cases) <= 0.1 * len(cases)


@all_books
def test_no_shell_magic_network_or_silenced_warning(path):
    forbidden = re.compile(
        r"^\s*[!%]|get_ipython|subprocess|os\.system|requests\.|urllib|simplefilter|filterwarnings"
        r"|pretrained=True|read_image|ToTensor\(|torch\.cuda\.amp",
        re.MULTILINE,
    )
    for cell in code_cells(path):
        assert not forbidden.search(cell.source), cell.source


@all_books
def test_cells_are_short(path):
    """But for checks, which are folded, and the list of imports."""
    first, *_ = cells = code_cells(path)
    for cell in cells:
        lines = [line for line in cell.source.splitlines() if line.strip()]
        most = 80 if "check" in tags(cell) else 30 if cell == first else 20
        assert len(lines) <= most, cell.source


@main_books
def test_code_is_introduced_by_text(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.source.strip()]
    code = [before.cell_type for before, cell in pairwise(cells) if cell.cell_type == "code"]
    assert code.count("markdown") >= 0.95 * len(code)


@main_books
def test_imports_and_seed_come_first(path):
    first, *rest = code_cells(path)
    assert re.search(r"^set_seeds\(42\)", first.source, re.MULTILINE)
    assert first.source.startswith(("import ", "from "))
    for cell in rest:
        # A helper is imported where the notebook has just written it by hand; nothing else is.
        for line in re.findall(r"^(?:import|from) .*", cell.source, re.MULTILINE):
            assert line.startswith("from helper_functions import "), line


# A number with a point, a thousands separator or a percent sign (in a formula: {,} and \%).
CLAIM = re.compile(
    r"""(?<![\w.,])(?P<number>
        \d{1,3}(?:,\d{3})+(?:\.\d+)? | \d*\.\d+(?![\w.]*\.\d) | \d+(?=\s?%)
    )(?P<percent>\s?%)?""",
    re.VERBOSE,
)
LINK = re.compile(r"\]\([^)]*\)|https?://[^\s)>]+")  # only where it leads, not its words


def claims(source):
    """Return the numbers that a text states, each with whether a percent sign follows.

    The numbers of links, versions, exercises and sections state nothing.
    """
    source = LINK.sub("", source).replace("{,}", ",").replace(r"\%", "%")
    matches = CLAIM.finditer(NAMES.sub("", source))
    return {(match["number"], bool(match["percent"])) for match in matches}


def proofs(book):
    """Return all that code cells hold and put out, with and without thousands separators."""
    pieces = []
    for cell in (cell for cell in book.cells if cell.cell_type == "code"):
        pieces.append(cell.source)
        for output in cell.outputs:
            # A picture's bytes, written as letters and digits, hold any small number by chance.
            data = output.get("data", {}).items()
            shown = [text for kind, text in data if kind.startswith("text/")]
            alts = [metadata["alt"] for metadata in output.get("metadata", {}).values()]
            printed_or_raised = [output.get("text", ""), output.get("evalue", "")]
            pieces += [*printed_or_raised, *shown, *alts]
    text = "\n".join(pieces)
    return text + "\n" + re.sub(r"(?<=\d)[,_](?=\d)", "", text)


def stands_in(number, percent, text):
    """Tell whether a number stands in a text: as it is; with its percent sign, or 0.15 for 15 %."""
    form = re.escape(number.replace(",", ""))
    if percent:
        fraction = re.escape(f"{float(number.replace(',', '')) / 100:g}")
        form = rf"{form}\s?%|{fraction}"
    return bool(re.search(rf"(?<![\d.])(?:{form})(?!\d)", text))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Off by -0.5, or by 1,234.5 of 60,000.", {"0.5", "1,234.5", "60,000"}),
        (r"About 15 % or 88.4%, $p = 5\%$, $60{,}000$", {"15", "88.4", "5", "60,000"}),
        ("[0.7](https://a.org/0.8) https://a.org/0.9 and .25", {"0.7", ".25"}),
        ("Exercise 10.1, sections 3.1 and 3.2, Python 3.11, torch>=2.9, Pillow 11.0, v2", set()),
        ("15 pictures, 2.15.0, 1 or 2 of 3.", set()),
    ],
)
def test_what_a_text_claims(source, expected):
    assert {number for number, _ in claims(source)} == expected


@pytest.mark.parametrize(
    ("number", "percent", "text", "expected"),
    [
        ("0.25", False, "rate 0.25", True),
        ("0.25", False, "rate 0.250, 10.25 or 0.2.25", False),
        ("15", True, "15 % or 3", True),
        ("15", True, "dropout 0.15", True),
        ("15", True, "15 rows", False),
        ("0.25", True, "a rate of 0.25", False),
        ("60,000", False, "60000", True),
    ],
)
def test_what_a_claim_stands_in(number, percent, text, expected):
    assert stands_in(number, percent, text) is expected


@main_books
def test_a_number_in_a_text_stands_in_a_code_cell_or_an_output_or_names_its_source(path):
    """A number that stands nowhere else is named in its cell's metadata, with its source."""
    book = nbformat.read(path, as_version=4)
    text = proofs(book)
    for cell in (cell for cell in book.cells if cell.cell_type == "markdown"):
        sources, stated = cell.metadata.get("sources", {}), claims(cell.source)
        unproved = {number for number, percent in stated if not stands_in(number, percent, text)}
        assert unproved - set(sources) == set(), cell.source
        assert set(sources) <= {number for number, _ in stated}, "sources of what is not stated"
        assert all(isinstance(where, str) and where.strip() for where in sources.values())


@main_books
def test_links_inside_the_course_lead_somewhere(path):
    book = nbformat.read(path, as_version=4)
    for cell in (cell for cell in book.cells if cell.cell_type == "markdown"):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", cell.source):
            assert (path.parent / target).exists(), target


def test_the_checker_lets_nothing_through_in_a_run(tmp_path):
    """Run nbval as the suite does on a notebook of which we know what must pass and fail."""
    cells = [
        ("print('loss 0.4801')", "loss 0.4800\n", [], True),
        ("print('loss 0.4848')", "loss 0.4800\n", [], False),
        ("print('88.9%')", "88.4%\n", ["pct=1"], True),
        ("print('loss 1.28')", "loss 0.48\n", ["pct=1"], False),
        ("print('3 of 5')", "3 of 4\n", [], False),
        ("import torch; print(torch.tensor([1.0, 3.0]))", "tensor([1., 2.])\n", [], False),
        ("print('anything')", "else\n", ["nbval-ignore-output"], True),
        ("print('x')", "x\n", ["rtol=5"], False),
        ("print('x')", "y\n", ["nbval-skip"], False),
        ("# NBVAL_IGNORE_OUTPUT\nprint('x')", "y\n", [], False),
        # Nothing but an error can fail these, which are not compared.
        ("import warnings", "", ["nbval-ignore-output"], True),
        ("warnings.warn('x', DeprecationWarning)", "", ["nbval-ignore-output"], False),
        ("warnings.warn('x', PendingDeprecationWarning)", "", ["nbval-ignore-output"], False),
        ("torch.cuda.amp.GradScaler(enabled=False)", "", ["nbval-ignore-output"], False),
        ("warnings.warn('x', UserWarning)", "", ["nbval-ignore-output"], True),
        ("import matplotlib.pyplot as plt; plt.plot([1]);", "", [], True),
    ]
    book = nbformat.v4.new_notebook()
    for count, (source, output, cell_tags, _) in enumerate(cells, start=1):
        stream = [nbformat.v4.new_output("stream", text=output)] if output else []
        cell = nbformat.v4.new_code_cell(source, execution_count=count, outputs=stream)
        cell.metadata["tags"] = cell_tags
        book.cells.append(cell)
    figure = {"image/png": "", "text/plain": "<Figure size 640x480 with 1 Axes>"}
    book.cells[-1].outputs = [nbformat.v4.new_output("display_data", data=figure)]
    nbformat.write(book, tmp_path / "known.ipynb")
    options = ["-p", "conftest", "--rootdir", str(tmp_path), "-c", str(ROOT / "pyproject.toml")]
    command = [sys.executable, "-m", "pytest", *options, "-rA", str(tmp_path / "known.ipynb")]
    report = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    results = re.findall(r"^(PASSED|FAILED) \S+::Cell (\d+)", report, re.MULTILINE)
    expected = [("PASSED" if ok else "FAILED", str(i)) for i, (*_, ok) in enumerate(cells)]
    assert sorted(results) == sorted(expected), report


@main_books
def test_exercises_are_marked(path):
    for cell in code_cells(path):
        assert bool(EXERCISE_ID.search(cell.source)) == ("check" in tags(cell)), cell.source
        if "check" in tags(cell):
            assert printed(cell).count("\n") == 1
