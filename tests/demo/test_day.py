"""The demo day, from empty tables to a closed cycle, with every sheet on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.demo.commands import demo
from tests.conftest import POSTGRES


@pytest.mark.slow
def test_a_whole_day_closes_with_every_equation_at_zero(tmp_path: Path) -> None:
    if POSTGRES:
        pytest.skip("the demo lives in its own SQLite file")
    result = CliRunner().invoke(demo, ["--out", str(tmp_path), "--share", "0.06"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert [line.split()[-1] for line in lines if line[:1] == "E"] == ["0"] * 11
    wanted = {"路线单.pdf", "楼栋交接单.pdf", "发放表.pdf", "袋签.pdf", "应急包.pdf"}
    assert wanted <= {path.name for path in tmp_path.iterdir()}
