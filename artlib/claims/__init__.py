"""The papers' statements, with verdicts computed from records.

``data/claims/`` says what is compared; nothing here knows a claim by name. ``verdict_on("F3")`` is a card,
``found("fine-tuning")`` an answer in sentences.
"""

from artlib.claims.answers import Found, found
from artlib.claims.declared import Claim, ClaimError, claim
from artlib.claims.scoreboard import Scoreboard, faults, make_scoreboard, untested
from artlib.claims.verdict import Finding, Part, Verdict, verdict_on

__all__ = [
    "Claim", "ClaimError", "Finding", "Found", "Part", "Scoreboard", "Verdict", "claim", "faults", "found",
    "make_scoreboard", "untested", "verdict_on",
]  # fmt: skip
