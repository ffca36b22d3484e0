"""Validation of mail addresses, whatever their source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.wire.mail_address import UndeliverableAddress, deliverable

DELIVERED = {
    "as it is written": ("Thandi.M+shop@Example.com", "Thandi.M+shop@Example.com"),
    "international": ("petra@bücher.example", "petra@xn--bcher-kva.example"),
    "in capitals": ("Petra@BÜCHER.Example", "Petra@xn--bcher-kva.example"),
    "in pieces": ("petra@bu\u0308cher.example", "petra@xn--bcher-kva.example"),
    "in its delivered form": ("petra@xn--bcher-kva.example", "petra@xn--bcher-kva.example"),
    "sharp s, which IDNA 2003 spelt ss": ("a@faß.example", "a@xn--fa-hia.example"),
    "cyrillic": ("a@пример.рф", "a@xn--e1afmkfd.xn--p1ai"),
    "ideographic, its dot too": ("a@例え。テスト", "a@xn--r8jz45g.xn--zckzah"),
    "right to left": ("a@אבג.example", "a@xn--4dbcd.example"),
    "full width": ("a@ｅｘａｍｐｌｅ.com", "a@example.com"),
    "with what nobody sees": ("a@bü\u200bcher.example", "a@xn--bcher-kva.example"),
    "dots within the name": ("a.b.c@d.example", "a.b.c@d.example"),
    "blanks around it": (" a@b.example ", "a@b.example"),
}

REFUSED = {
    "no address": ("petra", "a name, @ and a domain"),
    "nothing": ("", "a name, @ and a domain"),
    "no name": ("@b.example", "a name, @ and a domain"),
    "no domain": ("a@", "a name, @ and a domain"),
    "blanks": ("a b@c.example", "a name, @ and a domain"),
    "a header smuggled in": ("a@b.example\r\nBcc: c@d.example", "a name, @ and a domain"),
    "a name that isn't ASCII": ("pétra@bücher.example", "before the @ is ASCII"),
    "a name with what nobody sees": ("petra\u200b@b.example", "before the @ is ASCII"),
    "quoted": ('"a"@b.example', "without quotes"),
    "a dot first": (".a@b.example", "neither begins nor ends with a dot"),
    "a dot last": ("a.@b.example", "neither begins nor ends with a dot"),
    "two dots in a row": ("a..b@c.example", "nor has two in a row"),
    "a dot only": (".@b.example", "neither begins nor ends with a dot"),
    "a long name": ("a" * 65 + "@b.example", "64 characters"),
    "one word": ("a@localhost", "whose domain can exist"),
    "an empty label": ("a@bücher..example", "whose domain can exist"),
    "an empty last label": ("a@bücher.example.", "whose domain can exist"),
    "a long label": ("a@" + "ü" * 60 + ".example", "whose domain can exist"),
    "a long domain": ("a@" + "ü." * 60 + "example", "whose domain can exist"),
    "a long address": ("a@" + "b" * 250 + ".example", "at most 254 characters"),
    "long once delivered": ("a" * 64 + "@" + "bücherei." * 14 + "example", "at most 254 characters"),
    "an emoji": ("a@💩.example", "whose domain can exist"),
    "a symbol": ("a@i❤.example", "whose domain can exist"),
    "an underscore": ("a@bü_cher.example", "whose domain can exist"),
    "a hyphen at the end": ("a@bücher-.example", "whose domain can exist"),
    "both directions in one label": ("a@אבa.example", "whose domain can exist"),
    "a slash that isn't one": ("a@b\u2044c.example", "whose domain can exist"),
    "an unpaired surrogate": ("a@\ud800ü.example", "whose domain can exist"),
    "a false xn--": ("a@xn--a.example", "whose domain can exist"),
    "a number": ("a@[192.0.2.1]", "whose domain can exist"),
}


@pytest.mark.parametrize(("given_", "delivered"), DELIVERED.values(), ids=DELIVERED.keys())
def test_an_address_is_put_into_the_form_that_mail_is_delivered_to(given_: str, delivered: str) -> None:
    assert deliverable(given_) == delivered
    assert deliverable(delivered) == delivered


@pytest.mark.parametrize(("given_", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_mail_reaches_is_refused_without_being_repeated(given_: str, why: str) -> None:
    with pytest.raises(UndeliverableAddress, match=why) as caught:
        deliverable(given_)
    assert caught.value.__cause__ is None
    assert len(given_) < 2 or given_ not in str(caught.value)


@given(st.text(max_size=300) | st.tuples(st.text(max_size=70), st.text(max_size=260)).map("@".join))
def test_whatever_comes_is_ascii_or_refused(text: str) -> None:
    try:
        found = deliverable(text)
    except UndeliverableAddress:
        return
    assert found.isascii()
    assert len(found) <= 254
    assert deliverable(found) == found
