"""`.sol` files: one line for each vehicle, clients numbered from 1; a 0 inside a line is a visit to the depot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Solution:
    """What a `.sol` file says.

    Attributes
    ----------
    routes : tuple
        [vehicle][round][stop] client numbers as text.
    cost : float or None
        The stated cost, in the unit in which distances of the instance are counted here.
    """

    routes: tuple[tuple[tuple[str, ...], ...], ...]
    cost: float | None


def read_solution(text: str) -> Solution:
    """Read the text of a `.sol` file; lines that are neither a route nor a cost are skipped."""
    routes = []
    for match in re.finditer(r"^Route #?\d+:[ \t]*(.*)$", text, flags=re.MULTILINE):
        rounds = [tuple(part.split()) for part in re.split(r"(?:^|\s)0(?=\s|$)", match[1])]
        routes.append(tuple(stops for stops in rounds if stops))
    stated = re.search(r"^cost:?\s*([\d.]+)", text, flags=re.MULTILINE | re.IGNORECASE)
    return Solution(tuple(routes), float(stated[1]) if stated else None)


def write_solution(rounds_by_vehicle: Sequence[Sequence[Sequence[str]]], cost: int) -> str:
    """Text of a `.sol` file from [vehicle][round][stop] names and a cost; vehicles without rounds get no line."""
    lines = [
        f"Route #{index}: {' 0 '.join(' '.join(stops) for stops in rounds)}"
        for index, rounds in enumerate((rounds for rounds in rounds_by_vehicle if rounds), start=1)
    ]
    return "\n".join([*lines, f"Cost: {cost}", ""])
