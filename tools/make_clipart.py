"""Make the pictures of data/clipart from Debian's package of the Open Clip Art Library, 0.18.

    apt-get download openclipart-png
    dpkg -x openclipart-png_*.deb unpacked
    python -m tools.make_clipart unpacked/usr/share/openclipart/png

data/clipart/sources.csv, chosen by eye, says which file becomes which picture. Pictures are made
smaller and stay as untidy as their originals: grey and palette ones remain so, and of those in
color some keep their transparency, some get a palette, and most are put on white as JPEG.
"""

import argparse
import csv
import hashlib
from pathlib import Path

from PIL import Image

TARGET = Path(__file__).resolve().parent.parent / "data" / "clipart"
SIZE, SIZE_RGBA = 160, 112  # pixels of the longer side; RGBA takes most bytes


def kind(source: str, mode: str) -> str:
    """Choose what a picture is stored as: its own mode, or, for RGBA, one of three by its name."""
    if mode not in ("RGBA", "RGB"):
        return mode
    share = hashlib.sha256(f"kind of {source}".encode()).digest()[0] / 256
    return "JPEG" if share < 0.6 else "P" if share < 0.85 else "RGBA"


def smaller(picture: Image.Image, size: int) -> Image.Image:
    """Shrink a picture until its longer side has at most this many pixels."""
    picture.thumbnail((size, size), Image.Resampling.LANCZOS)
    return picture


def write(source: Path, name: str, target: Path) -> Path:
    """Convert a file of the package to target, without its suffix; return what was written."""
    with Image.open(source) as original:
        stored = kind(name, original.mode)
        picture = original.convert("LA" if stored == "LA" else "RGBA")
    picture = smaller(picture, SIZE_RGBA if stored == "RGBA" else SIZE)
    if stored == "JPEG":
        page = Image.new("RGB", picture.size, "white")
        page.paste(picture, mask=picture.getchannel("A"))
        path = target.with_suffix(".jpg")
        page.save(path, quality=85)
        return path
    if stored == "P":
        picture = picture.quantize(256, method=Image.Quantize.FASTOCTREE)
    path = target.with_suffix(".png")
    picture.save(path, optimize=True)
    return path


def main() -> None:
    """Write every picture that sources.csv names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the package's folder share/openclipart/png")
    folder = parser.parse_args().folder
    with open(TARGET / "sources.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if missing := [row["source"] for row in rows if not (folder / row["source"]).is_file()]:
        raise SystemExit(
            f"{folder} lacks {len(missing)} of {len(rows)} files, such as {missing[0]}"
        )
    total = 0
    for row in rows:
        into = TARGET / row["split"] / row["label"]
        into.mkdir(parents=True, exist_ok=True)
        path = write(folder / row["source"], row["source"], into / row["name"])
        total += path.stat().st_size
    print(f"{len(rows)} pictures, {total:,} bytes")


if __name__ == "__main__":
    main()
