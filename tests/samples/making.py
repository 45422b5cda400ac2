"""What is computed among the samples: `python -m tests.samples.making` writes these files anew, the same each time."""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations, pairwise, permutations
from pathlib import Path

import xlsxwriter

HERE = Path(__file__).resolve().parent
SUBDISTRICT = HERE / "geo/hangzhou_dev"
NOTE = HERE / "orders/groupon_delivery_note"


def write(name: str, head: str, rows: Sequence[Sequence[object]]) -> None:
    """Write a table as the real ones are: comma separated, UTF-8, LF."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(head.split())
        table.writerows(rows)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# --- coordinates: the published forward formulas; what the product does is the way back ------------------------------
def gcj_of(lat: float, lon: float) -> tuple[float, float]:
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    axis, flattening, phi = 6378245.0, 0.00669342162296594323, math.radians(lat)
    magic = 1 - flattening * math.sin(phi) ** 2
    north = north * 180 / (axis * (1 - flattening) / (magic * math.sqrt(magic)) * math.pi)
    east = east * 180 / (axis / math.sqrt(magic) * math.cos(phi) * math.pi)
    return lat + north, lon + east


def bd_of(lat: float, lon: float) -> tuple[float, float]:
    lat, lon = gcj_of(lat, lon)
    turn = math.pi * 3000 / 180
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * turn)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * turn)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


def golden() -> None:
    points = [(30.4022, 120.3009), (30.4101, 120.3177), (31.2511, 121.4402), (23.1303, 113.2601), (39.9087, 116.3974)]
    to_bd, to_gcj = [], []
    for number, (lat, lon) in enumerate(points, start=1):
        (lat_bd, lon_bd), (lat_gcj, lon_gcj) = bd_of(lat, lon), gcj_of(lat, lon)
        to_bd.append([f"点{number}", f"{lon_bd:.6f}", f"{lat_bd:.6f}", lon, lat, 0])
        to_gcj.append([f"{lon_gcj:.6f}", f"{lat_gcj:.6f}", lon, lat])
    write("geo/golden/bd09_to_wgs84_exact.csv", "name lon_bd09 lat_bd09 lon_wgs84 lat_wgs84 our_residual_m", to_bd)
    write("geo/golden/gcj02_to_wgs84_onestep_tol3m.csv", "lon_gcj02 lat_gcj02 lon_wgs84 lat_wgs84", to_gcj)


# --- a subdistrict: two to three buildings of each compound, orders typed in all the usual ways ----------------------
def buildings() -> list[list[object]]:
    rows: list[list[object]] = []
    for number, compound in enumerate(read(SUBDISTRICT / "compounds.csv")):
        for building in range(1, 3 + number % 2):
            floors, is_tall = (11, True) if number in (2, 4) else (6, False)
            lat, lon = float(compound["lat_wgs84"]) + building * 2e-4, float(compound["lon_wgs84"]) + building * 1e-4
            key = f"{compound['compound_id']}-{building}"
            where = [compound["name"], building, f"{lat:.6f}", f"{lon:.6f}"]
            rows.append([key, compound["compound_id"], *where, 1 + building % 2 + number % 2, floors, 2, int(is_tall)])
    return rows


SPELLINGS = (
    "{c}{b}幢{u}单元{r}室", "{c}{b}-{u}-{r}", "{c} {b}号楼 {u}单元 {r}", "{c}{z}幢{u}单元{r}", "{b}幢{u}单元{r}（{c}）",
    "{c}{b}－{u}－{r}", "{c}{b}撞{u}单元{r}", "{c}{b}栋{u}单元{r}",
)  # fmt: skip
GOODS = (
    ("T01", "矮脚青菜", "千克"), ("T02", "矮脚青菜(1)", "千克"), ("T03", "荷叶菜(份)", "份"),
    ("T04", "玉兔菇(袋)", "袋"), ("T05", "玉兔菇(盒)", "盒"), ("T06", "灯笼辣椒", "千克"),
    ("T07", "竹笋尖(包)", "包"), ("T08", "糯藕", "个"),
)  # fmt: skip
SURNAMES, GIVEN = "甄卜言尚木毛舒路司池", ("小满", "一舟", "知夏", "青禾", "子乔", "小帆", "子遥", "小南")


def orders(rng: random.Random, places: list[list[object]]) -> Iterator[list[object]]:
    """Forty orders; the one of 桂浦新村 could as well be meant for 桂浦新村东区, so it has to be asked about."""
    ambiguous, *clear = sorted(places, key=lambda place: place[2] != "桂浦新村")
    clear = [place for place in clear if place[2] != "桂浦新村"]
    for number in range(1, 41):
        key, compound_id, compound, building, _lat, _lon, units, floors, per_floor, _lift = (
            ambiguous if number == 17 else clear[number % len(clear)]
        )
        unit = 1 + number // len(clear) % int(str(units))  # nobody orders twice
        room = f"{1 + number % int(str(floors))}{rng.randint(1, int(str(per_floor))):02d}"
        typed = SPELLINGS[number % len(SPELLINGS)].format(
            c=compound, b=building, u=unit, r=room, z="零一二三"[int(str(building))]
        )
        who = SURNAMES[number % 10] + GIVEN[number % 8]
        for code, item, sale_unit in rng.sample(GOODS, rng.randint(1, 4)):
            pieces = rng.randint(1, 5)
            qty = pieces / 2 if sale_unit == "千克" else pieces
            said = f"{pieces}{'斤' if sale_unit == '千克' else sale_unit}"
            phone = f"199000{number:05d}"
            yield [
                f"O{number:05d}",
                compound_id,
                key,
                unit,
                room,
                who,
                phone,
                typed,
                code,
                item,
                f"{qty:g}",
                sale_unit,
                said,
            ]


def subdistrict() -> None:
    places = buildings()
    head = "building_id compound_id compound building_no lat lon units floors rooms_per_floor lift"
    write("geo/hangzhou_dev/sample_seed7/buildings_synthetic.csv", head, places)
    head = "order_id compound_id building_id unit room resident phone address_as_typed item_code item qty sale_unit"
    rows = list(orders(random.Random(7), places))
    write("geo/hangzhou_dev/sample_seed7/orders_truth.csv", f"{head} qty_as_typed", rows)


# --- the workbook of a delivery note ----------------------------------------------------------------------------------
def workbook() -> None:
    """The export: its table of customers, and summaries that say more than its rows come to."""
    with (NOTE / "customer_sheet_whole.csv").open(encoding="utf-8") as file:
        sheets = {"顾客购买表": list(csv.reader(file))}
    for row in read(NOTE / "summary_sheets.csv"):
        sheets.setdefault(row["sheet"], []).append(row["cells"].split("|"))
    with xlsxwriter.Workbook(NOTE / "export.xlsx") as book:
        book.set_properties({"created": datetime(2022, 4, 12)})  # the file is the same each time
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                sheet.write_row(number, 0, cells)


# --- instances of routing, with the cheapest of all solutions ---------------------------------------------------------
Point = tuple[int, int]
DEPOT: Point = (50, 50)
CLIENTS: tuple[tuple[Point, int], ...] = (
    ((20, 60), 4), ((25, 72), 3), ((60, 85), 6), ((72, 80), 2), ((85, 40), 5), ((78, 28), 3), ((40, 15), 4),
)  # fmt: skip
CAPACITY = 10


def whole(a: Point, b: Point) -> int:
    return int(math.dist(a, b) + 0.5)


def tenths(a: Point, b: Point) -> int:
    return int(math.dist(a, b) * 10)


def cheapest_round(clients: Sequence[int], distance: object) -> tuple[int, tuple[int, ...]]:
    """The best order of some clients (numbered from 1) in one round, by trying all."""
    assert callable(distance)

    def cost(order: tuple[int, ...]) -> int:
        stops = [DEPOT, *(CLIENTS[client - 1][0] for client in order), DEPOT]
        return sum(distance(a, b) for a, b in pairwise(stops))

    return min((cost(order), order) for order in permutations(clients))


def cuts(clients: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    """Every division of the clients into rounds that fit a vehicle."""
    if not clients:
        yield []
        return
    first, rest = clients[0], clients[1:]
    for size in range(len(rest) + 1):
        for others in combinations(rest, size):
            group = (first, *others)
            if sum(CLIENTS[client - 1][1] for client in group) <= CAPACITY:
                for more in cuts(tuple(client for client in rest if client not in others)):
                    yield [group, *more]


def cheapest(distance: object, most: int) -> tuple[int, list[tuple[int, ...]]]:
    """Cost and rounds of the optimum of the capacitated problem with at most so many rounds."""
    found = []
    for division in cuts(tuple(range(1, len(CLIENTS) + 1))):
        if len(division) <= most:
            rounds = [cheapest_round(group, distance) for group in division]
            found.append((sum(cost for cost, _order in rounds), [order for _cost, order in rounds]))
    return min(found)


def section(name: str, rows: Sequence[object]) -> str:
    return f"{name}_SECTION\n" + "".join(f"{number}\t{row}\n" for number, row in enumerate(rows, start=1))


def instances() -> None:
    nodes = section("NODE_COORD", [f"{x}\t{y}" for x, y in (DEPOT, *(point for point, _demand in CLIENTS))])
    demands = section("DEMAND", [0, *(demand for _point, demand in CLIENTS)])
    depot = "DEPOT_SECTION\n1\n-1\nEOF\n"
    size = len(CLIENTS) + 1
    _capacitated(nodes + demands + depot, size)
    _several_trips(nodes + demands, size)
    _two_kinds(nodes + demands, size)
    _windows()


def _routes(rounds: Sequence[str], cost: float, more: str = "") -> str:
    return "".join(f"Route #{k}: {stops}\n" for k, stops in enumerate(rounds, start=1)) + f"Cost {cost}\n{more}"


def _capacitated(body: str, size: int) -> None:
    cost, rounds = cheapest(whole, size)
    head = f"NAME : own-n{size}\nCOMMENT : (seven places, optimal value: {cost})\nTYPE : CVRP\nDIMENSION : {size}\n"
    head += f"EDGE_WEIGHT_TYPE : EUC_2D\nCAPACITY : {CAPACITY}\n"
    (HERE / "routing/cvrplib/own-n8.vrp").write_text(head + body, encoding="utf-8")
    answer = _routes([" ".join(map(str, order)) for order in rounds], cost)
    (HERE / "routing/cvrplib/own-n8.sol").write_text(answer, encoding="utf-8")


def _several_trips(body: str, size: int) -> None:
    """One vehicle that loads again; goods of later rounds are released in time, so windows and releases cost nothing
    and the optimum is that of the distances alone.
    """
    cost, rounds = cheapest(tenths, size)
    windows = section("TIME_WINDOW", ["0\t2000"] * size)
    releases = section("RELEASE_TIME", [0, *(30 if client in rounds[-1] else 0 for client in range(1, size))])
    head = f"NAME: own-trips\nCOMMENT: seven places\nTYPE: MTVRPTWR\nEDGE_WEIGHT_TYPE: EUC_2D\nDIMENSION: {size}\n"
    head += f"VEHICLES: 1\nCAPACITY: {CAPACITY}\nSERVICE_TIME: 5\n"
    reload = "VEHICLES_RELOAD_DEPOT_SECTION\n1\t1\nDEPOT_SECTION\n1\nEOF\n"
    (HERE / "routing/rich/own-trips.vrp").write_text(head + body + windows + releases + reload, encoding="utf-8")
    answer = _routes([" 0 ".join(" ".join(map(str, order)) for order in rounds)], cost, "Optimal: True\n")
    (HERE / "routing/rich/own-trips.sol").write_text(answer, encoding="utf-8")


def _two_kinds(body: str, size: int) -> None:
    """A mixed fleet: large dear vehicles and small ones."""
    fleet = [(10, 60, 2)] * 2 + [(6, 20, 1)] * 4
    head = f"NAME: own-fleet\nCOMMENT: seven places\nTYPE: HFVRP\nDIMENSION: {size}\nVEHICLES: {len(fleet)}\n"
    head += "EDGE_WEIGHT_TYPE: EUC_2D\n"
    names = ("CAPACITY", "VEHICLES_FIXED_COST", "VEHICLES_UNIT_DISTANCE_COST")
    kinds = "".join(section(name, [vehicle[k] for vehicle in fleet]) for k, name in enumerate(names))
    (HERE / "routing/rich/own-fleet.vrp").write_text(head + body + kinds + "DEPOT_SECTION\n1\nEOF\n", encoding="utf-8")


def _windows() -> None:
    """A text of Solomon's form. Each window opens so wide around an unhurried round that the distances decide."""
    cost, _rounds = cheapest(tenths, len(CLIENTS))
    rows = [(0, *DEPOT, 0, 0, 2000, 0)]
    rows += [(k, *point, demand, 0, 1000 + 50 * k, 10) for k, (point, demand) in enumerate(CLIENTS, start=1)]
    head = f"OWN8\n\nVEHICLE\nNUMBER     CAPACITY\n   7       {CAPACITY}\n\nCUSTOMER\n"
    head += "CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME\n\n"
    table = "".join("".join(f"{value:9d}" for value in row) + "\n" for row in rows)
    (HERE / "routing/vrptw/own8.txt").write_text((head + table).replace("\n", "\r\n"), encoding="utf-8", newline="")
    row = ["OWN8", cost, "distance truncated to one decimal (x10)", 1]
    write("routing/vrptw/bks.csv", "instance bks_cost_x10 convention proved_optimal", [row])


def main() -> None:
    golden()
    subdistrict()
    workbook()
    instances()


if __name__ == "__main__":
    main()
