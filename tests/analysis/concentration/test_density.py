from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import gaussian_kde

from geo.analysis.concentration import kernel_density
from geo.analysis.concentration.density import bandwidth_of
from geo.errors import PointsError
from geo.measure import outline, project, unproject


def scattered(wuhan, n=400, seed=2):
    """Points whose planar covariance is that of a circle, so that scipy's kernel is one too."""
    rng = np.random.default_rng(seed)
    xy = rng.normal(size=(n, 2))
    xy = (xy - xy.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(xy.T))).T * 8000
    frame = pd.DataFrame(shapely.get_coordinates(unproject(shapely.points(xy), wuhan.crs)), columns=["lon", "lat"])  # fmt: skip
    return frame.assign(w=rng.random(n) * 10, kind=rng.choice(["a", "b"], n)), xy


@pytest.mark.parametrize("weight", [None, "w"])
def test_every_cell_has_the_mass_that_scipy_integrates(wuhan, weight):
    frame, xy = scattered(wuhan)
    w = frame["w"].to_numpy() if weight else np.ones(len(frame))
    result = kernel_density(frame, wuhan, bandwidth_m=1500, cell_km=2, weight=weight, datum="wgs84")
    # scipy scales the weighted covariance: where that is no circle, its kernels are laid one by one.
    cells = project(result.layer.geometry.to_numpy(), wuhan.crs)
    busy = np.argsort(-result.table["mass"].to_numpy())[[0, 3, 40, 90]]
    for k in busy:
        west, south, east, north = shapely.bounds(cells[k])
        if weight is None:
            own = gaussian_kde(xy.T, bw_method=1500 / 8000)
            mass = own.integrate_box([west, south], [east, north]) * len(xy)
        else:
            from scipy.stats import multivariate_normal

            mass = sum(wi * multivariate_normal.cdf([east, north], xi, 1500**2, lower_limit=[west, south]) for wi, xi in zip(w, xy, strict=True))  # fmt: skip
        assert result.table["mass"].iat[k] == pytest.approx(mass, rel=1e-5)
    assert result.table["mass"].sum() == pytest.approx(w.sum(), rel=2e-5)
    assert result.table["share"].sum() == pytest.approx(1, abs=2e-5)
    assert (result.table["density_km2"] * 4).to_numpy() == pytest.approx(
        result.table["mass"].to_numpy()
    )
    parameters = result.provenance.parameters
    assert (parameters["bandwidth_m"], parameters["rule"]) == (1500, "given")
    assert parameters["mass_share"] > 0.99998


def test_scotts_rule_is_that_of_scipy():
    rng = np.random.default_rng(1)
    xy, w = rng.normal(size=(300, 2)), rng.random(300)
    own = gaussian_kde(xy.T, weights=w)
    spread = np.sqrt(np.trace(np.cov(xy.T, aweights=w, bias=True)) / 2)
    assert bandwidth_of(xy, w, "scott") == pytest.approx(own.scotts_factor() * spread)
    assert bandwidth_of(xy, w, "silverman") == pytest.approx(own.silverman_factor() * spread)


def test_within_a_study_area_and_of_one_category(wuhan):
    frame, xy = scattered(wuhan)
    west = outline(shapely.box(-40_000, -40_000, -10, 40_000), wuhan.crs)
    result = kernel_density(frame, wuhan, bandwidth_m=800, study=west, datum="wgs84")
    assert result.provenance.parameters["mass_share"] == pytest.approx((xy[:, 0] < 0).mean(), abs=0.03)  # fmt: skip
    own = kernel_density(frame, wuhan, bandwidth_m=800, by="kind", category="a", datum="wgs84")
    assert own.table["mass"].sum() == pytest.approx((frame["kind"] == "a").sum(), rel=2e-5)


def test_what_cannot_be_done_or_misleads_is_told(wuhan):
    frame, _ = scattered(wuhan)
    cases = [
        ({"bandwidth_m": 0}, "metres above 0"), ({"bandwidth_m": "wide"}, "unknown rule"),
        ({"by": "kind", "category": "c"}, "no point is of category 'c'"),
    ]  # fmt: skip
    for options, message in cases:
        with pytest.raises(PointsError, match=message):
            kernel_density(frame, wuhan, datum="wgs84", **options)
    with pytest.raises(PointsError, match="in one place"):
        kernel_density(frame.assign(lon=114.0, lat=30.0), datum="wgs84")
    with pytest.raises(PointsError, match="all 0"):
        kernel_density(frame.assign(w=0.0), weight="w", datum="wgs84")
    rough = kernel_density(frame, bandwidth_m=500, cell_km=5, err_m=600, datum="wgs84").table
    assert rough["why_en"].str.contains("more than the bandwidth of 500 m").all()
