"""Siting: where the next places should go, how good that is, and what no choice can surpass."""

from __future__ import annotations

from geo.analysis.siting.candidates import candidates_of
from geo.analysis.siting.curve import Curve, site_curve
from geo.analysis.siting.problem import METHODS, MODELS, Solution
from geo.analysis.siting.result import Sites
from geo.analysis.siting.site import site
from geo.analysis.siting.solve import solve
from geo.analysis.siting.trial import Trial, site_trial

__all__ = [
    "METHODS", "MODELS", "Curve", "Sites", "Solution", "Trial", "candidates_of", "site", "site_curve", "site_trial", "solve",
]  # fmt: skip
