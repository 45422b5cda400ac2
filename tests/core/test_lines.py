"""A line of text as a form sends it: nothing in it that nobody can see."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from app.core.input.fields import Line


def test_marks_that_turn_the_direction_of_writing_are_left_out() -> None:
    assert Line().deserialize("\u202d19900000001\u202c") == "19900000001"
    assert Line().deserialize("改\u202e送\u2066到\u2069") == "改送到"


def test_other_control_characters_are_refused_and_blanks_folded() -> None:
    assert Line().deserialize(" 敲门 \t重一点\r\n") == "敲门 重一点"
    with pytest.raises(ValidationError):
        Line().deserialize("敲\x00门")
