"""评估: the four C of a corridor, indicators on their way, rankings and panels."""

from __future__ import annotations

from app import frame, inputs, score_marks, score_ranks, state
from geo.words import say

__all__ = ["PARAMETERS", "show"]

_VIEWS = {
    "marks": score_marks.marks, "indicators": score_marks.indicators, "composite": score_ranks.composite,
    "panel": score_ranks.panel,
}  # fmt: skip
QUESTION = state.Choice("q", tuple(_VIEWS))
PARAMETERS = (
    QUESTION, score_marks.CORRIDOR, score_marks.DRAWS, *score_marks.LIMITS.values(), *score_ranks.PARAMETERS,
)  # fmt: skip


def show() -> None:
    """Draw the page."""
    frame.intro("scorepage.intro")
    words = lambda code: say(f"scorepage.q.{code}", state.lang())  # noqa: E731
    question = inputs.choice(QUESTION, say("scorepage.question", state.lang()), words, "segmented")
    _VIEWS[question]()
