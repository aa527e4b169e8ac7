"""A scenario: a layout edited by a short recorded list of changes, applied without touching the base."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from geo.errors import LayoutError
from geo.model.changes import Change, Remove
from geo.model.edits import edited
from geo.model.layout import Layout
from geo.model.schema import Feature, Name, Slug, Text

__all__ = ["Change", "Scenario", "apply_scenario"]


class Scenario(BaseModel):
    """A named list of changes to a layout.

    Attributes
    ----------
    id, name_zh, name_en, note_zh, note_en
        What it is.
    base
        Id of the layout that it was made for.
    changes
        Applied in order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    name_zh: Name
    name_en: Name
    note_zh: Text = ""
    note_en: Text = ""
    base: Slug
    changes: Annotated[tuple[Change, ...], Field(max_length=1000)] = ()

    @classmethod
    def of(cls, data: Any) -> Scenario:
        """Return a scenario from what a file holds.

        Raises
        ------
        LayoutError
            If it is none; all that is wrong is listed.
        """
        try:
            return TypeAdapter(cls).validate_python(data)
        except ValidationError as error:
            found = [
                f"{'.'.join(str(p) for p in e['loc']) or 'the file'}: {e['msg']}"
                for e in error.errors()
            ]
            raise LayoutError("no valid scenario:\n  " + "\n  ".join(found[:20]), found) from error


def apply_scenario(layout: Layout, scenario: Scenario) -> Layout:
    """Return the layout with all changes made; the base stays as it is.

    A changed or new feature becomes ``illustrative`` with low confidence, its source names the
    scenario beside the old one, and what was changed is in its notes.

    Raises
    ------
    LayoutError
        If the scenario is for another layout, or a change does not fit its feature; the message
        names the change by number.
    """
    if scenario.base != layout.id:
        raise LayoutError(
            f"scenario {scenario.id!r} changes layout {scenario.base!r}, not {layout.id!r}: give "
            "that one, or correct base"
        )
    for number, change in enumerate(scenario.changes, 1):
        try:
            features = edited(layout, change)
        except (LayoutError, ValidationError, ValueError) as error:
            raise LayoutError(
                f"scenario {scenario.id!r}, change {number} ({change.do} {change.feature}): {error}"
            ) from error
        features = [_told(f, scenario, change) if f.id == change.feature else f for f in features]
        layout = _with_features(layout, features, change)
    return layout


def _with_features(layout: Layout, features: list[Feature], change: Any) -> Layout:
    """Return a layout with other features; what its tables say of one that is gone, goes too."""
    claims, policies, rates = layout.claims, layout.policies, layout.rates
    if isinstance(change, Remove):
        claims = claims[claims["subject"] != change.feature]
        if len(policies):
            policies = policies[policies["place"] != change.feature]
        if len(rates):
            named = rates[["numerator", "less", "denominator", "since"]]
            rates = rates[named.isin([*claims["id"], ""]).all(axis=1)]
    return Layout(
        layout.meta, features, claims, layout.population, layout.folder, policies=policies, rates=rates,
    )  # fmt: skip


def _told(feature: Feature, scenario: Scenario, change: Any) -> Feature:
    """Return a changed feature that says so."""
    old = feature.properties
    source = f"scenario {scenario.id}"
    if source not in old.source:
        source = source if not old.source else f"{source}; {old.source}"
    else:
        source = old.source
    what = ", ".join(f"{k}={v}" for k, v in change.model_dump(exclude_defaults=True).items() if k not in ("feature", "coordinates"))  # fmt: skip
    note_zh = f"{old.note_zh} 情景“{scenario.name_zh}”:{what}".strip()
    note_en = f"{old.note_en} Scenario “{scenario.name_en}”: {what}".strip()
    return replace(
        feature,
        properties=old.model_copy(
            update={
                "status": "illustrative", "confidence": "low", "source": source[:500],
                "note_zh": note_zh[:2000], "note_en": note_en[:2000],
            }
        ),
    )  # fmt: skip
