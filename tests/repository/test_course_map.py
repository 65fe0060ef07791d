"""The map on the start page is drawn from the notebooks, and drawn again when they change."""

import re
import xml.etree.ElementTree as ET

from tools.books import MAIN, START
from tools.course_map import MAP, RESULTS, course_map, wrapped
from torch_course.course import notebook_minutes

SVG = "{http://www.w3.org/2000/svg}"


def test_the_stored_map_is_what_the_notebooks_give():
    assert MAP.read_text(encoding="utf-8") == course_map()


def test_it_has_a_box_for_each_notebook_and_an_arrow_between_any_two():
    root = ET.fromstring(course_map())
    assert len(root.findall(f"{SVG}rect")) == len(MAIN) + 1, "and the white ground"
    assert len(root.findall(f"{SVG}path")) == len(MAIN) - 1
    texts = [text.text for text in root.findall(f"{SVG}text")]
    for path in MAIN:
        assert f"{notebook_minutes(path)} minutes" in texts
        assert any(text.startswith(f"{path.name[:2]} ") for text in texts)
    assert list(RESULTS) == [path.name[:2] for path in MAIN]


def test_no_text_leaves_its_box():
    """A letter of 15 pixels is about 8 wide in bold: 29 fit, and 33 of the others."""
    root = ET.fromstring(course_map())
    for text in root.findall(f"{SVG}text"):
        assert len(text.text) <= (29 if text.get("font-weight") else 33), text.text
    heights = [float(text.get("y")) for text in root.findall(f"{SVG}text")]
    bottom = max(float(r.get("y", 0)) + float(r.get("height")) for r in root.findall(f"{SVG}rect"))
    assert max(heights) < bottom


def test_lines_are_cut_at_spaces():
    assert wrapped("one two three", 6) == ["one", "two", "three"]
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("extraordinary", 5) == ["extraordinary"]


def test_the_start_page_shows_the_map_and_describes_it():
    text = START.read_text(encoding="utf-8")
    (alt,) = re.findall(r"!\[([^\]]+)\]\(\.\./notebooks/figures/map\.svg\)", text)
    assert all(path.name[:2] in alt for path in MAIN)
