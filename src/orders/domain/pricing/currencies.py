"""Lists ISO 4217 currencies and their minor units: those in use, and withdrawn ones of old orders."""

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from orders.domain.dated_list import DatedList
from orders.domain.errors import UnknownCurrency, WithdrawnCurrency

ISO_4217 = DatedList(
    name="currencies",
    module=__name__,
    holds="ISO 4217 currencies, their digits, and those that were withdrawn with what replaced them",
    source="lists one and three of SIX, the standard's maintenance agency (six-group.com, data standards)",
    edition="amendment 180",
    as_of=date(2026, 1, 1),
)

_DIGITS: dict[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
        "CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD "
        "HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP "
        "MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
        "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS "
        "VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency: its ISO 4217 ``code`` and the ``digits`` of its minor unit (JPY 0, ZAR 2, BHD 3)."""

    code: str
    digits: int

    @classmethod
    def of(cls, code: str) -> "Currency":
        """Returns the currency of that code, withdrawn or not, as old orders need it. Raises: UnknownCurrency."""
        found = CURRENCIES.get(code)
        if found is None:
            withdrawn = WITHDRAWN.get(code)
            if withdrawn is None:
                raise UnknownCurrency(code)
            found = withdrawn.currency
        return found

    @classmethod
    def in_use(cls, code: str) -> "Currency":
        """Returns the currency of that code, if new orders may use it. Raises: WithdrawnCurrency, UnknownCurrency."""
        withdrawn = WITHDRAWN.get(code)
        if withdrawn is not None:
            raise WithdrawnCurrency(code, withdrawn.since, withdrawn.replaced_by)
        return cls.of(code)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A withdrawn currency, which new orders can't use.

    Attributes:
        since: the day from which its replacement is used.
        replaced_by: the replacement's code.
    """

    currency: Currency
    since: date
    replaced_by: str


CURRENCIES = MappingProxyType(
    {code: Currency(code, digits) for digits, codes in _DIGITS.items() for code in codes.split()}
)

WITHDRAWN = MappingProxyType(
    {
        code: Withdrawn(Currency(code, digits), date.fromisoformat(since), replaced_by)
        for code, digits, since, replaced_by in (
            ("ANG", 2, "2025-07-01", "XCG"),
            ("BGN", 2, "2026-01-01", "EUR"),
            ("BYR", 0, "2017-01-01", "BYN"),
            ("CUC", 2, "2021-07-01", "CUP"),
            ("EEK", 2, "2011-01-01", "EUR"),
            ("HRK", 2, "2023-01-01", "EUR"),
            ("LTL", 2, "2015-01-01", "EUR"),
            ("LVL", 2, "2014-01-01", "EUR"),
            ("MRO", 2, "2018-01-01", "MRU"),
            ("SLL", 2, "2024-01-01", "SLE"),
            ("STD", 2, "2018-01-01", "STN"),
            ("VEF", 2, "2018-08-20", "VES"),
            ("ZMK", 2, "2013-01-01", "ZMW"),
            ("ZWL", 2, "2024-09-01", "ZWG"),
        )
    }
)
"""Currencies withdrawn in the last fifteen years, by code (list three). Orders in them stay readable."""
