"""What an account has spent this month, against its budget and what the month will come to: AWS's own figures."""

from typing import Any

from deploy.release.figures import environment
from deploy.release.model import Refused
from deploy.workflows.commands import Run, asked


def page(name: str, budget: Any) -> str:
    """Returns the report as Markdown. Raises: Refused: AWS's answer has no limit."""
    try:
        limit = float(budget["BudgetLimit"]["Amount"])
        unit = budget["BudgetLimit"]["Unit"]
        spent = float(budget["CalculatedSpend"]["ActualSpend"]["Amount"])
        coming = budget["CalculatedSpend"].get("ForecastedSpend", {}).get("Amount")
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"the budget of {name} can't be read: {error!r}") from error
    forecast = "not known yet" if coming is None else f"{float(coming):,.2f} ({float(coming) / limit:.0%})"
    return "\n".join([
        f"## Cost of {name}, this month, in {unit}", "",
        "| budget | spent | the month comes to |", "|---|---|---|",
        f"| {limit:,.2f} | {spent:,.2f} ({spent / limit:.0%}) | {forecast} |", "",
    ])  # fmt: skip


def report(run: Run, name: str) -> str:
    """Asks AWS, and returns the report. Raises: Refused."""
    where = environment(name)
    command = ["aws", "budgets", "describe-budget", "--account-id", where.account, "--region", "us-east-1"]
    return page(name, asked(run, [*command, "--budget-name", f"bbws-orders-{name}"])["Budget"])
