"""Where each slice registers its staff pages, in its `pages.py`; the frame of a page and the tests read them from here.

A page names its label, the permission that its view requires, and the pages above it. A page that stands in the
navigation has a position there; every other page belongs to the nearest page above it that has one, and the pages
above it are its breadcrumbs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto

from flask import Blueprint, Flask, current_app, g

from app.access.permissions import Permission, Staff, ids_of

EXTENSION = "louda_pages"


class NavigationSection(StrEnum):
    """A part of the frame that leads to pages."""

    STAGES = auto()  # the loop of one cycle: the address of such a page takes a cycle and nothing else
    MORE = auto()  # what belongs to no cycle
    ACCOUNT = auto()  # the menu of the account, at the top


@dataclass(frozen=True, slots=True)
class NavigationPosition:
    """Where a page stands in the navigation; `rank` orders a section and is unique in it.

    `count` names what waits there (see `oversight/navigation.py`), `tone` how it is shown while something waits.
    """

    section: NavigationSection
    rank: int
    count: str = ""
    tone: str = "idle"


@dataclass(frozen=True, slots=True)
class StaffPage:
    """One page: `label` is a marked Chinese source text, `parents` are the endpoints above it.

    Of several parents the first that the reader may open counts. `whole` names the smallest scope, "point" or
    "subdistrict", for which the permission must be held for the page to be of use.
    """

    endpoint: str
    label: str
    permission: Permission
    parents: tuple[str, ...] = ()
    position: NavigationPosition | None = None
    whole: str = ""

    def is_open_to(self, staff: Staff) -> bool:
        """Whether an account holds the permission, for as large a scope as the page is about."""
        if self.whole == "subdistrict":
            return bool(ids_of(staff.scopes(self.permission), "subdistrict"))
        if self.whole == "point":
            return any(grant.scope_kind != "building" for grant in staff.scopes(self.permission))
        return staff.may(self.permission)


@dataclass(frozen=True, slots=True)
class SlicePages:
    """What a slice brings to the site. `frameless`: GET answers to staff that are no page (files, parts, redirects)."""

    blueprints: tuple[Blueprint, ...]
    pages: tuple[StaffPage, ...] = ()
    frameless: Mapping[str, Permission] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageRegistry:
    """The pages and frameless answers of all slices, by endpoint."""

    pages: Mapping[str, StaffPage]
    frameless: Mapping[str, Permission]

    def in_section(self, section: NavigationSection) -> list[StaffPage]:
        """The pages of one part of the navigation, in order."""
        found = [
            (page.position.rank, page)
            for page in self.pages.values()
            if page.position is not None and page.position.section == section
        ]
        return [page for _rank, page in sorted(found, key=lambda one: one[0])]

    def path_to(self, endpoint: str, staff: Staff) -> list[StaffPage]:
        """The page and those above it, topmost first; empty for what is no page."""
        path: list[StaffPage] = []
        page = self.pages.get(endpoint)
        while page is not None:
            path.insert(0, page)
            above = [self.pages[name] for name in page.parents]
            page = next((one for one in above if one.is_open_to(staff)), above[0] if above else None)
        return path


def stage(rank: int, count: str = "", tone: str = "idle") -> NavigationPosition:
    """A station of the loop."""
    return NavigationPosition(NavigationSection.STAGES, rank, count, tone)


def more(rank: int) -> NavigationPosition:
    """A line below the loop."""
    return NavigationPosition(NavigationSection.MORE, rank)


def register_slices(app: Flask, slices: Iterable[SlicePages]) -> None:
    """Register the blueprints of all slices and keep their pages. Raises ValueError for a page named twice."""
    pages: dict[str, StaffPage] = {}
    frameless: dict[str, Permission] = {}
    for one in slices:
        for blueprint in one.blueprints:
            app.register_blueprint(blueprint)
        for page in one.pages:
            if page.endpoint in pages:
                raise ValueError(f"the page {page.endpoint} is registered twice")
            pages[page.endpoint] = page
        frameless.update(one.frameless)
    app.extensions[EXTENSION] = PageRegistry(pages, frameless)


def registry(app: Flask | None = None) -> PageRegistry:
    """What the slices have registered."""
    kept: PageRegistry = (app or current_app).extensions[EXTENSION]
    return kept


def describe_page(names: Mapping[str, str] | None = None, **ids: int) -> None:
    """Say what a page is about whose address does not say it, for the frame around it.

    Args:
        names: what pages above it are called instead of their labels, by endpoint (a compound, a building).
        ids: arguments of their addresses (the cycle of a bag).
    """
    g.about_ids = {**ids_of_page(), **ids}
    g.about_names = {**names_above(), **(names or {})}


def ids_of_page() -> dict[str, int]:
    """The ids that the view has said its page is about, by the argument names of addresses."""
    said: dict[str, int] = g.get("about_ids") or {}
    return said


def names_above() -> dict[str, str]:
    """The names that the view has given to pages above its own, by endpoint."""
    said: dict[str, str] = g.get("about_names") or {}
    return said
