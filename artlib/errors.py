"""The one error that a reader is meant to see: what is wrong, where, and what to do."""


class ArtlibError(Exception):
    """Something the user can put right; its text says what, where, and how."""
