"""JSON pointers of the paths of faults, and back (RFC 6901)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.wire.pointers import path_of, pointer_of
from orders.domain.errors import Path

NAMES = st.text(max_size=5).filter(lambda name: not name.isdecimal()) | st.sampled_from(["~1", "a/b", "~", "", "01"])


@given(st.lists(NAMES | st.integers(0, 10**9 - 1), max_size=5).map(tuple))
def test_a_pointer_leads_back_to_its_path(path: Path) -> None:
    assert path_of(pointer_of(path)) == path


@pytest.mark.parametrize(
    ("path", "pointer"),
    [((), ""), (("items", 0, "price"), "/items/0/price"), (("a/b", "m~n", ""), "/a~1b/m~0n/"), (("~1",), "/~01")],
)
def test_pointers_are_written_as_the_standard_says(path: Path, pointer: str) -> None:
    assert pointer_of(path) == pointer


def test_what_does_not_begin_with_a_slash_is_none() -> None:
    with pytest.raises(ValueError, match="slash"):
        path_of("items/0")
