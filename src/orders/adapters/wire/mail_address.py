"""Checks mail addresses by one rule for bodies, tokens, shops' profiles, settings and mails themselves.

An address is a name of ASCII, ``@``, and a domain. An international domain is converted to the form in which mail is
delivered to it, ``xn--...`` (UTS 46, then IDNA 2008, RFC 5891): ``petra@bücher.example`` becomes
``petra@xn--bcher-kva.example``, which every mail service takes. A name that isn't ASCII needs SMTPUTF8 (RFC 6531),
which SES and many others don't support. Quoting and comments are not delivered reliably either.
"""

import re

import idna

MAX_ADDRESS_CHARACTERS = 254
"""RFC 5321, 4.5.3.1.3, less the angle brackets."""
MAX_DOMAIN_CHARACTERS = 253

_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOT_OUT_OF_PLACE = re.compile(r"\A\.|\.\.|\.\Z")
"""A name is a dot-atom (RFC 5322, 3.2.3; RFC 5321, 4.1.2): other names with dots stand in quotes only."""
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NOT_SHOWN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]")


class UndeliverableAddress(ValueError):
    """No mail can be sent to this address.

    The message describes a valid address, to end a sentence with, and never repeats the address itself.
    """


def deliverable(text: str) -> str:
    """Converts an address to the form that mail is delivered to. Raises: UndeliverableAddress."""
    address = text.strip()
    # Checked first: the time of the other checks grows with the length.
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise _too_long()
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or _NOT_SHOWN.search(address):
        raise UndeliverableAddress("an e-mail address: a name, @ and a domain")
    if not local.isascii():
        raise UndeliverableAddress(
            "an e-mail address whose part before the @ is ASCII: mail to others is not delivered; the domain may be any"
        )
    if not _LOCAL_PART.fullmatch(local):
        raise UndeliverableAddress("an e-mail address without quotes, blanks and brackets before the @, 64 characters")
    if _DOT_OUT_OF_PLACE.search(local):
        raise UndeliverableAddress(
            "an e-mail address whose part before the @ neither begins nor ends with a dot nor has two in a row"
        )
    found = f"{local}@{_domain(domain)}"
    if len(found) > MAX_ADDRESS_CHARACTERS:
        raise _too_long()
    return found


def _too_long() -> UndeliverableAddress:
    return UndeliverableAddress(f"an e-mail address of at most {MAX_ADDRESS_CHARACTERS} characters")


def _domain(text: str) -> str:
    """Converts a domain to ASCII; one in ASCII stays as written. Needs a dot. Raises: UndeliverableAddress."""
    ascii_already = text.isascii()
    if ascii_already and "xn--" not in text.lower():
        domain = text
    else:
        try:
            domain = idna.encode(text, uts46=True, std3_rules=True).decode()
        except UnicodeError:
            # idna's message repeats the domain.
            raise _no_domain() from None
    labels = domain.split(".")
    if len(labels) < 2 or len(domain) > MAX_DOMAIN_CHARACTERS or not all(map(_LABEL.fullmatch, labels)):
        raise _no_domain()
    return text if ascii_already else domain


def _no_domain() -> UndeliverableAddress:
    return UndeliverableAddress("an e-mail address whose domain can exist, such as shop.example or bücher.example")
