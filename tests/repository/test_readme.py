"""The pages for readers name what is there."""

import re

from tools.books import MAIN, ROOT
from tools.readme_figure import TARGET, figure


def test_the_readme_lists_every_notebook():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in MAIN:
        assert f"(notebooks/{path.name})" in readme


def test_links_of_the_readmes_lead_somewhere():
    for readme in (
        ROOT / "README.md",
        ROOT / "data" / "README.md",
        ROOT / "benchmarks" / "README.md",
    ):
        text = readme.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
            assert (readme.parent / target).exists(), target


def test_the_figure_of_the_readme_is_the_one_that_the_notebook_draws():
    png, alt = figure()
    assert TARGET.read_bytes() == png
    assert f"![{alt}](notebooks/{TARGET.name})" in (ROOT / "README.md").read_text(encoding="utf-8")
