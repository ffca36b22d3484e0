"""``orders templates`` as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.order_repository import MemoryOrderRepository
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.template_store import MemoryTemplateStore
from orders.adapters.outbound.memory.tenant_directory import MemoryTenantDirectory
from orders.adapters.outbound.rendering.overrides import OverridableTemplates, template_lane
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.adapters.outbound.rendering.previews import JinjaPreviews
from orders.application.mail.preview_templates import PreviewTemplates
from orders.bootstrap.cli import ProcessRuntime
from orders.domain.identity import order_number
from orders.ports.errors import TransientPortError
from orders.ports.mail import MailTemplate
from tests.support.builders import a_draft, a_tenant, an_order_id
from tests.support.restored_logging import restored_hooks, restored_logging
from tests.support.service import Service, a_caller
from tests.unit.cli.test_commands import Recorder, run

BODY = "order_confirmation/body.html"


class Operator(Recorder):
    """A runtime over templates in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryTemplateStore()
        self.table = MemoryTable()
        self.done: list[AuditedCommand] = []

    def with_templates(self, doing: AuditedCommand, work: Callable[[PreviewTemplates], Awaitable[Result]]) -> Result:
        self.done.append(doing)
        return self.with_packaged_templates(work)

    def with_packaged_templates(self, work: Callable[[PreviewTemplates], Awaitable[Result]]) -> Result:
        try:
            return asyncio.run(self._work(work))
        except TransientPortError as error:
            raise CommandError(str(error)) from error

    async def _work(self, work: Callable[[PreviewTemplates], Awaitable[Result]]) -> Result:
        lane = template_lane(timeout_seconds=30, memory_limit_bytes=None)
        templates = OverridableTemplates(self.store, MemoryMetrics(), lane)
        pdfs = PdfRenderer(processes=1, timeout_seconds=120, templates=templates)
        tenants = MemoryTenantDirectory([a_tenant()])
        try:
            return await work(
                PreviewTemplates(
                    MemoryOrderRepository(self.table), tenants, self.store, JinjaPreviews(templates, self.store, pdfs)
                )
            )
        finally:
            await templates.close()
            await pdfs.close()


@pytest.fixture
def operator() -> Operator:
    return Operator()


def an_order_number_with_a_typo() -> str:
    number = order_number(an_order_id())
    return number[:3] + ("0" if number[3] != "0" else "1") + number[4:]


def preview(operator: Operator, *options: str) -> tuple[int, str]:
    return run("templates", "preview", *options, runtime=operator)


def test_every_template_is_listed_with_what_it_is_made_of(operator: Operator) -> None:
    operator.store.put("tenant_a", "shared/layout.html", "x", locale="en-ZA")
    operator.store.put_fault("tenant_a", "order_document/document.css", "it is not UTF-8: byte 0")
    code, out = run("templates", "list", "--tenant", "tenant_a", "--json", runtime=operator)
    listed = {(each["template"], each["part"]): each for each in json.loads(out)}
    assert code == 0
    assert {template for template, _ in listed} == {*MailTemplate, "order_document"}
    assert listed["order_shipped", "html"]["files"][0]["place"] == "tenants/tenant_a/templates/en-za/shared/layout.html"
    assert listed["order_shipped", "text"]["files"] == []
    assert listed["order_document", "pdf"]["files"][0]["fault"] == "it is not UTF-8: byte 0"
    code, out = run("templates", "list", "--tenant", "tenant_a", runtime=operator)
    assert "can't be used: it is not UTF-8: byte 0" in out
    assert operator.done[0] == AuditedCommand("templates list", tenant_id="tenant_a")


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("preview", "order_confirmation"),
        ("preview", "order_shipped", "--format", "html", "--locale", "af"),
        ("preview", "order_document", "--output", "order.pdf"),
    ],
)
def test_packaged_ones_are_shown_where_nothing_runs(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with restored_logging(), restored_hooks():
        code, out = run("templates", *command, runtime=ProcessRuntime())
    assert code == 0
    assert "packaged" in out
    # Nothing is left behind that a service would take for its own.
    assert [each.name for each in tmp_path.iterdir()] == (["order.pdf"] if "order.pdf" in command else [])
    if "order.pdf" in command:
        assert (tmp_path / "order.pdf").read_bytes().startswith(b"%PDF-")


def test_an_unknown_packaged_one_is_refused_with_the_names_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        restored_logging(),
        restored_hooks(),
        pytest.raises(CommandError, match="there is no template 'nosuch'; there are order_confirmation,"),
    ):
        run("templates", "preview", "nosuch", runtime=ProcessRuntime())


@pytest.mark.parametrize("template", MailTemplate)
def test_every_mail_can_be_seen_without_a_shop_or_an_order(operator: Operator, template: MailTemplate) -> None:
    code, out = preview(operator, template, "--format", "html")
    assert code == 0
    assert "Sample Shop" in out
    assert "Gooseneck kettle &amp; &lt;stand&gt;" in out or "kettle" not in out


def test_a_shops_own_is_shown_as_it_comes_out_and_says_what_it_is_made_of(operator: Operator) -> None:
    operator.store.put("tenant_a", "order_confirmation/subject.txt", "Dankie, {{ order.number }}", locale="af")
    code, out = preview(
        operator, "order_confirmation", "--tenant", "tenant_a", "--format", "subject", "--locale", "af-ZA", "--json"
    )
    shown: dict[str, Any] = json.loads(out)
    assert code == 0
    assert shown["content"].startswith("Dankie, BB-")
    assert [file["place"] for file in shown["made_of"]] == [
        "tenants/tenant_a/templates/af/order_confirmation/subject.txt"
    ]


def test_a_broken_one_is_not_replaced_but_shown_where_it_is_broken(operator: Operator) -> None:
    operator.store.put("tenant_a", BODY, "<p>\n{{ order.number }}\n{{ order.nummer }}\n</p>\nlast")
    code, out = preview(operator, "order_confirmation", "--tenant", "tenant_a", "--format", "html")
    assert code == 1
    assert f"tenants/tenant_a/templates/default/{BODY}" in out
    assert "'order' has no attribute 'nummer'" in out
    assert "mails use the default" in out
    assert ">    3 | {{ order.nummer }}" in out
    assert "    1 | <p>" in out
    code, out = preview(operator, "order_confirmation", "--tenant", "tenant_a", "--format", "html", "--json")
    assert code == 1
    assert json.loads(out)["trouble"]["line"] == 3
    assert json.loads(out)["content"] is None


async def test_a_real_order_is_the_shops_and_goes_on_record(operator: Operator) -> None:
    service = Service(table=operator.table)
    order = await service.place_order.execute(a_caller(), a_draft())
    await service.fast_path.drain()
    options = ("order_confirmation", "--tenant", "tenant_a", "--order", order.order_id, "--format", "subject")
    code, out = await asyncio.to_thread(preview, operator, *options)
    assert code == 0
    assert order.order_number in out
    assert operator.done == [AuditedCommand("templates preview", order_id=order.order_id, tenant_id="tenant_a")]
    with pytest.raises(CommandError, match="no order"):
        await asyncio.to_thread(preview, operator, *options[:2], "tenant_b", *options[3:])
    for pasted in (order.order_number.replace("-", "\u2011"), f"{order.order_id}\u200b"):
        assert await asyncio.to_thread(preview, operator, *options[:4], pasted, *options[5:]) == (0, out)
    with pytest.raises(CommandError, match="typo"):
        await asyncio.to_thread(preview, operator, *options[:4], an_order_number_with_a_typo(), *options[5:])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("nothing",), "there is no template 'nothing'; there are order_confirmation"),
        (("order_document", "--format", "html"), "order_document makes pdf, and no html"),
        (("order_confirmation", "--order", an_order_id()), "needs the order's shop: --tenant"),
        (("order_document", "--json"), "give --output FILE"),
        (("order_shipped", "--output", "/nowhere/at/all"), "can't be written"),
    ],
)
def test_what_makes_no_sense_is_refused(operator: Operator, options: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        preview(operator, *options)


def test_a_pdf_goes_into_a_file(operator: Operator, tmp_path: Path) -> None:
    code, out = preview(operator, "order_document", "--tenant", "tenant_a", "--output", str(tmp_path / "order.pdf"))
    assert code == 0
    assert (tmp_path / "order.pdf").read_bytes().startswith(b"%PDF-1.7")
    assert "made of the packaged template" in out


def test_all_that_a_shop_has_replaced_is_tried(operator: Operator) -> None:
    assert run("templates", "check", "--tenant", "tenant_a", runtime=operator)[1].startswith(
        "tenant_a has no templates"
    )
    operator.store.put("tenant_a", "order_shipped/subject.txt", "{{ parcel.carrier }}")
    operator.store.put("tenant_a", "order_cancelled/subject.txt", "{{ order.reason }}", locale="af")
    assert run("templates", "check", "--tenant", "tenant_a", "--json", runtime=operator)[0] == 0
    operator.store.put("tenant_a", "order_document/document.html", "<html><title>x</title>" + "<div>" * 1000)
    operator.store.put_fault("tenant_a", "shared/claim.html", "it is not UTF-8: byte 0")
    code, out = run("templates", "check", "--tenant", "tenant_a", "--json", runtime=operator)
    verdicts = {(each["template"], each["part"]): each["trouble"] for each in json.loads(out)}
    assert code == 1
    assert verdicts["order_shipped", "subject"] is None
    assert verdicts["order_cancelled", "subject"] is None
    assert "RecursionError" in verdicts["order_document", "pdf"]["reason"]
    assert verdicts["shared/claim.html", "html"]["reason"] == "it is not UTF-8: byte 0"


def test_when_the_bucket_cannot_be_asked_the_command_says_so(operator: Operator) -> None:
    operator.store.reachable = False
    with pytest.raises(CommandError, match="templates bucket: out of reach"):
        run("templates", "list", "--tenant", "tenant_a", runtime=operator)
    code, out = preview(operator, "order_confirmation", "--tenant", "tenant_a")
    assert code == 1
    assert "out of reach" in out


def test_a_locale_is_a_language_tag(operator: Operator) -> None:
    for wrong in ("../../x", "e", "english language"):
        with pytest.raises(CommandError, match="--locale is a language tag such as en-ZA"):
            run("templates", "preview", "order_confirmation", "--locale", wrong, runtime=operator)


def test_the_list_of_packaged_templates_is_a_table_in_a_terminal_of_80_columns(operator: Operator) -> None:
    told = run("templates", "list", runtime=operator)[1]
    assert "order_document/document.html" in told
    assert max(map(len, told.splitlines())) <= 80
