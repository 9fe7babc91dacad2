"""How often a long-lived process looks for garbage that refers to itself."""

from __future__ import annotations

import gc
from typing import Final

_RARE_COLLECTIONS: Final = (20_000, 20, 50)
"""Little of what requests make is cyclic; a collection every few hundred objects only adds to their latency."""


def settle() -> None:
    """To be called once a process has started: what that made lives as long as the process, and no collection need look
    at it again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_RARE_COLLECTIONS)
