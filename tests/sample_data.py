"""Tests on tables of the kind that people bring run on small samples of our own making, and on real data as well where
these are beside the checkout (`../shared/data`): nothing is skipped in a checkout without them, there is only less.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest
from _pytest.mark.structures import ParameterSet

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "samples"
REAL = ROOT.parent / "shared" / "data"
HAS_REAL = REAL.is_dir()


def pairs(own: T, real: T) -> list[ParameterSet]:
    """The folder and what is expected of it, as one parameter: of samples and of real data."""
    return [pytest.param(pair.values, id=pair.id) for pair in both(own, real)]


def both(own: T, real: T) -> list[ParameterSet]:
    """The same as two parameters."""
    return [pytest.param(SAMPLES, own, id="sample"), *([pytest.param(REAL, real, id="real")] if HAS_REAL else [])]


def folders() -> list[ParameterSet]:
    """The folders alone, for tests that expect the same of both."""
    return [pytest.param(SAMPLES, id="sample"), *([pytest.param(REAL, id="real")] if HAS_REAL else [])]


def files(own: tuple[str, ...], real: tuple[str, ...]) -> list[ParameterSet]:
    """Single files by their path below the folders: of the samples and, where they are here, of the real data."""
    found = [SAMPLES / name for name in own] + [REAL / name for name in real if HAS_REAL]
    return [pytest.param(path, id=path.name) for path in found]
