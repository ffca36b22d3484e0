"""Checks an order against the answers of catalogue and campaigns service, before it is accepted ([DOM-7]).

Use cases decide which service is asked, how, and what holds when it doesn't answer; this module only judges answers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orders.domain.errors import Fault, Path
from orders.domain.parts import Line
from orders.domain.pricing.money import Money


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as the catalogue has it now.

    Attributes:
        price: of one unit, tax excluded; ``None`` when it isn't sold in the order's currency.
        available: units that can still be ordered; ``None`` when its stock isn't counted.
    """

    product_id: str
    price: Money | None
    sellable: bool = True
    available: int | None = None


class CampaignRefusalReason(StrEnum):
    """Why a campaign gives an order nothing."""

    UNKNOWN = "unknown"
    NOT_STARTED = "not_started"
    EXPIRED = "expired"
    USED_UP = "used_up"
    NOT_APPLICABLE = "not_applicable"


_REASONS: Mapping[CampaignRefusalReason, str] = {
    CampaignRefusalReason.UNKNOWN: "is not known",
    CampaignRefusalReason.NOT_STARTED: "has not begun yet",
    CampaignRefusalReason.EXPIRED: "has expired",
    CampaignRefusalReason.USED_UP: "is used up",
    CampaignRefusalReason.NOT_APPLICABLE: "does not apply to this order",
}


@dataclass(frozen=True, slots=True)
class CampaignGranted:
    """The campaign gives this discount, not negative, off the whole order and after tax."""

    discount: Money


@dataclass(frozen=True, slots=True)
class CampaignRefused:
    """The campaign gives nothing; ``detail`` is what its service says of that to people, if anything."""

    reason: CampaignRefusalReason
    detail: str | None = None

    def __str__(self) -> str:
        said = _REASONS[self.reason]
        return f"{said} ({self.detail})" if self.detail else said


CampaignVerdict = CampaignGranted | CampaignRefused


class CheckOutcome(StrEnum):
    """Outcome of a question to another service about an order that nothing was found against."""

    CONFIRMED = "confirmed"
    NOT_ASKED = "not_asked"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Answers:
    """The services' answers; ``None`` for one that wasn't asked, or whose silence is no reason to refuse.

    Attributes:
        offers: by product id; a product that isn't among them is unknown.
        prices_unanswered: the catalogue should have checked prices, and could not be reached.
        campaign_unanswered: the campaigns service should have evaluated the code, and could not be reached.
    """

    offers: Mapping[str, Offer] | None = None
    campaign: CampaignVerdict | None = None
    prices_unanswered: bool = False
    campaign_unanswered: bool = False

    @property
    def of_products(self) -> CheckOutcome:
        """Returns the outcome of the question about prices and stock, which is one."""
        return _outcome(answered=self.offers is not None, unanswered=self.prices_unanswered)

    @property
    def of_campaign(self) -> CheckOutcome:
        """Returns the outcome of the question about the campaign."""
        return _outcome(answered=self.campaign is not None, unanswered=self.campaign_unanswered)

    @property
    def campaign_discount(self) -> Money | None:
        """The discount that the campaign grants; ``None`` without one."""
        return self.campaign.discount if isinstance(self.campaign, CampaignGranted) else None


UNASKED = Answers()


def _outcome(*, answered: bool, unanswered: bool) -> CheckOutcome:
    if answered:
        return CheckOutcome.CONFIRMED
    return CheckOutcome.UNREACHABLE if unanswered else CheckOutcome.NOT_ASKED


def units_wanted(lines: Iterable[Line], before: Sequence[Line] = (), *, bound: bool = False) -> dict[str, int]:
    """Counts the units, by product id, that an order needs and doesn't hold yet; 0 where only the price is checked.

    Args:
        before: the lines of the existing order: the catalogue took their units out of stock when they were ordered.
        bound: whether price rules bind the caller: see ``to_be_checked``.
    """
    lines = list(lines)
    held, wanted = _units(before), _units(lines)
    known = {line.line_id: line for line in before}
    return {
        line.product_id: max(0, wanted[line.product_id] - held.get(line.product_id, 0))
        for line in lines
        if to_be_checked(line, known.get(line.line_id), bound=bound)
    }


def offer_faults(
    lines: Sequence[Line], offers: Mapping[str, Offer], before: Sequence[Line] = (), *, bound: bool = False
) -> list[Fault]:
    """Finds the faults of lines against the catalogue's offers, each under the path of the request's field.

    Compared with ``before``, only new and changed lines are checked: what was agreed on stays agreed.

    Args:
        bound: as in ``units_wanted``.
    """
    known = {line.line_id: line for line in before}
    checked = [to_be_checked(line, known.get(line.line_id), bound=bound) for line in lines]
    held = _units(before)
    taken = _units(line for line, check in zip(lines, checked, strict=True) if not check)
    faults: list[Fault] = []
    for index, line in enumerate(lines):
        if not checked[index]:
            continue
        product_id = line.product_id
        taken[product_id] = taken.get(product_id, 0) + line.quantity
        wanted = max(0, taken[product_id] - held.get(product_id, 0))
        faults += _faults_of(("items", index), line, offers.get(product_id), wanted)
    return faults


def campaign_fault(code: str, refused: CampaignRefused) -> Fault:
    """Makes the fault of an order whose campaign is refused."""
    return Fault(("campaign_code",), f"campaign_{refused.reason}", f"the campaign {code} {refused}")


def _faults_of(at: Path, line: Line, offer: Offer | None, wanted: int) -> list[Fault]:
    product_id = line.product_id
    if offer is None:
        return [Fault((*at, "product_id"), "unknown_product", f"there is no product {product_id}")]
    if not offer.sellable:
        return [Fault((*at, "product_id"), "not_sellable", f"{product_id} is not sold at present")]
    currency = line.price.currency.code
    if offer.price is None:
        return [Fault((*at, "product_id"), "not_sellable", f"{product_id} is not sold in {currency}")]
    faults = []
    if offer.price != line.price:
        message = f"{product_id} costs {offer.price} {currency} now, not {line.price} {currency}"
        faults.append(Fault((*at, "price"), "price_changed", message))
    if offer.available is not None and wanted > offer.available:
        left = f"only {offer.available} of {product_id} are" if offer.available > 0 else f"{product_id} is not"
        faults.append(Fault((*at, "quantity"), "out_of_stock", f"{left} in stock; {wanted} would be needed"))
    return faults


def to_be_checked(line: Line, known: Line | None, *, bound: bool = False) -> bool:
    """Tells whether the line asks for something that was not agreed on before.

    Args:
        bound: whether price rules bind the caller. For such a caller a line is free only if the shop made that very
            line free, or if the catalogue says so, which is then asked about fewer units as well.
    """
    if known is None or (bound and not line.price.minor and not line.comes_back_as(known)):
        return True
    return line.quantity > known.quantity or (line.product_id, line.price) != (known.product_id, known.price)


def _units(lines: Iterable[Line]) -> dict[str, int]:
    units: dict[str, int] = {}
    for line in lines:
        units[line.product_id] = units.get(line.product_id, 0) + line.quantity
    return units
