"""The pixel cache: every picture decoded and resized once, then a memory map that batches are sliced from.

``cache`` fills or opens one and gives ``Pictures``: works with their pixels. ``export`` writes them as files.
"""

from artlib.pixels.cached import cache, content_key, processors
from artlib.pixels.exporting import export
from artlib.pixels.pictures import CROPS, Pictures, PixelsError, fit

__all__ = ["CROPS", "Pictures", "PixelsError", "cache", "content_key", "export", "fit", "processors"]
