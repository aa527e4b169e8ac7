"""What a person asks of siting: whom to serve, from what is open and what could be, how far, how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import data, frame, inputs, memo, mine, served, state, travel
from geo.analysis.places import Places, nodes_as_places
from geo.analysis.siting import MODELS, candidates_of
from geo.model.kinds import COUNTED, TIER_OF_KIND
from geo.network.travel import Travel
from geo.words import say

__all__ = ["AT", "PARAMETERS", "Asked", "asked", "says"]

_GRIDS = ("grid", "grid-units")
_SERVING = ("service", "incubator", "computing")
"""Tiers of what may be open already."""


def _counted(column: str) -> dict[str, tuple[int, int]]:
    sums = served.node_counts().groupby(column)[["located", "listed"]].sum()
    return {str(code): (int(a), int(b)) for code, a, b in sums.itertuples()}


def _sources() -> list[str]:
    own = [t for t, (located, _) in _counted("tier").items() if t in COUNTED and located]
    first = sorted(own, key=lambda t: (t != "university", COUNTED.index(t)))
    grids = ["grid", *(["grid-units"] if data.units() is not None else [])]
    return [*first, *grids, *(["mine"] if mine.current() is not None else [])]


def _kinds() -> list[str]:
    return [k for k in _counted("kind") if TIER_OF_KIND.get(k) in _SERVING]


class _Services(state.Many):
    """Kinds of nodes that serve already: at first the services of which any has a position."""

    def first(self) -> list[str]:
        """Return the kinds of services that have a position; none where the layout locates none."""
        counts = _counted("kind")
        return [k for k in self.listed() if TIER_OF_KIND[k] == "service" and counts[k][0]]


MODEL = state.Choice("s_model", MODELS)
N = state.Number("s_n", 3, 0, 20, 1)
CUT = state.Number("s_cut", 30.0, 5.0, 180.0, 5.0)
OF = state.Choice("s_of", ("minutes", "km"))
WHO = state.Choice("s_who", served.mine_too("units"))
FROM = state.Choice("s_from", _sources)
STEP = state.Number("s_step", 10.0, 2.0, 40.0, 1.0)
KINDS = _Services("s_kind", _kinds)
CAPACITY = state.Text("s_cap", most=12)
AT = state.Text("s_at", most=30)
PARAMETERS = (*travel.PARAMETERS, MODEL, N, CUT, OF, WHO, FROM, STEP, KINDS, CAPACITY, AT)


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked.

    Attributes
    ----------
    demand, existing, candidates
        Places; ``existing`` may be none.
    model, n, within, of, capacity
        As of ``geo.site``.
    travel
        How one gets about.
    grid
        Whether the candidates are of a grid.
    key
        All that a result depends on.
    lines
        The Python that makes demand, existing, candidates and travel.
    """

    demand: Places
    existing: Places | None
    candidates: Places
    model: Any
    n: int | None
    within: float
    of: Any
    capacity: float | None
    travel: Travel
    grid: bool
    key: tuple[Any, ...]
    lines: tuple[str, ...]

    @property
    def quick(self) -> bool:
        """Whether ways are found at once."""
        return travel.quick(self.travel, min(len(self.demand), len(self.candidates)))

    @property
    def pairs(self) -> int:
        """How many pairs of demand and facility there are."""
        return len(self.demand) * (len(self.candidates) + len(self.existing or ()))


def says(key: str, **values: Any) -> str:
    """Return words of the view."""
    return say(f"siting.page.{key}", state.lang(), **values)


def asked() -> Asked | None:
    """Show the controls and return what is asked; ``None``, with a hint, where something is missing."""
    lang = state.lang()
    with frame.controls():
        model = inputs.choice(MODEL, says("model"), lambda m: say(f"siting.model.{m}", lang), help=says("model-help"))  # fmt: skip
        n: int | None = None
        if model == "lscp":
            frame.note(says("lscp-n"))
        else:
            n = int(inputs.number(N, says("n")))
        of = inputs.choice(OF, says("of"), lambda v: say(f"siting.out.{v}", lang), "segmented")
        within = inputs.number(CUT, says("cut", of=say(f"siting.out.{of}", lang)))
        source = inputs.choice(FROM, says("from"), _source_words)
        step = inputs.number(STEP, says("step")) if source in _GRIDS else 0.0
        kinds = inputs.many(KINDS, says("kinds"), _kind_words, says("kinds-help"))
        demand, who_key, who_line = served.asked(WHO, says)
        limit = _capacity(model)
        way = travel.ask()
    if demand is None:
        return None
    if not len(demand) or not (demand.weight > 0).any():
        frame.note(says("no-demand"))
        return None
    existing, existing_line = _existing(kinds)
    places, from_key, from_line = _candidates(source, step)
    if not len(places):
        frame.note(says("no-candidates"))
        return None
    if n is not None:
        n = min(n, len(places))
        if model != "mclp" and n + len(existing or ()) == 0:
            n = 1
    key = (data.key(), who_key, from_key, tuple(kinds), model, n, within, of, limit, travel.key())
    lines = (who_line, existing_line, from_line, travel.call(way))
    return Asked(demand, existing, places, model, n, within, of, limit, way, source in _GRIDS, key, lines)  # fmt: skip


def _source_words(source: str) -> str:
    if source in (*_GRIDS, "mine"):
        return says(f"from-{source}")
    located, listed = _counted("tier")[source]
    tier = f"{say(f'model.tier.{source}', state.lang())} {located}/{listed}"
    return says("from-tier", tier=tier)


def _kind_words(kind: str) -> str:
    located, listed = _counted("kind")[kind]
    return f"{say(f'model.kind.{kind}', state.lang())} {located}/{listed}"


def _existing(kinds: list[str]) -> tuple[Places | None, str]:
    if not kinds:
        return None, "existing = None"
    places = memo.kept(("siting open", data.key(), tuple(kinds)), lambda: nodes_as_places(data.shown(), kinds=kinds))  # fmt: skip
    return places, f"existing = geo.nodes_as_places(layout, kinds={kinds!r})"


def _candidates(source: str, step: float) -> tuple[Places, Any, str]:
    if source == "mine":
        return served.of_points("candidates")
    over = ":units" if source == "grid-units" else ""
    spec = f"grid:{step:g}{over}" if source in _GRIDS else f"tier:{source}"
    units = data.units() if source in _GRIDS else None
    ring = state.ring_km()

    def make() -> Places:
        return candidates_of(data.shown(), spec, units=units, ring_km=ring)

    places = memo.kept(("siting candidates", data.key(), spec, ring if source == "grid" else 0), make)  # fmt: skip
    more = ", units=geo.read_units(layout)" if units is not None else ""
    more += ", ring_km=ring_km" if source == "grid" else ""
    return places, (spec, ring if source == "grid" else 0), f"candidates = geo.candidates_of(layout, {spec!r}{more})"  # fmt: skip


def _capacity(model: str) -> float | None:
    text = inputs.text(CAPACITY, says("capacity"), says("capacity-help"))
    if not text:
        return None
    if model == "p-center":
        frame.note(says("capacity-center"))
        return None
    try:
        value = float(text.replace(",", "").replace(",", ""))
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        frame.note(says("capacity-wrong", text=text))
        return None
    return value
