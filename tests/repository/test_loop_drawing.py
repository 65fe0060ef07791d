"""The drawings of the training loop are what their program draws, and notebook 01 shows them."""

import re
import xml.etree.ElementTree as ET

from tools.books import MAIN
from tools.loop_drawing import DRAWINGS, FIGURES, LEFT_OUT, STEPS, WIDTH

SVG = "{http://www.w3.org/2000/svg}"


def test_the_stored_drawings_are_what_the_program_draws():
    for name, svg in DRAWINGS.items():
        assert (FIGURES / name).read_text(encoding="utf-8") == svg


def test_each_loop_has_its_five_steps_and_crosses_out_the_one_left_out():
    for name, n_loops in (("loop.svg", 1), ("loop_left_out.svg", len(LEFT_OUT))):
        root = ET.fromstring(DRAWINGS[name])
        boxes = root.findall(f"{SVG}rect")[1:]  # the first is the white ground
        assert len(boxes) == 5 * n_loops
        texts = [text.text for text in root.findall(f"{SVG}text")]
        assert all(texts.count(step) == n_loops for step in STEPS)
        crossed = [box for box in boxes if box.get("stroke-dasharray")]
        assert len(crossed) == (0 if name == "loop.svg" else n_loops)
        rows = {box.get("y") for box in crossed}
        assert len(rows) == len(crossed), "one in each loop"


def test_no_step_leaves_its_box():
    assert all(9 * len(text) < WIDTH for names in STEPS.items() for text in names)


def test_notebook_01_shows_both_and_describes_them():
    (path,) = (path for path in MAIN if path.name.startswith("01"))
    text = path.read_text(encoding="utf-8")
    for name in DRAWINGS:
        (alt,) = re.findall(rf"!\[([^\]]+)\]\(\.\./notebooks/figures/{name}\)", text)
        assert len(alt) > 40
