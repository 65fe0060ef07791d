"""Draw the training loop, whole and with a step left out: python -m tools.loop_drawing.

`make notebooks` draws it again.
"""

from html import escape

from tools.books import ROOT
from torch_course._files import write_whole

FIGURES = ROOT / "notebooks" / "figures"
STEPS = {  # what the code calls it, and what it does
    "model(X)": "1 forward",
    "loss_fn(...)": "2 loss",
    "zero_grad()": "3 zero gradients",
    "backward()": "4 backward",
    "step()": "5 step",
}
LEFT_OUT = {  # a step, and what happens without it
    "zero_grad()": "gradients pile up: each step uses the sum of all before",
    "backward()": "there are no gradients: nothing moves",
    "step()": "gradients are there, nobody uses them: nothing moves",
}
WIDTH, HEIGHT, GAP = 148, 52, 22  # of a box and between two, in pixels
ROW = 128  # from one loop to the next
INK, RED = "#333333", "#D55E00"


def box(index: int, top: int, name: str, meaning: str, crossed: bool) -> str:
    """Return a step as SVG; dashed, gray and crossed out if it is left out."""
    x = 16 + index * (WIDTH + GAP)
    look = 'fill="#eef5fa" stroke="#0072B2"'
    if crossed:
        look = 'fill="#f4f4f4" stroke="#777777" stroke-dasharray="5 4"'
    parts = [
        f'<rect x="{x}" y="{top}" width="{WIDTH}" height="{HEIGHT}" rx="8" stroke-width="1.5" '
        f"{look}/>",
        f'<text x="{x + WIDTH // 2}" y="{top + 21}" font-weight="bold">{meaning}</text>',
        f'<text x="{x + WIDTH // 2}" y="{top + 41}" font-family="monospace">{escape(name)}</text>',
    ]
    if crossed:
        corners = (
            f"M {x} {top} L {x + WIDTH} {top + HEIGHT} M {x} {top + HEIGHT} L {x + WIDTH} {top}"
        )
        parts.append(f'<path d="{corners}" stroke="{RED}" stroke-width="2.5"/>')
    return "\n".join(parts)


def loop(top: int, left_out: str = "") -> str:
    """Return one loop as SVG: five boxes, arrows, and the way back below them."""
    parts = []
    for index, (name, meaning) in enumerate(STEPS.items()):
        parts.append(box(index, top, name, meaning, name == left_out))
        if index:
            x = 16 + index * (WIDTH + GAP)
            parts.append(arrow(f"M {x - GAP + 3} {top + HEIGHT // 2} H {x - 7}"))
    first, last = 16 + WIDTH // 2, 16 + 4 * (WIDTH + GAP) + WIDTH // 2
    bottom = top + HEIGHT
    parts.append(arrow(f"M {last} {bottom + 2} V {bottom + 24} H {first} V {bottom + 8}"))
    caption = f"without {left_out}: {LEFT_OUT[left_out]}" if left_out else "again"
    parts.append(f'<text x="{(first + last) // 2}" y="{bottom + 44}">{escape(caption)}</text>')
    return "\n".join(parts)


def arrow(path: str) -> str:
    """Return a path with a tip as SVG."""
    return f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="2" marker-end="url(#tip)"/>'


def drawing(*left_out: str) -> str:
    """Return loops below each other as SVG, on white, so that they read in dark mode too."""
    width, height = 32 + 5 * (WIDTH + GAP) - GAP, 12 + ROW * len(left_out)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="14" '
            f'text-anchor="middle" fill="{INK}">',
            '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="4" refY="4" '
            f'orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="{INK}"/></marker></defs>',
            f'<rect width="{width}" height="{height}" fill="white"/>',
            *(loop(16 + ROW * row, name) for row, name in enumerate(left_out)),
            "</svg>\n",
        ]
    )


DRAWINGS = {"loop.svg": drawing(""), "loop_left_out.svg": drawing(*LEFT_OUT)}


def main() -> None:
    """Write the drawings."""
    for name, svg in DRAWINGS.items():
        write_whole(FIGURES / name, svg.encode())


if __name__ == "__main__":
    main()
