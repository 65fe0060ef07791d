"""The progress bar of `train`, for runs that take longer than a moment."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

BAR_AFTER = 0.5  # seconds; each bar in JupyterLab costs messages, and a short run needs none


class ProgressBar:
    """Count batches; draw a bar once training has taken longer than BAR_AFTER.

    The environment variable COURSE_LIVE=0 turns bars off.

    Args:
        total: How many batches there will be, if that is known.
    """

    def __init__(self, total: int | None) -> None:
        self.total, self.n_done, self.bar = total, 0, None
        hidden = os.environ.get("COURSE_LIVE") == "0"
        self.due = math.inf if hidden else time.monotonic() + BAR_AFTER

    def through(self, loader: Iterable) -> Iterator[Any]:
        """Yield the loader's batches, each counted when it is done."""
        for batch in loader:
            yield batch
            self.n_done += 1
            if self.bar is not None:
                self.bar.update()
            elif time.monotonic() > self.due:
                from tqdm.auto import tqdm

                self.bar = tqdm(total=self.total, initial=self.n_done, unit="batch", leave=False)

    def close(self) -> None:
        """Remove the bar, if there is one."""
        if self.bar is not None:
            self.bar.close()
