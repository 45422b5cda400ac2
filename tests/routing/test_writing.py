"""Every format of the literature can be written, read again, planned, judged and drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.generated import homberger_like, x_like
from routing import RoutingProblem
from routing.codec import problem_hash
from routing.commands import main
from routing.formats.files import read_plan, read_problem, write_problem
from routing.formats.weights import listed
from routing.formats.writing import NotExpressible, write_solomon, write_vrplib
from routing.model import UNLIMITED, Depot, Load, RoundLimits, Stop, Vehicle, Window
from routing.travel_times import TravelMatrix
from tests import sample_data
from tests.routing.examples import line, rich_problem

GRAMS = Load(10, UNLIMITED, UNLIMITED)
FLEET = (Vehicle("1", "d", capacity=GRAMS), Vehicle("2", "d", capacity=GRAMS))


def trips(seed: int, customers: int) -> RoutingProblem:
    """An MTVRPTWR: windows and releases, vehicles that load again."""
    day = homberger_like(seed, customers, long_horizon=True)
    stops = tuple(replace(stop, release_s=37 * (stop.location % 5)) for stop in day.stops)
    fleet = tuple(replace(vehicle, max_rounds=10) for vehicle in day.vehicles)
    return replace(day, stops=stops, vehicles=fleet)


def fleet_of_two_kinds(seed: int, customers: int) -> RoutingProblem:
    day = x_like(seed, customers)
    dear = Load(2 * day.vehicles[0].capacity.g, UNLIMITED, UNLIMITED)
    return replace(day, vehicles=(*day.vehicles, Vehicle("99", "0", capacity=dear, fixed_cost=70, cost_per_m=3)))


def lopsided(seed: int, customers: int) -> RoutingProblem:
    """Distances that no coordinates give, and a limit on the length of a round."""
    day = x_like(seed, customers)
    metres = day.matrices[0].metres + np.triu(np.full_like(day.matrices[0].metres, 7), 1)
    fleet = tuple(replace(vehicle, max_round_s=9000) for vehicle in day.vehicles)
    return replace(day, matrices=(TravelMatrix("foot", metres, metres),), vehicles=fleet)


def without_names(problem: RoutingProblem) -> RoutingProblem:
    """The problem with its vehicles numbered, as files do."""
    fleet = tuple(replace(vehicle, name=str(k)) for k, vehicle in enumerate(problem.vehicles, start=1))
    return replace(problem, vehicles=fleet)


MADE: list[tuple[str, Callable[[int, int], RoutingProblem]]] = [
    ("x.vrp", x_like),
    ("h.txt", homberger_like),
    ("h.vrp", homberger_like),
    ("t.vrp", trips),
    ("f.vrp", fleet_of_two_kinds),
    ("l.vrp", lopsided),
    ("r.json", lambda seed, customers: rich_problem(seed, customers, 4)),
]


@pytest.mark.parametrize(("name", "make"), MADE, ids=[name for name, _ in MADE])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_written_is_read_again_unchanged(
    name: str, make: Callable[[int, int], RoutingProblem], seed: int, tmp_path: Path
) -> None:
    problem = make(seed, 30)
    write_problem(tmp_path / name, problem)
    again = read_problem(tmp_path / name)
    assert problem_hash(without_names(again)) == problem_hash(without_names(problem))


@pytest.mark.parametrize(("name", "make"), MADE, ids=[name for name, _ in MADE])
def test_the_command_line_works_on_every_format(
    name: str, make: Callable[[int, int], RoutingProblem], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, drawing = tmp_path / name, tmp_path / "drawn.svg"
    plan = tmp_path / ("plan.json" if name.endswith("json") else "plan.sol")
    write_problem(file, make(3, 20))
    assert main(["solve", str(file), "--iterations", "300", "--out", str(plan)]) == 0
    assert main(["check", str(file), str(plan)]) == 0
    assert main(["plot", str(file), str(plan), "--out", str(drawing)]) == 0
    assert main(["bench", str(file), "--iterations", "50"]) == 0
    assert main(["convert", str(file), str(tmp_path / "copy.json")]) == 0
    assert problem_hash(read_problem(tmp_path / "copy.json")) == problem_hash(read_problem(file))
    assert "sound" in capsys.readouterr().out
    assert drawing.read_text(encoding="utf-8").count("<polyline") >= 1


@pytest.mark.parametrize(
    "file",
    sample_data.files(
        tuple(
            f"routing/{name}"
            for name in ("cvrplib/own-n8.vrp", "vrptw/own8.txt", "rich/own-trips.vrp", "rich/own-fleet.vrp")
        ),
        tuple(
            f"routing/{name}"
            for name in ("cvrplib/A-n32-k5.vrp", "vrptw/RC201.txt", "rich/C201R0.25.vrp", "rich/X101-FSMFD.vrp")
        ),
    ),
)
def test_instances_survive_writing_and_reading(file: Path, tmp_path: Path) -> None:
    problem = read_problem(file)
    copy = tmp_path / file.name
    write_problem(copy, problem)
    assert problem_hash(read_problem(copy)) == problem_hash(problem)


def test_a_route_of_several_trips_is_written_with_depot_visits(tmp_path: Path) -> None:
    file, plan = tmp_path / "t.vrp", tmp_path / "t.sol"
    problem = trips(4, 12)
    write_problem(file, replace(problem, vehicles=(replace(problem.vehicles[0], capacity=Load(80, *[UNLIMITED] * 2)),)))
    assert main(["solve", str(file), "--iterations", "500", "--out", str(plan)]) == 0
    assert " 0 " in plan.read_text(encoding="utf-8")
    assert len(read_plan(plan, read_problem(file)).rounds) > 1


STOP = Stop("1", 1, Load(4))
TOO_RICH: list[tuple[str, RoutingProblem]] = [
    ("zone", line((replace(STOP, zone=1),), FLEET)),
    ("prize", line((replace(STOP, prize=9),), FLEET)),
    ("windows", line((replace(STOP, windows=(Window(0, 5), Window(9, 10))),), FLEET)),
    ("loading", line((STOP,), (replace(FLEET[0], reload_s=60),))),
    ("stops in a round", line((STOP,), FLEET, limits=RoundLimits(max_stops=3))),
    ("share a place", line((STOP, replace(STOP, name="2")), FLEET)),
    ("several depots", replace(line((STOP,), FLEET), depots=(Depot("d", 0), Depot("e", 0)))),
    ("no vehicles", line((STOP,), ())),
]


@pytest.mark.parametrize(("what", "problem"), TOO_RICH, ids=[what for what, _ in TOO_RICH])
def test_what_a_format_has_no_words_for_is_refused_with_a_sentence(what: str, problem: RoutingProblem) -> None:
    for write in (write_vrplib, write_solomon):
        with pytest.raises(NotExpressible, match=what):
            write(problem, "x")


def test_solomon_has_no_words_for_releases_and_fleets() -> None:
    for problem, what in ((trips(1, 9), "release"), (fleet_of_two_kinds(1, 9), "differ"), (x_like(1, 9), "distances")):
        with pytest.raises(NotExpressible, match=what):
            write_solomon(problem, "x")


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("FULL_MATRIX", "0 1 2 1 0 3 2 3 0"),
        ("LOWER_ROW", "1 2 3"),
        ("LOWER_DIAG_ROW", "0 1 0 2 3 0"),
        ("UPPER_ROW", "1 2 3"),
        ("UPPER_DIAG_ROW", "0 1 2 0 3 0"),
    ],
)
def test_listed_distances_are_read_in_every_order(order: str, words: str) -> None:
    assert listed(words.split(), order, 3, tenths=False).tolist() == [[0, 1, 2], [1, 0, 3], [2, 3, 0]]
    assert listed(words.split(), order, 3, tenths=True)[2, 1] == 30


@pytest.mark.parametrize(("order", "words"), [("LOWER_ROW", "1 2"), ("LOWER_COL", "1 2 3"), ("", "1 2 3")])
def test_distances_that_cannot_be_placed_are_refused(order: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        listed(words.split(), order, 3, tenths=False)
