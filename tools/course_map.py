"""Draw the map of the course, notebooks/figures/map.svg: python -m tools.course_map.

A box for each notebook, with its title, its minutes and what it ends on, and an arrow from each
notebook to the one that needs it. `make notebooks` draws it again.
"""

from html import escape

from tools.books import MAIN, ROOT
from torch_course._files import write_whole
from torch_course.course import notebook_minutes, notebook_title

MAP = ROOT / "notebooks" / "figures" / "map.svg"
RESULTS = {  # the notebook's last section, in words that fit into a box
    "00": "a photograph, changed by arithmetic",
    "01": "a model of medical data that reaches the exact answer",
    "02": "tumors judged, and the price of each mistake",
    "03": "handwritten digits, with honest confidence",
    "04": "clothes recognized by a network of your own",
    "05": "your own pictures, with a pretrained network",
}
COLUMNS, WIDTH, HEIGHT, GAP = 3, 250, 124, 44  # of boxes, in pixels


def wrapped(text: str, n_letters: int) -> list[str]:
    """Return a text in lines of at most so many letters, cut at spaces."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= n_letters and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def corner(index: int) -> tuple[int, int]:
    """Return the left upper corner of a box."""
    row, column = divmod(index, COLUMNS)
    return 16 + column * (WIDTH + GAP), 16 + row * (HEIGHT + GAP)


def box(index: int, title: list[str], result: list[str], minutes: int) -> str:
    """Return a box as SVG: its title in bold, its result, its minutes."""
    x, y = corner(index)
    parts = [
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#eef5fa" '
        'stroke="#0072B2" stroke-width="1.5"/>'
    ]
    for row, line in enumerate([*title, *result]):
        weight = ' font-weight="bold"' if row < len(title) else ""
        parts.append(f'<text x="{x + 12}" y="{y + 26 + 20 * row}"{weight}>{escape(line)}</text>')
    parts.append(f'<text x="{x + 12}" y="{y + HEIGHT - 12}" fill="#444">{minutes} minutes</text>')
    return "\n".join(parts)


def arrow(index: int) -> str:
    """Return the arrow from a box to the next one, which may begin the next row."""
    (x, y), (next_x, next_y) = corner(index), corner(index + 1)
    if next_y == y:
        path = f"M {x + WIDTH + 4} {y + HEIGHT // 2} H {next_x - 8}"
    else:
        middle = y + HEIGHT + GAP // 2
        path = f"M {x + WIDTH // 2} {y + HEIGHT + 4} V {middle} H {next_x + WIDTH // 2} "
        path += f"V {next_y - 8}"
    return f'<path d="{path}" fill="none" stroke="#444" stroke-width="2" marker-end="url(#tip)"/>'


def course_map() -> str:
    """Return the map as SVG, on white, so that it reads in dark mode too."""
    n_rows = -(-len(MAIN) // COLUMNS)
    width, height = 32 + COLUMNS * (WIDTH + GAP) - GAP, 32 + n_rows * (HEIGHT + GAP) - GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="15">',
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="4" refY="4" orient="auto">'
        '<path d="M 0 0 L 8 4 L 0 8 z" fill="#444"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for index, path in enumerate(MAIN):
        number = path.name[:2]
        title = wrapped(f"{number} {notebook_title(path)}", 29)
        parts.append(box(index, title, wrapped(RESULTS[number], 33), notebook_minutes(path)))
    parts += [arrow(index) for index in range(len(MAIN) - 1)]
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    MAP.parent.mkdir(exist_ok=True)
    write_whole(MAP, course_map().encode())
