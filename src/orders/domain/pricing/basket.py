"""Checks an order's lines and amounts against its total before it is accepted; the only place that does."""

from dataclasses import dataclass

from orders.domain.errors import Fault, InvalidOrder
from orders.domain.parts import Line
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money, Totals
from orders.domain.pricing.offer_checks import (
    UNASKED,
    Answers,
    CampaignRefused,
    campaign_fault,
    offer_faults,
    to_be_checked,
    units_wanted,
)
from orders.domain.pricing.price_rules import PriceRules, line_faults, order_faults


@dataclass(frozen=True, slots=True)
class Basket:
    """An order's lines and amounts in exact money, each valid by itself; without a campaign they total 0 or more.

    Attributes:
        figures: the totals without a campaign, computed once.
        total: the order's total as its caller gave it.
        campaign_code: as given.
        before: the lines of the existing order; empty for a new one.
        rules: the price rules that bind the caller; ``None`` for a caller who may set any price.
    """

    lines: tuple[Line, ...]
    figures: Totals
    total: Money
    campaign_code: str | None = None
    before: tuple[Line, ...] = ()
    rules: PriceRules | None = None

    @property
    def currency(self) -> Currency:
        """The one currency of all amounts."""
        return self.total.currency

    @property
    def units_wanted(self) -> dict[str, int]:
        """Units to ask the catalogue for, by product id: see the function of this name."""
        return units_wanted(self.lines, self.before, bound=self.rules is not None)

    @property
    def counts_on_campaign(self) -> bool:
        """Tells whether the given total can only be right if the campaign grants a discount."""
        return self.campaign_code is not None and self.total.minor < self.figures.total.minor

    def settled(self, answers: Answers = UNASKED) -> Totals:
        """Checks prices and total, and returns the order's figures.

        A campaign's refusal is a fault of a new order. An order that is changed continues without the discount instead:
        its code can't be changed, and nobody should have to keep an item because a campaign has ended.

        Raises:
            InvalidOrder: with every fault.
        """
        faults = self._price_faults(answers)
        totals = self.figures.with_discount(answers.campaign_discount)
        if isinstance(answers.campaign, CampaignRefused) and not self.before:
            # Without a discount from the campaign the total can't be judged.
            faults.append(campaign_fault(self.campaign_code or "", answers.campaign))
        else:
            faults += self._total_faults(totals, answers)
        if faults:
            raise InvalidOrder(faults)
        return totals

    def prices_unchecked(self, answers: Answers = UNASKED, *, so_far: bool = False) -> bool:
        """Tells whether it has prices that neither the shop set nor its catalogue checked.

        Args:
            so_far: whether the existing order has such prices.
        """
        known = {line.line_id: line for line in self.before}
        new = [to_be_checked(line, known.get(line.line_id)) for line in self.lines]
        unchecked = answers.offers is None and (self.rules is not None or answers.prices_unanswered)
        return (unchecked and any(new)) or (so_far and not all(new))

    def _price_faults(self, answers: Answers) -> list[Fault]:
        faults, bound = [], self.rules is not None
        if answers.offers is not None:
            faults += offer_faults(self.lines, answers.offers, self.before, bound=bound)
        if self.rules is not None:
            faults += line_faults(self.lines, self.rules, answers.offers, self.before)
            faults += order_faults(self.figures.discount, self.figures.shipping, self.rules, self.lines, self.before)
        return faults

    def _total_faults(self, totals: Totals, answers: Answers) -> list[Fault]:
        code, campaign, given = self.currency.code, answers.campaign_discount, self.total
        if totals.total.minor < 0:
            message = (
                f"the campaign {self.campaign_code} takes off {campaign} {code}, "
                f"which is more than the order comes to: {self.figures.total} {code}"
            )
            return [Fault(("campaign_code",), "negative_total", message)]
        if totals.total == given:
            return []
        message = (
            f"the total given is {given} {code}, but items, tax, shipping and discount come to {totals.total} {code}"
        )
        if campaign is not None:
            message += f", with the {campaign} {code} that the campaign {self.campaign_code} takes off"
        elif isinstance(answers.campaign, CampaignRefused):
            message += f"; the campaign {self.campaign_code} {answers.campaign}"
        return [Fault(("total",), "total_mismatch", message)]
