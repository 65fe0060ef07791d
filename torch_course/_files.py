"""A file written whole or not at all, whatever happens meanwhile."""

import os
import uuid
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name, and give it its own when all of it is on the disk.

    Raises:
        OSError: If it can't be written; what was there before is still there.
    """
    unfinished = path.with_name(f".{uuid.uuid4().hex}.part")  # unique: threads write at once, too
    try:
        with open(unfinished, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
