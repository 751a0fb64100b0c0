"""The pixel cache: every picture decoded and resized once, then a memory map that batches are sliced from.

``cache`` fills or opens one and gives ``Pictures``: works with their pixels. ``export`` writes them as files,
``copies`` makes more of them.
"""

from artlib.pixels.cached import cache, content_key
from artlib.pixels.derived import copies, export
from artlib.pixels.pictures import CROPS, Pictures, PixelsError, fit

__all__ = ["CROPS", "Pictures", "PixelsError", "cache", "content_key", "copies", "export", "fit"]
