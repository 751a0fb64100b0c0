"""The papers' statements, written down before the runs, with verdicts computed from records.

``data/claims.yaml`` says what is compared; nothing here knows a claim by name. ``verdict("F3")`` is a card.
"""

from artlib.claims.declared import Claim, ClaimError, claim, table
from artlib.claims.judge import Finding, Part, Verdict, verdict, verdicts
from artlib.claims.scoreboard import Scoreboard, faults, scoreboard, untested

__all__ = [
    "Claim",
    "ClaimError",
    "Finding",
    "Part",
    "Scoreboard",
    "Verdict",
    "claim",
    "faults",
    "scoreboard",
    "table",
    "untested",
    "verdict",
    "verdicts",
]
