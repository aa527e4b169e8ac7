from __future__ import annotations

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic

from geo import Straight
from geo.errors import PointsError
from geo.network.travel import DETOUR, require_pairs

HERE = np.array([[114.30, 30.5956], [114.89, 30.39], [111.29, 30.69]])


def test_straight_lines_cost_geodesic_times_detour_over_speed():
    travel = Straight(detour=1.25, speed_kmh=50)
    km, minutes = (travel.costs(HERE, HERE[1:], of=of) for of in ("km", "minutes"))
    for i, j in np.ndindex(3, 2):
        (lon1, lat1), (lon2, lat2) = HERE[i], HERE[1 + j]
        metres = Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2)["s12"]
        assert km[i, j] == pytest.approx(metres / 1000 * 1.25, rel=2e-6, abs=1e-9)
        assert minutes[i, j] == pytest.approx(metres / 1000 * 1.25 / 50 * 60, rel=2e-6, abs=1e-9)
    assert travel.slack([0, 400.0], of="km") == pytest.approx([0, 0.5])
    assert travel.slack(400.0) == pytest.approx(0.5 / 50 * 60)
    assert travel.radius_km(30) == pytest.approx(30 / 60 * 50 / 1.25)
    assert travel.estimate
    assert travel.parameters == {"travel": "straight", "detour": 1.25, "speed_kmh": 50}


def test_the_error_bounds_how_much_a_cost_may_change():
    travel, rng = Straight(), np.random.default_rng(3)
    moved = HERE.copy()
    err, bearing = rng.uniform(0, 3000, 3), rng.uniform(0, 360, 3)
    for k in range(3):
        there = Geodesic.WGS84.Direct(HERE[k, 1], HERE[k, 0], bearing[k], err[k])
        moved[k] = there["lon2"], there["lat2"]
    change = np.abs(travel.costs(moved, HERE) - travel.costs(HERE, HERE))
    assert (change <= travel.slack(err)[:, None] * (1 + 1e-5)).all()
    assert change.max() > 0.1


def test_what_is_beyond_the_limit_is_not_reached():
    costs = Straight().costs(HERE, HERE, of="km", within=100)
    assert np.isinf(costs).sum() == 4
    assert costs.diagonal() == pytest.approx([0, 0, 0], abs=1e-9)


def test_progress_can_end_the_work():
    class StopError(Exception):
        pass

    def stop(done, total):
        raise StopError

    with pytest.raises(StopError):
        Straight().costs(HERE, HERE, progress=stop)
    seen = []
    Straight().costs(HERE, HERE, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, 3)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match=r"detour factor is 0\.9: it must lie from 1 to 5"):
        Straight(detour=0.9)
    with pytest.raises(ValueError, match="speed is 0 km/h"):
        Straight(speed_kmh=0)
    with pytest.raises(PointsError, match="aggregate them to units or to a grid"):
        require_pairs(1_000_000, 1000)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_says_what_it_assumes(lang):
    assert f"{DETOUR:g}" in Straight().says(lang)
    assert "40" in Straight().says(lang)
