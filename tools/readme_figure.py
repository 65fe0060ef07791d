"""Take the README's figure out of the notebook that draws it: python -m tools.readme_figure."""

import base64

from tools.books import MAIN, ROOT, code_cells

TARGET = ROOT / "notebooks" / "readme_figure.png"


def figure(alt_start: str = "The last 60 epochs") -> tuple[bytes, str]:
    """Return the PNG of the stored figure whose alternative text begins so, and the whole text.

    Raises:
        ValueError: If not exactly one figure does.
    """
    found = []
    for cell in (cell for path in MAIN for cell in code_cells(path)):
        for output in cell.outputs:
            alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
            if alt.startswith(alt_start):
                found.append((base64.b64decode(output.data["image/png"]), alt))
    if len(found) != 1:
        raise ValueError(f"expected one figure described as {alt_start!r}, got {len(found)}")
    return found[0]


if __name__ == "__main__":
    TARGET.write_bytes(figure()[0])
