"""What to say in the groups when a sheet goes out: one text for each building it concerns."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.core.sentences import Sentence
from app.printing.contexts.ground import BuildingPlace, load_ground
from app.printing.kinds import by_key


@dataclass(frozen=True)
class Told:
    """The text for the group of one building."""

    building_id: int
    building: str
    text: str


Saying = Callable[[BuildingPlace], Sentence | None]
"""Building → what to say in its group; None where there is nothing to say."""


def texts_for(kind: str, cycle_id: int, wave: int, point_ids: Collection[int], address: str = "") -> list[Told]:
    """The texts that go with a kind of sheet for the buildings of some points; none where there is nothing to say.

    ``address`` is where residents order, up to the building's code. A fixed number of statements.
    """
    found = by_key().get(kind)
    if found is None or found.group_text is None:
        return []
    ground = load_ground(cycle_id, wave)
    saying: Saying = found.group_text(ground, address)
    own = ground.in_order(one.id for one in ground.buildings.values() if one.point_id in point_ids)
    said = ((building, saying(building)) for building in own)
    return [Told(one.id, one.name, sentence.zh) for one, sentence in said if sentence is not None]
