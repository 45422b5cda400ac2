"""Files of the literature and of our own in their form: the best known solutions pass the judge at the stated cost."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from routing import check, solve
from routing.codec import plan_to_json, problem_from_json, problem_hash, problem_to_json
from routing.commands import main
from routing.formats.files import best_known, read_plan, read_problem
from routing.formats.solutions import read_solution, write_solution
from routing.formats.vrplib import parse
from routing.model import IllegalProblem
from routing.plan import SearchBudget
from tests import sample_data
from tests.routing.examples import rich_problem

CVRP, TRIPS = "routing/cvrplib/A-n32-k5.vrp", "routing/rich/C201R0.25.vrp"
OWN_CVRP, OWN_TRIPS = "routing/cvrplib/own-n8.vrp", "routing/rich/own-trips.vrp"
MORE = tuple(f"routing/{name}.vrp" for name in ("cvrplib/X-n256-k16", "rich/RC205R0.25", "rich/R201R0.75"))


@pytest.mark.parametrize("file", sample_data.files((OWN_CVRP, OWN_TRIPS), (CVRP, TRIPS, *MORE)))
def test_the_best_known_solution_is_sound_and_costs_what_it_says(file: Path) -> None:
    problem = read_problem(file)
    plan = read_plan(file.with_suffix(".sol"), problem)
    assert check(problem, plan).violations == ()
    assert plan.cost.total == best_known(file)


@pytest.mark.parametrize(
    ("data", "searched"),
    [*sample_data.both((OWN_CVRP, 0.0), (CVRP, 0.5)), *sample_data.both((OWN_TRIPS, 0.0), (TRIPS, 2.0))],
)
def test_a_short_search_comes_close_to_the_best_known(data: Path, searched: tuple[str, float]) -> None:
    file, percent = data / searched[0], searched[1]
    problem = read_problem(file)
    plan = solve(problem, SearchBudget(iterations=20_000), seed=1)
    assert check(problem, plan).violations == ()
    stated = best_known(file)
    assert stated is not None
    assert stated <= plan.cost.total <= stated * (1 + percent / 100)


@pytest.mark.parametrize(("data", "name"), sample_data.both("own8", "C101"))
def test_solomon_costs_are_counted_in_truncated_tenths(data: Path, name: str) -> None:
    problem = read_problem(data / f"routing/vrptw/{name}.txt")
    with (data / "routing/vrptw/bks.csv").open(encoding="utf-8") as rows:
        best = {row["instance"]: int(row["bks_cost_x10"]) for row in csv.DictReader(rows)}
    plan = solve(problem, SearchBudget(iterations=4000), seed=1)
    assert check(problem, plan).violations == ()
    assert plan.cost.total == best[name.upper()]


def test_a_depot_visit_inside_a_route_starts_a_new_round() -> None:
    solution = read_solution("Route #1: 3 0 1 2\nRoute #2: 10\nRoute #3:\nCost 12\n")
    assert solution.routes == ((("3",), ("1", "2")), (("10",),), ())
    assert solution.cost == 12
    written = write_solution([[("3",), ("1", "2")], [], [("10",)]], 12)
    assert read_solution(written).routes == solution.routes[:2]


@pytest.mark.parametrize("text", ["", "NAME : x\nDIMENSION : 3\n"])
def test_a_file_without_places_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither coordinates nor distances"):
        parse(text)


def test_the_hash_depends_on_the_data_and_on_nothing_else() -> None:
    first, same, other = rich_problem(1, 9, 2), rich_problem(1, 9, 2), rich_problem(2, 9, 2)
    assert problem_hash(first) == problem_hash(same) == problem_hash(problem_from_json(problem_to_json(first)))
    assert problem_hash(first) != problem_hash(other)


def test_json_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not a problem"):
        problem_from_json('{"format":"louda-routing-1","plan":{}}')
    tampered = problem_to_json(rich_problem(1, 3, 1)).replace('"service_s":', '"service_s":-')
    with pytest.raises(IllegalProblem):
        problem_from_json(tampered)


def test_the_command_line_solves_checks_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, plan, drawing = tmp_path / "day.json", tmp_path / "plan.json", tmp_path / "plan.svg"
    file.write_text(problem_to_json(rich_problem(4, 20, 3)), encoding="utf-8")
    assert main(["solve", str(file), "--iterations", "200", "--out", str(plan)]) == 0
    assert main(["check", str(file), str(plan)]) == 0
    assert main(["plot", str(file), str(plan), "--out", str(drawing)]) == 0
    assert "sound" in capsys.readouterr().out
    assert drawing.read_text(encoding="utf-8").count("<polyline") >= 1


def test_the_command_line_says_when_a_plan_is_not_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, plan = tmp_path / "day.json", tmp_path / "plan.json"
    problem = rich_problem(4, 20, 3)
    file.write_text(problem_to_json(problem), encoding="utf-8")
    text = plan_to_json(solve(problem, SearchBudget(iterations=10)))
    plan.write_text(text.replace('"distance":', '"distance":9', 1), encoding="utf-8")
    assert main(["check", str(file), str(plan)]) == 1
    assert "cost:" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_ends_with_status_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(tmp_path / "nothing.vrp")]) == 2
    assert main(["solve", str(tmp_path / "nothing.xyz")]) == 2
    assert "xyz" in capsys.readouterr().err


@pytest.mark.parametrize("file", sample_data.files((OWN_CVRP,), (CVRP,)))
def test_the_bench_command_compares_with_the_best_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    drawing = tmp_path / "traces.svg"
    assert main(["bench", str(file), "--iterations", "300", "--seeds", "2", "--plot", str(drawing)]) == 0
    assert capsys.readouterr().out.count("gap") == 2
    assert "<polyline" in drawing.read_text(encoding="utf-8")
