"""Ways through gates, checked by hand; road services on a local stand-in that speaks their protocol."""

from __future__ import annotations

import csv
import json
import statistics
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from routing import RoutingProblem, solve
from routing.model import Depot, IllegalProblem, Stop, Vehicle
from routing.plan import SearchBudget
from routing.providers import Osrm, Valhalla
from routing.travel import FOOT, CompoundGate, TravelMode, TravelPlace, travel
from routing.travel_times import UNREACHABLE
from tests import sample_data

DEGREE_M = 111_195.08  # metres in one degree of latitude
PLAIN = TravelMode("plain", detour_permille=1000, speed_mm_s=1000, walking_mm_s=1000)


def north(metres: float) -> float:
    """Latitude so many metres north of 30 degrees."""
    return 30.0 + metres / DEGREE_M


def street(name: str, metres: float) -> TravelPlace:
    return TravelPlace(name, north(metres), 120.0)


def inside(name: str, metres: float, compound: str) -> TravelPlace:
    return TravelPlace(name, north(metres), 120.0, compound)


def test_on_the_street_the_way_is_crow_fly_times_detour() -> None:
    way = travel([street("a", 0), street("b", 1000)], [], [FOOT])
    assert way.matrices[0].metres[0, 1] == pytest.approx(1350, abs=2)
    assert way.matrices[0].seconds[0, 1] == pytest.approx(1000, abs=2)
    assert way.points[1][1] - way.points[0][1] == pytest.approx(1000, abs=1)


def test_into_a_compound_the_way_leads_through_its_gate() -> None:
    places = [street("depot", 0), inside("house", 100, "c")]
    gates = [CompoundGate("c", north(300), 120.0)]
    matrix = travel(places, gates, [PLAIN]).matrices[0]
    assert matrix.metres[0, 1] == pytest.approx(300 + 200 * 1.35, abs=2)


def test_the_nearer_of_two_open_gates_is_taken_and_a_closed_one_is_not() -> None:
    places = [street("depot", 0), inside("house", 200, "c")]
    near, far = CompoundGate("c", north(150), 120.0), CompoundGate("c", north(400), 120.0)
    by_near = travel(places, [near, far], [PLAIN]).matrices[0].metres[0, 1]
    closed = CompoundGate("c", near.lat, near.lon, is_open=False)
    by_far = travel(places, [closed, far], [PLAIN]).matrices[0].metres[0, 1]
    assert by_near == pytest.approx(150 + 50 * 1.35, abs=2)
    assert by_far == pytest.approx(400 + 200 * 1.35, abs=2)


def test_when_all_gates_are_closed_no_way_leads_in_but_people_inside_still_walk() -> None:
    places = [street("depot", 0), inside("x", 100, "c"), inside("y", 200, "c")]
    matrix = travel(places, [CompoundGate("c", north(50), 120.0, is_open=False)], [PLAIN]).matrices[0]
    assert matrix.seconds[0, 1] == matrix.seconds[1, 0] == UNREACHABLE
    assert matrix.metres[1, 2] == pytest.approx(135, abs=1)


def test_each_gate_that_is_passed_costs_its_check() -> None:
    places = [inside("x", 0, "c"), inside("y", 500, "e")]
    gates = [CompoundGate("c", north(0), 120.0), CompoundGate("e", north(500), 120.0)]
    checked = TravelMode("checked", 1000, 1000, 1000, gate_check_s=90)
    plain, slow = (travel(places, gates, [mode]).matrices[0].seconds[0, 1] for mode in (PLAIN, checked))
    assert slow - plain == 180


def test_buildings_without_coordinates_stand_in_a_row_in_the_order_given() -> None:
    places = [inside("known", 0, "c"), *(TravelPlace(f"n{k}", None, None, "c") for k in range(3))]
    metres = travel(places, [CompoundGate("c", north(0), 120.0)], [PLAIN]).matrices[0].metres
    assert metres[0, 1] < metres[0, 2] < metres[0, 3]


def test_half_a_coordinate_and_a_detour_below_one_are_refused() -> None:
    with pytest.raises(IllegalProblem, match="only one coordinate"):
        TravelPlace("x", 30.0, None)
    with pytest.raises(IllegalProblem, match="below one"):
        TravelMode(detour_permille=900)
    with pytest.raises(IllegalProblem, match="same name"):
        travel([], [], [FOOT, FOOT])


def test_no_places_at_all_give_empty_matrices() -> None:
    assert travel([], [], [FOOT]).matrices[0].size == 0


@pytest.mark.parametrize("data", sample_data.folders())
def test_the_default_detour_is_the_measured_median(data: Path) -> None:
    with (data / "routing/walk_detour_nanjing_osm.csv").open(encoding="utf-8") as rows:
        measured = statistics.median(float(row["detour"]) for row in csv.DictReader(rows))
    assert FOOT.detour_permille / 1000 == pytest.approx(measured, abs=0.02)


class StandIn(BaseHTTPRequestHandler):
    """Answers like OSRM and like Valhalla: 100 m and 50 s for each step in the order of latitude."""

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        coordinates = [tuple(map(float, pair.split(","))) for pair in url.path.rsplit("/", 1)[1].split(";")]
        query = parse_qs(url.query)
        assert url.path.startswith("/table/v1/")
        assert query["annotations"] == ["duration,distance"]
        sources, targets = ([coordinates[int(k)] for k in query[w][0].split(";")] for w in ("sources", "destinations"))
        steps: list[list[float | None]] = [[abs(a[1] - b[1]) * DEGREE_M for b in targets] for a in sources]
        if "bike" in url.path:
            steps[0][-1] = None
        answer = {"code": "Ok", "distances": steps, "durations": [[s and s / 2 for s in row] for row in steps]}
        self._send({"code": "TooBig"} if "car" in url.path else answer)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        rows = [
            [{"distance": abs(a["lat"] - b["lat"]) * DEGREE_M / 1000, "time": 7} for b in body["targets"]]
            for a in body["sources"]
        ]
        self._send({"sources_to_targets": rows} if body["costing"] == "pedestrian" else {"sources_to_targets": [[{}]]})

    def _send(self, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a stand-in road service."""
    stand_in = HTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=stand_in.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{stand_in.server_port}"
    stand_in.shutdown()


THREE = [street("a", 0), street("b", 100), street("c", 300)]


def test_osrm_answers_replace_the_estimate_block_by_block(server: str) -> None:
    way = travel(THREE, [], [FOOT], Osrm(server, block=2))
    assert way.notes == ()
    assert way.matrices[0].metres[0].tolist() == pytest.approx([0, 100, 300], abs=1)
    assert way.matrices[0].seconds[0].tolist() == pytest.approx([0, 50, 150], abs=1)


def test_valhalla_answers_in_kilometres(server: str) -> None:
    way = travel(THREE, [], [FOOT], Valhalla(server))
    assert way.matrices[0].metres[0].tolist() == pytest.approx([0, 100, 300], abs=1)
    assert way.matrices[0].seconds[0, 1] == 7


def test_a_null_of_the_road_service_means_no_way(server: str) -> None:
    way = travel(THREE, [], [TravelMode("e_bike")], Osrm(server))
    assert way.matrices[0].seconds[0, 2] == UNREACHABLE


@pytest.mark.parametrize(
    ("mode", "provider"),
    [
        ("van", "osrm"),
        ("van", "valhalla"),
        ("foot", "nobody"),
        ("foot", "nonsense"),
    ],
)
def test_when_the_road_service_fails_the_estimate_stands_in_and_says_so(server: str, mode: str, provider: str) -> None:
    services = {
        "osrm": Osrm(server),
        "valhalla": Valhalla(server),
        "nobody": Osrm("http://127.0.0.1:9", timeout_s=0.5),
        "nonsense": Osrm("file:///etc"),
    }
    way = travel(THREE, [], [TravelMode(mode)], services[provider])
    assert len(way.notes) == 1
    assert "because" in way.notes[0]
    assert way.matrices[0].metres[0, 1] == pytest.approx(135, abs=1)
    stops = (Stop("b", 1), Stop("c", 2))
    day = RoutingProblem(
        (Depot("a", 0),), stops, (Vehicle("v", "a", mode),), way.matrices, points=way.points, notes=way.notes
    )
    assert solve(day, SearchBudget(iterations=5)).notes == way.notes
