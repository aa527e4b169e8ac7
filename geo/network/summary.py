"""What a network is, in figures and words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.words import LANGUAGES, Lang, catalogue, say
from geo.words.figures import figure

if TYPE_CHECKING:
    from geo.network.graph import Network

__all__ = ["edges_of", "notes_of", "summary_of", "table_of"]


def edges_of(network: Network) -> gpd.GeoDataFrame:
    """Return the edges of a network as a layer: see :meth:`geo.network.graph.Network.edges`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        kmh = network.km / network.minutes * 60
    return gpd.GeoDataFrame(
        {
            "kind": network.kind, "km": network.km, "minutes": network.minutes, "kmh": np.round(kmh, 3),
            "oneway": network.oneway, "part": network.parts[network.start],
        },
        geometry=network.lines, crs=4326,
    )  # fmt: skip


def notes_of(network: Network, lang: Lang) -> list[str]:
    """Return what was left out or assumed, a sentence each."""
    return [_sentence(key, value, lang) for key, value in _notes(network)]


def _notes(network: Network) -> Iterator[tuple[str, str]]:
    for note in network.notes:
        key, _, value = note.partition("=")
        yield key, value


def _sentence(key: str, value: str, lang: Lang) -> str:
    known = f"network.note.{key}"
    if known not in catalogue():
        return f"{key}: {value}"
    try:
        told = figure(float(value))
    except ValueError:
        told = value
    return say(known, lang, value=told)


def table_of(network: Network) -> pd.DataFrame:
    """Return a network in figures: see :meth:`geo.network.graph.Network.table`."""
    rows = [
        {"what": what, "figure": value} | {f"what_{lang}": say(f"network.what.{what}", lang) for lang in LANGUAGES}
        for what, value in _figures(network).items()
    ]  # fmt: skip
    for key, value in _notes(network):
        words = {f"what_{lang}": _sentence(key, value, lang) for lang in LANGUAGES}
        rows.append({"what": key, "figure": _number(value)} | words)
    return pd.DataFrame(rows)[["what", "what_zh", "what_en", "figure"]]


def _number(value: str) -> float:
    try:
        return float(value) or np.nan
    except ValueError:
        return np.nan


def _figures(network: Network) -> dict[str, float]:
    km = network.km.sum()
    main = network.km[network.parts[network.start] == 0].sum()
    return {
        "nodes": float(len(network.lon)), "edges": float(len(network)), "km": round(float(km), 3),
        "oneway-km": round(float(network.km[network.oneway != 0].sum()), 3),
        "parts": float(network.parts.max(initial=-1) + 1),
        "main-share": float(main / km) if km else np.nan,
        "west": round(float(network.lon.min()), 5), "south": round(float(network.lat.min()), 5),
        "east": round(float(network.lon.max()), 5), "north": round(float(network.lat.max()), 5),
    }  # fmt: skip


def summary_of(network: Network, lang: Lang) -> str:
    """Return a network in a few sentences: what it is, then what was left out or assumed."""
    figures = _figures(network)
    first = say(
        "network.summary", lang, name=network.name, mode=say(f"network.mode.{network.mode}", lang),
        nodes=int(figures["nodes"]), edges=int(figures["edges"]), km=figures["km"], parts=int(figures["parts"]),
        share=figures["main-share"], source=network.source,
    )  # fmt: skip
    return "\n".join([first, *notes_of(network, lang)])
