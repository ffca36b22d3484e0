"""Lists that others keep: where they come from, and when somebody should look at them again."""

import importlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from orders.domain.pricing.currencies import ISO_4217
from tools.dated_lists import LISTS, PAGE, main, page, warnings

YEAR = timedelta(days=365)
NEW = replace(ISO_4217, as_of=date(2026, 1, 1))


def test_each_list_is_told_of_when_it_is_older_than_a_year() -> None:
    assert warnings(NEW.as_of + YEAR, [NEW]) == []
    (line,) = warnings(NEW.as_of + YEAR + timedelta(days=1), [NEW])
    assert (
        "currencies (orders.domain.pricing.currencies): amendment 180, last held against its source on 2026-01-01"
        in line
    )


def test_the_check_is_an_exit_code_for_a_schedule(capsys: pytest.CaptureFixture[str]) -> None:
    oldest = min(each.as_of for each in LISTS)
    assert main(["--check"], oldest + YEAR) == 0
    assert main(["--check"], oldest + YEAR + timedelta(days=1)) == 1
    assert "old list: currencies" in capsys.readouterr().err


def test_each_list_stands_where_it_says() -> None:
    for each in LISTS:
        assert each in vars(importlib.import_module(each.module)).values()


def test_the_page_is_what_the_lists_say() -> None:
    root = Path(__file__).parents[3]
    assert (root / PAGE).read_text(encoding="utf-8") == page(), "make docs writes it"
