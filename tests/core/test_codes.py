"""Codes that are read over the telephone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.codes import ALPHABET, capacity, check_character, encode, grouped, normalise

numbers = st.integers(0, capacity(8) - 1)


@given(numbers)
def test_a_code_survives_reading_aloud_and_typing(number: int) -> None:
    code = encode(number, 8)
    assert normalise(f" {grouped(code).lower()} ") == code
    assert normalise(code.translate({ord(c): ord(c) + 0xFEE0 for c in ALPHABET})) == code


@given(numbers, st.integers(0, 8), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(number: int, place: int, character: str) -> None:
    code = encode(number, 8)
    wrong = code[:place] + character + code[place + 1 :]
    assert (normalise(wrong) is None) == (wrong != code)


@given(numbers, st.integers(0, 7))
def test_two_swapped_neighbours_are_always_found(number: int, place: int) -> None:
    code = encode(number, 8)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert (normalise(swapped) is None) == (swapped != code)


@given(numbers, numbers)
def test_different_numbers_have_different_codes(one: int, other: int) -> None:
    assert (encode(one, 8) == encode(other, 8)) == (one == other)


@pytest.mark.parametrize("text", ["", "A", "0000-0000-0", "你好", "A" * 500, "' OR 1=1 --"])
def test_what_is_no_code_is_refused(text: str) -> None:
    assert normalise(text) is None


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode(capacity(3), 3)
    with pytest.raises(ValueError, match="is not a character"):
        check_character("O0")
