"""Views of concentration that are maps: centres, density, hot spots, clusters, growth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

import geo
from app import concentration_asked as own
from app import frame, inputs, maps, memo, take
from app.concentration_asked import Asked, columns_of, kept_long, method, tell_errors, words
from geo.analysis.concentration.clusters import CrowdedError
from geo.analysis.concentration.growth import GROWTH_TYPES
from geo.analysis.concentration.regions import densest_regions, patches_of
from geo.maps import concentration_features as draw
from geo.maps.charts import banded_bars
from geo.maps.concentration_charts import interval_dots
from geo.maps.web import features_json, group_of
from geo.words import name_of
from geo.words.figures import figure

__all__ = ["centres", "clusters", "density", "growth", "spots"]

QUICK_DENSITY = 6_000_000
"""Points times rows and columns of cells that take about a third of a second."""
QUICK_SPOTS = 9_999
QUICK_CELL_KM = 2.0
QUICK_CLUSTERS = 20_000
MOST_CELLS = 20_000
"""More cells are not offered as a layer."""


def _map(features: Sequence[dict[str, Any]], key: str) -> maps.Clicked:
    return maps.draw([*maps.ground(names=False), group_of(features_json(features))], key=key)


def _group(a: Asked) -> str | None:
    if not own.groups():
        return None
    everyone = a.says("set.of-all")
    return inputs.choice(own.GROUP, a.says("set.of"), lambda v: v or everyone) or None


def _of(a: Asked, group: str | None) -> str:
    return a.what if group is None else a.says("view.of-group", group=frame.plain(group)) + a.what


def centres(a: Asked) -> None:
    """Show mean centres and ellipses, against the axes of the layout."""
    with frame.controls():
        chosen = inputs.many(own.GROUPS, a.says("set.groups"), str) if own.groups() else []
        none = a.says("set.move-none")
        year = inputs.choice(own.MOVE, a.says("set.move"), lambda v: v or none) or None if own.years_columns() else None  # fmt: skip
        axis = inputs.choice(own.AXIS, a.says("set.axis"), lambda v: name_of(a.layout[v], a.lang)) if own.axes() else ""  # fmt: skip
        variant: Any = inputs.choice(own.VARIANT, a.says("set.variant"), words("variant"), "segmented")  # fmt: skip
    result = memo.kept(
        a.key("centres", year, variant),
        lambda: geo.mean_centres(a.cloud(*([year] if year else [])), a.layout, year=year, variant=variant, **a.roles),
    )  # fmt: skip
    table = result.table
    row = table.iloc[0]
    st.markdown(_centre(a, row, result.axes, axis))
    layer = result.layer
    if chosen:
        layer = layer[layer["by"].isin(["", *chosen])]
    _map(draw.ellipse_features(layer, a.lang), "centres")
    tell_errors(a)
    st.caption(a.says("says.centre-read"))
    named = table.assign(by=table["by"].replace("", a.says("view.everyone")))
    if axis:
        axes = result.axes[result.axes["axis"] == axis]
        one = axes[axes["year"] == ""] if year else axes
        one = one.assign(by=one["by"].replace("", a.says("view.everyone")))
        chart = interval_dots(one, "by", "difference_deg", title=a.says("chart.difference"), interval=("difference_deg_low", "difference_deg_high"), domain=(0, 90))  # fmt: skip
        st.altair_chart(chart, theme="streamlit", alt=a.says("alt.difference"))
    else:
        st.caption(a.says("no-axis"))
    frame.table(columns_of(named, ("by", "year", "count", "lon", "lat", "centre_err_m", "standard_distance_km", "semi_major_km", "semi_minor_km", "axis_ratio", "azimuth_deg", "azimuth_se_deg", "share_inside", "few", "why")))  # fmt: skip
    method(a, result.provenance)
    extra = [f"year={year!r}"] if year else []
    call = a.call("mean_centres", "layout", *extra, f"variant={variant!r}")
    take.along(
        "centres", {"centres": table, "axes": result.axes}, layers={"centres": result.layer[result.layer.geometry.notna()]},
        calls=[f"found = {call}", "centres, axes = found.table, found.axes"], methods=[result.provenance],
    )  # fmt: skip


def _centre(a: Asked, row: pd.Series, axes: pd.DataFrame, axis: str) -> str:
    text = a.says(
        "says.centre", lon=f"{row['lon']:.4f}", lat=f"{row['lat']:.4f}", err=figure(round(row["centre_err_m"])), km=figure(row["standard_distance_km"], 3),
        azimuth=figure(round(row["azimuth_deg"], 1)), se=figure(row["azimuth_se_deg"], 2),
    )  # fmt: skip
    if axis:
        against = axes[axes["axis"] == axis].iloc[0]
        keys = {"d": "difference_deg", "low": "difference_deg_low", "high": "difference_deg_high"}
        numbers = {k: figure(round(against[c], 1)) for k, c in keys.items()}
        text += a.says("says.centre-axis", axis=frame.plain(name_of(against, a.lang, "axis")), **numbers)  # fmt: skip
    return text


def density(a: Asked) -> None:
    """Show where points are dense."""
    with frame.controls():
        group = _group(a)
        cell = inputs.number(own.CELL, a.says("set.cell"), a.says("help.cell"))
        rule = inputs.choice(own.RULE, a.says("set.rule"), words("rule"), "segmented", a.says("help.bandwidth"))  # fmt: skip
        given = inputs.number(own.BANDWIDTH, a.says("set.bandwidth")) * 1000 if rule == "given" else None  # fmt: skip
    width: Any = given or "scott"
    cloud = a.cloud()

    def make(progress: Any) -> Any:
        return geo.kernel_density(cloud, a.layout, bandwidth_m=width, cell_km=cell, study=a.study, category=group, progress=progress, **a.roles)  # fmt: skip

    quick = len(cloud) * _span_km(cloud) / cell < QUICK_DENSITY
    result = kept_long(a, a.key("density", group, cell, width), a.says("doing.density"), make, quick=quick)  # fmt: skip
    if result is None:
        return
    regions = memo.kept(a.key("regions", group, cell, width), lambda: densest_regions(result))
    parameters = result.provenance.parameters
    half = regions[regions["share_asked"] == 0.5]
    if len(half):
        row = half.iloc[0]
        st.markdown(a.says("says.density", what=_of(a, group), km2=figure(round(row["area_km2"])), share=f"{row['share_of_area']:.1%}", bandwidth=figure(parameters["bandwidth_m"] / 1000, 3), rule=a.says(f"rule.{rule}"), cell=f"{cell:g}"))  # fmt: skip
    else:
        st.markdown(a.says("says.density-none", share=f"{parameters['mass_share']:.1%}"))
    _map(draw.region_features(regions, a.lang), "density")
    entries = [(c, a.says("key.region", share=f"{s:.0%}")) for c, s in zip(draw.region_colours(len(regions)), regions["share_asked"], strict=True)]  # fmt: skip
    st.html(draw.key_html(entries))
    st.caption(a.says("says.density-read"))
    table = pd.DataFrame(regions.drop(columns="geometry"))
    frame.table(table)
    st.caption(a.says("every-cell"))
    method(a, result.provenance)
    bandwidth = f"bandwidth_m={width!r}"
    call = a.call("kernel_density", "layout", bandwidth, f"cell_km={cell}", a.study_call, *_only(group))  # fmt: skip
    take.along(
        "density", {"cells": result.table, "regions": table}, methods=[result.provenance], layers={"regions": regions},
        calls=["from geo.analysis.concentration.regions import densest_regions", f"found = {call}", "cells = found.table", 'regions = densest_regions(found).drop(columns="geometry")'],
    )  # fmt: skip


def _span_km(cloud: Any) -> float:
    """Return about how many kilometres the box of the points has in width and height together."""
    return 111.0 * float(np.ptp(cloud.lon) + np.ptp(cloud.lat)) if len(cloud) else 0.0


def _only(group: str | None) -> list[str]:
    return [] if group is None else [f"category={group!r}"]


def spots(a: Asked) -> None:
    """Show hot and cold spots."""
    with frame.controls():
        group = _group(a)
        cell = inputs.number(own.CELL, a.says("set.cell"), a.says("help.cell"))
        lattice: Any = inputs.choice(own.LATTICE, a.says("set.lattice"), words("lattice"), "segmented")  # fmt: skip
        kind = inputs.choice(own.STATISTIC, a.says("set.statistic"), words("statistic"))
        draws = int(inputs.choice(own.PERMUTATIONS, a.says("set.permutations"), lambda v: f"{int(v):,}", "segmented", a.says("help.permutations")))  # fmt: skip
        fdr = int(inputs.choice(own.FDR, a.says("set.fdr"), lambda v: f"{v} %", "segmented", a.says("help.fdr")))  # fmt: skip
    cloud = a.cloud()

    def make(progress: Any) -> Any:
        return geo.local_statistics(
            cloud, a.layout, cell_km=cell, lattice=lattice, study=a.study, category=group, permutations=draws,
            level=fdr / 100, progress=progress, **a.roles,
        )  # fmt: skip

    key = a.key("spots", group, cell, lattice, draws, fdr)
    quick = draws <= QUICK_SPOTS and cell >= QUICK_CELL_KM
    result = kept_long(a, key, a.says("doing.spots"), make, quick=quick)
    if result is None:
        return
    table, parameters = result.table, result.provenance.parameters
    patches = memo.kept((*key, kind), lambda: patches_of(result.layer, kind, without=["none"], sums=["cell_value"]))  # fmt: skip
    st.markdown(_spots(a, table, patches, kind, group))
    features = draw.spot_features(patches, kind, a.lang)
    _map(features, "spots")
    colours = draw.SPOT_COLOURS if kind == "g_type" else draw.MORAN_COLOURS
    said = "g-type" if kind == "g_type" else "moran-type"
    st.html(draw.key_html([(c, words_of(said, k, a)) for k, c in colours.items()]))
    if len(patches) > draw.MOST:
        st.caption(a.says("drawn", n=draw.MOST, total=len(patches)))
    st.caption(a.says("says.spots-tests", cells=f"{len(table):,}", permutations=f"{draws:,}", seed=parameters["seed"], fdr=fdr, least=f"{parameters['p_least']:.2g}"))  # fmt: skip
    floored = int(((table["p_two_sided"] <= parameters["p_least"] * 1.0001) & (table["q"] > fdr / 100)).sum())  # fmt: skip
    if floored:
        st.caption(a.says("says.spots-floored", n=f"{floored:,}"))
    st.caption(a.says("says.spots-read"))
    frame.table(_plain(patches, kind))
    st.caption(a.says("every-cell"))
    method(a, result.provenance)
    call = a.call("local_statistics", "layout", f"cell_km={cell}", f"lattice={lattice!r}", a.study_call, *_only(group), f"permutations={draws}", f"level={fdr / 100}")  # fmt: skip
    take.along("spots", {"cells": table}, calls=[f"cells = {call}.table"], layers=_layers(result, patches), methods=[result.provenance])  # fmt: skip


def words_of(section: str, code: str, a: Asked) -> str:
    """Return a type in words."""
    from geo.words import say

    return say(f"concentration.{section}.{code}", a.lang)


def _layers(result: Any, patches: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    layers = {"patches": patches} if len(patches) else {}
    return layers | ({"cells": result.layer} if len(result.table) <= MOST_CELLS else {})


def _plain(patches: gpd.GeoDataFrame, kind: str) -> pd.DataFrame:
    return pd.DataFrame(patches.drop(columns=["geometry", kind]))


def _spots(a: Asked, table: pd.DataFrame, patches: Any, kind: str, group: str | None) -> str:
    counts = table[kind].value_counts()
    if set(counts.index) <= {"none"}:
        return a.says("says.spots-none")
    n = {code: f"{int(counts.get(code, 0)):,}" for code in ("hot", "cold", "high-high", "low-low", "high-low", "low-high")}  # fmt: skip
    cells = f"{len(table):,}"
    if kind == "moran_type":
        return a.says("says.spots-moran", hh=n["high-high"], ll=n["low-low"], hl=n["high-low"], lh=n["low-high"], cells=cells)  # fmt: skip
    held = table.loc[table[kind] == "hot", "cell_value"].sum() / table["cell_value"].sum()
    hot = int((patches[kind] == "hot").sum())
    return a.says("says.spots", hot=n["hot"], hot_patches=hot, share=f"{held:.1%}", what=_of(a, group), cold=n["cold"], cells=cells)  # fmt: skip


def clusters(a: Asked) -> None:
    """Show single clusters."""
    with frame.controls():
        eps = inputs.number(own.EPS, a.says("set.eps"), a.says("help.eps"))
        least = inputs.number(own.LEAST, a.says("set.least"), a.says("help.least"))
    cloud = a.cloud()
    mean = float(cloud.weight.mean()) if a.weighed and len(cloud) else 1.0

    def make(progress: Any) -> Any:
        return geo.dbscan_clusters(cloud, a.layout, eps_m=eps, least=least * mean, **a.roles)

    key, quick = a.key("clusters", eps, least), len(cloud) <= QUICK_CLUSTERS
    try:
        result = kept_long(a, key, a.says("doing.clusters"), make, quick=quick)
    except CrowdedError as error:
        frame.note(a.says("says.crowded", eps=f"{error.fits_m:.0f}"))
        return
    if result is None:
        return
    table = result.table
    if not len(table):
        st.markdown(a.says("says.clusters-none"))
        _map([], "clusters")
        return
    held, largest = result.totals.iloc[0], table.iloc[0]
    st.markdown(
        a.says(
            "says.clusters", n=f"{len(table):,}", share=f"{held['share']:.1%}", low=f"{held['share_low']:.1%}", high=f"{held['share_high']:.1%}", what=a.what,
            node=frame.plain(name_of(largest, a.lang, "node") or "–"), km=figure(largest["node_km"], 3), top=f"{largest['share']:.1%}",
        )
    )  # fmt: skip
    _map(draw.cluster_features(result.layer, a.lang), "clusters")
    if len(table) > draw.MOST:
        st.caption(a.says("drawn", n=draw.MOST, total=f"{len(table):,}"))
    tell_errors(a)
    st.caption(a.says("says.clusters-read"))
    frame.table(columns_of(table, ("cluster", "node", "node_km", "count", *(["weight"] if a.weighed else []), "share", "hull_km2", "density_km2", "top", "top_share", "why")).drop(columns="node"), height=360)  # fmt: skip
    method(a, result.provenance)
    weight = f"least={least * mean!r}"
    call = a.call("dbscan_clusters", "layout", f"eps_m={eps}", weight)
    mix = {"mix": result.mix} if a.mine.by else {}
    take.along(
        "clusters", {"clusters": table, **mix, "totals": result.totals}, layers={"clusters": result.layer}, methods=[result.provenance],
        calls=[f"found = {call}", "clusters, totals = found.table, found.totals", *(["mix = found.mix"] if mix else [])],
    )  # fmt: skip


def growth(a: Asked) -> None:
    """Show how cells grow between two years."""
    if not own.years_columns():
        frame.note(a.says("no-year"))
        return
    with frame.controls():
        year = inputs.choice(own.YEAR, a.says("set.year"), str)
        founded = inputs.choice(own.YEARS, a.says("set.years"), words("years"), "segmented", a.says("help.years")) == "founded"  # fmt: skip
        first = inputs.choice(own.FIRST, a.says("set.first"), str)
        last = inputs.choice(own.LAST, a.says("set.last"), str)
        cell = inputs.number(own.CELL, a.says("set.cell"), a.says("help.cell"))
        least = inputs.number(own.OCCUPIED, a.says("set.occupied"), a.says("help.occupied"))
        rate = inputs.number(own.RATE, a.says("set.rate")) / 100
    if not int(first) < int(last):
        frame.note(a.says("says.growth-order"))
        return
    options: dict[str, Any] = {"first": int(first), "last": int(last), "founded": founded, "cell_km": cell, "least": least, "rate": rate}  # fmt: skip
    key = a.key("growth", year, *options.values())
    result = memo.kept(
        key,
        lambda: geo.growth_types(a.cloud(year), a.layout, year=year, study=a.study, weight=a.weight, ring_km=a.ring_km, **options),
    )  # fmt: skip
    patches = memo.kept((*key, "patches"), lambda: patches_of(result.layer, "type", without=["sparse"], sums=["at_first", "at_last"]))  # fmt: skip
    counts = result.counts
    st.markdown(_grown(a, counts, first, last))
    _map(draw.growth_features(patches, a.lang), "growth")
    st.html(draw.key_html([(c, words_of("growth", k, a)) for k, c in draw.GROWTH_COLOURS.items()]))
    if len(patches) > draw.MOST:
        st.caption(a.says("drawn", n=draw.MOST, total=len(patches)))
    if founded:
        st.caption(a.says("says.growth-founded"))
    if unread := result.provenance.parameters["without_year"]:
        st.caption(a.says("says.growth-unread", n=f"{unread:,}"))
    names = {r["footprint"]: name_of(r, a.lang, "footprint") for r in counts.to_dict("records")}
    place = inputs.choice(own.PLACE, a.says("set.place"), lambda v: names.get(v, v))
    one = counts[counts["footprint"] == place].assign(name=lambda t: [name_of(r, a.lang, "type") for r in t.to_dict("records")])  # fmt: skip
    st.altair_chart(banded_bars(one, "name", "cells", title=a.says("chart.cells")), theme="streamlit", alt=a.says("alt.growth"))  # fmt: skip
    frame.table(columns_of(counts, ("footprint", "type", "cells_low", "cells", "cells_high")).drop(columns=["footprint", "type"]), height=320)  # fmt: skip
    st.caption(a.says("every-cell"))
    method(a, result.provenance)
    said = [f"{k}={v!r}" for k, v in options.items()]
    call = a.call("growth_types", "layout", f"year={year!r}", *said, a.study_call, "ring_km=ring_km", by=False)  # fmt: skip
    take.along(
        "growth", {"growth": result.table, "counts": counts}, layers=_layers(result, patches), methods=[result.provenance],
        calls=[f"found = {call}", "growth, counts = found.table, found.counts"],
    )  # fmt: skip


def _grown(a: Asked, counts: pd.DataFrame, first: str, last: str) -> str:
    every = counts[counts["footprint"] == "all"].set_index("type")["cells"]
    inside = counts[(counts["footprint"] == "any") & counts["type"].isin(["emerging", "growing"])]
    numbers = {k: f"{int(every[k]):,}" for k in GROWTH_TYPES}
    band = {k: f"{int(inside[c].sum()):,}" for k, c in (("low", "cells_low"), ("inside", "cells"), ("high", "cells_high"))}  # fmt: skip
    return a.says("says.growth", first=first, last=last, **numbers, **band)
