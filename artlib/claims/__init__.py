"""The papers' statements, written down before the runs, with verdicts computed from records.

``data/claims/`` says what is compared; nothing here knows a claim by name. ``verdict_on("F3")`` is a card.
"""

from artlib.claims.declared import Claim, ClaimError, claim
from artlib.claims.scoreboard import Scoreboard, faults, make_scoreboard, untested
from artlib.claims.verdict import Finding, Part, Verdict, verdict_on

__all__ = [
    "Claim",
    "ClaimError",
    "Finding",
    "Part",
    "Scoreboard",
    "Verdict",
    "claim",
    "faults",
    "make_scoreboard",
    "untested",
    "verdict_on",
]
