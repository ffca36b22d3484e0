"""Countries by name, for those who read an address."""

import pytest

from orders.adapters.outbound.rendering.countries import country_name
from orders.adapters.outbound.rendering.presenting import order_view
from tests.support.builders import an_address, an_order


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ZA", "South Africa"),
        ("za", "South Africa"),
        ("CI", "Côte d’Ivoire"),
        ("AD", "Andorra"),
        ("GW", "Guinea-Bissau"),
        ("SH", "St. Helena, Ascension & Tristan da Cunha"),
        ("ZW", "Zimbabwe"),
        ("ZZ", "ZZ"),
        ("Azania", "Azania"),
        ("", ""),
    ],
)
def test_a_code_has_a_name_and_anything_else_is_left(code: str, name: str) -> None:
    assert country_name(code) == name


def test_all_of_iso_3166_are_named() -> None:
    letters = [chr(each) for each in range(ord("A"), ord("Z") + 1)]
    named = {one + two for one in letters for two in letters if country_name(one + two) != one + two}
    assert len(named) == 249 + len(["XK"])


def test_an_address_has_the_name_for_readers_and_the_code_for_templates_in_other_languages() -> None:
    (address,) = order_view(an_order(shipping_address=an_address(), billing_address=an_address())).addresses
    assert "South Africa" in address.lines
    assert "ZA" not in address.lines
    assert address.country == "ZA"
