"""ISO 4217 currencies and their minor units, as data (list one, amendment 178)."""

from dataclasses import dataclass
from types import MappingProxyType

from orders.domain.errors import UnknownCurrency

_DIGITS: dict[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
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
        """The currency of that code. Raises: UnknownCurrency."""
        try:
            return CURRENCIES[code]
        except KeyError:
            raise UnknownCurrency(code) from None


CURRENCIES = MappingProxyType(
    {code: Currency(code, digits) for digits, codes in _DIGITS.items() for code in codes.split()}
)
