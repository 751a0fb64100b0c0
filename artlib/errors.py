"""The errors that a reader is meant to see, and how reasons are told in one line."""

from collections import Counter
from collections.abc import Iterable
from traceback import walk_tb


class ArtlibError(Exception):
    """Something the user can put right; its text says what, where, and how.

    Raised while a chapter asks something of a reader's own pictures, it is no end: the page says the sentence, and goes
    on with all that does not depend on the answer (``artlib.site.going_on``).
    """

    def _render_traceback_(self) -> list[str]:
        """In JupyterLab the sentence and its line: a traceback through the package tells a reader nothing."""
        lines = [line for frame, line in walk_tb(self.__traceback__) if frame.f_globals.get("__name__") == "__main__"]
        return [str(self), *(f"(line {line} of this cell)" for line in lines[:1])]


class SetupError(ArtlibError):
    """The set-up lacks something (weights, a preset, room on the disk), whatever the pictures: a chapter ends here."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


def one_of(value: object, options: Iterable, said: str, error: type[Exception]) -> None:
    """Raise the error where a value is none of the options: what is wrong, as ``said``, and what there is."""
    if value not in options:
        raise error(f"{said}; choose one of: {', '.join(map(str, options))}.")


def count_reasons(reasons: Iterable[str]) -> str:
    """Reasons counted, most frequent first: "3 x the file is empty (0 bytes), 1 x is truncated: ..."."""
    counted = Counter(reasons).most_common()
    shown = ", ".join(f"{count:,} x {reason}" for reason, count in counted[:4])
    return shown + (f" and {len(counted) - 4} other reasons" if len(counted) > 4 else "")
