"""The one error that a reader is meant to see, and how reasons are told in one line."""

from collections import Counter
from collections.abc import Iterable


class ArtlibError(Exception):
    """Something the user can put right; its text says what, where, and how."""


def count_reasons(reasons: Iterable[str]) -> str:
    """Reasons counted, most frequent first: "3 x the file is empty (0 bytes), 1 x is truncated: ..."."""
    counted = Counter(reasons).most_common()
    shown = ", ".join(f"{count:,} x {reason}" for reason, count in counted[:4])
    return shown + (f" and {len(counted) - 4} other reasons" if len(counted) > 4 else "")
