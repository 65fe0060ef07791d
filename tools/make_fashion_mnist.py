"""Make data/FashionMNIST/raw/*.gz, byte for byte the official files, from Debian's package.

    apt-get download dataset-fashion-mnist
    dpkg -x dataset-fashion-mnist_*.deb unpacked
    python -m tools.make_fashion_mnist unpacked/usr/share/datasets/fashion-mnist

The package holds the official deflate streams behind another gzip header. Putting the official
header back (file name and time of 2017) gives files with the MD5 sums that torchvision expects.
"""

import argparse
import hashlib
import struct
from pathlib import Path

from torchvision.datasets import FashionMNIST

RAW = Path(__file__).resolve().parent.parent / "data" / "FashionMNIST" / "raw"
MTIMES = {"train": 0x59A7E9DE, "t10k": 0x59A7E9F3}
PLAIN_HEADER = 10  # bytes: a gzip header without a file name


def official(name: str, packaged: bytes) -> bytes:
    """Return the official file's bytes, given its name and the bytes of the packaged one."""
    if packaged[:4] != b"\x1f\x8b\x08\x00":
        raise ValueError(f"{name}: expected a gzip file without a name, got {packaged[:4].hex()}")
    mtime = struct.pack("<I", MTIMES[name.split("-")[0]])
    header = b"\x1f\x8b\x08\x08" + mtime + b"\x00\x03" + name.removesuffix(".gz").encode() + b"\0"
    return header + packaged[PLAIN_HEADER:]


def main() -> None:
    """Convert the four files, write each only if its MD5 is torchvision's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the package's folder datasets/fashion-mnist")
    folder = parser.parse_args().folder
    RAW.mkdir(parents=True, exist_ok=True)
    for name, md5 in FashionMNIST.resources:
        content = official(name, (folder / name).read_bytes())
        came = hashlib.md5(content).hexdigest()
        if came != md5:
            raise SystemExit(f"{name}: MD5 is {came}, expected {md5}")
        (RAW / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
