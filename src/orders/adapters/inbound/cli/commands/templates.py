"""``orders templates``: lists, previews and checks a shop's templates ([PIPE-8])."""

import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from orders.adapters.inbound.cli.options.choices import offered
from orders.adapters.inbound.cli.options.order_names import named_order
from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.output import print_facts, print_json, print_table
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result, Runtime
from orders.adapters.privacy.files import write_private
from orders.application.mail.preview_templates import ListedPart, PreviewTemplates
from orders.application.policy.errors import ApplicationError
from orders.domain.identity import check_key
from orders.ports.templates import Part, Preview, ShopTemplate, TemplateTrouble

LINES_AROUND = 2
MAX_LINE_CHARS = 160

Tenant = Annotated[
    str | None, typer.Option("--tenant", metavar="SHOP", help="The shop; default: the packaged templates.")
]


_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``templates`` and its commands."""
    group = typer.Typer(no_args_is_help=True, help="List, preview and check templates of mails and documents.")
    app.add_typer(group, name="templates", rich_help_panel="Operate")

    @group.command("list")
    def list_(tenant: Tenant = None, as_json: AsJson = False, _data_dir: DataDir = None) -> None:
        """List every template, its parts, and which of them a shop overrides."""
        if tenant is not None:
            check_key(tenant, "--tenant")
        listed = _with_templates(
            runtime, AuditedCommand("templates list", tenant_id=tenant), lambda previews: previews.listing(tenant)
        )
        _print_listing(listed, tenant, as_json=as_json)

    @group.command()
    def preview(
        template: Annotated[
            str,
            typer.Argument(
                metavar="TEMPLATE",
                help="The template; see `orders templates list`.",
                autocompletion=offered(lambda runtime: runtime.template_names()),
            ),
        ],
        tenant: Tenant = None,
        locale: Annotated[
            str | None,
            typer.Option(metavar="TAG", help="Language, such as en-ZA; default: the order's, else the shop's."),
        ] = None,
        order: Annotated[
            str | None,
            typer.Option(metavar="ORDER", help="An order of the shop, by its id or number; default: a sample."),
        ] = None,
        part: Annotated[
            Part | None, typer.Option("--format", help="The part to render; default: its text or its PDF.")
        ] = None,
        output: Annotated[
            Path | None,
            typer.Option(dir_okay=False, metavar="FILE", help="Write to this file instead of printing."),
        ] = None,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Render a template. A broken override is reported, not replaced by the default."""
        if order is not None and tenant is None:
            raise CommandError("--order needs the order's shop: --tenant")
        if locale is not None and not _TAG.fullmatch(locale):
            raise CommandError("--locale is a language tag such as en-ZA")
        order_id, number = named_order(order)
        doing = AuditedCommand(
            "templates preview",
            tenant_id=None if tenant is None else check_key(tenant, "--tenant"),
            order_id=order_id,
        )
        try:
            shown = _with_templates(
                runtime,
                doing,
                lambda previews: previews.preview(
                    template, part, tenant_id=tenant, locale=locale, order_id=doing.order_id, order_number=number
                ),
            )
        except ApplicationError as error:
            raise CommandError(str(error)) from error
        _print_preview(shown, output, as_json=as_json)

    @group.command()
    def check(
        tenant: Annotated[str, typer.Option("--tenant", metavar="SHOP", help="The shop.")],
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Render all of a shop's overrides with a sample order; exit code 1 if anything is broken."""
        check_key(tenant, "--tenant")
        found = runtime.with_templates(
            AuditedCommand("templates check", tenant_id=tenant), lambda previews: previews.check(tenant)
        )
        _print_check(found, tenant, as_json=as_json)


def _with_templates(
    runtime: Runtime, doing: AuditedCommand, work: Callable[[PreviewTemplates], Awaitable[Result]]
) -> Result:
    """Runs work on a shop's templates, or on the packaged ones, which are here and of nobody. Raises: as they do."""
    return runtime.with_packaged_templates(work) if doing.tenant_id is None else runtime.with_templates(doing, work)


def _print_listing(listed: Sequence[ListedPart], tenant: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "template": each.template,
                    "part": each.part,
                    "path": each.path,
                    "files": [_file(f) for f in each.files],
                }
                for each in listed
            ]
        )
        return
    rows = [(each.path, each.part, "\n".join(map(_described, each.files)) or "packaged") for each in listed]
    whose = "packaged" if tenant is None else f"of {tenant}"
    print_table(f"templates, {whose}", ("path", "part", "made of"), rows)
    if tenant is not None:
        typer.echo(f"a file of the shop's own goes to tenants/{tenant}/templates/LOCALE/PATH in the templates bucket")


def _described(file: ShopTemplate) -> str:
    return f"{file.locale}: {file.path}" + ("" if file.fault is None else f" (can't be used: {file.fault})")


def _file(file: ShopTemplate) -> dict[str, Any]:
    return {
        "locale": file.locale,
        "path": file.path,
        "place": file.place,
        "etag": file.etag,
        "bytes": file.size_bytes,
        "fault": file.fault,
    }


def _print_preview(shown: Preview, output: Path | None, *, as_json: bool) -> None:
    if shown.content is not None and shown.part is Part.PDF and output is None and (as_json or sys.stdout.isatty()):
        raise CommandError("a PDF can't be printed here: give --output FILE")
    if shown.content is not None and output is not None:
        try:
            write_private(output, shown.content)
        except OSError as error:
            raise CommandError(f"{output} can't be written: {error.strerror}") from error
    if as_json:
        inside = shown.content is not None and output is None
        content = (shown.content or b"").decode() if inside else None
        print_json(_facts(shown) | {"output": None if output is None else str(output), "content": content})
    elif shown.trouble is not None:
        _print_trouble(shown, shown.trouble)
    else:
        made_of = ", ".join(file.place for file in shown.made_of) or "the packaged template"
        typer.echo(f"{shown.template}, {shown.part}, {shown.locale}: made of {made_of}", err=True)
        if output is None and shown.content is not None:
            typer.echo(shown.content, nl=shown.part is not Part.PDF)
    if shown.trouble is not None:
        raise typer.Exit(1)


def _facts(shown: Preview) -> dict[str, Any]:
    trouble = shown.trouble
    return {
        "template": shown.template,
        "part": shown.part,
        "locale": shown.locale,
        "made_of": [_file(file) for file in shown.made_of],
        "trouble": trouble
        and {"template": trouble.template, "line": trouble.line, "reason": trouble.reason, "place": trouble.place},
    }


def _print_trouble(shown: Preview, trouble: TemplateTrouble) -> None:
    facts = {
        "file": trouble.place or trouble.template,
        "line": trouble.line or "not known",
        "reason": trouble.reason,
        "meanwhile": f"{'documents' if shown.part is Part.PDF else 'mails'} use the default",
    }
    print_facts(f"{shown.template}, {shown.part}, {shown.locale}: broken", facts)
    for number, text in _excerpt(trouble):
        marker = ">" if number == trouble.line else " "
        typer.echo(f"{marker}{number:>5} | {text}")


def _excerpt(trouble: TemplateTrouble) -> list[tuple[int, str]]:
    """Returns the failing line with its neighbours."""
    if trouble.source is None or trouble.line is None:
        return []
    lines = list(enumerate(trouble.source.splitlines(), start=1))
    first = max(trouble.line - 1 - LINES_AROUND, 0)
    return [(number, text[:MAX_LINE_CHARS]) for number, text in lines[first : trouble.line + LINES_AROUND]]


def _print_check(found: Sequence[Preview], tenant: str, *, as_json: bool) -> None:
    broken = [each for each in found if each.trouble is not None]
    if as_json:
        print_json([_facts(each) for each in found])
    elif not found:
        typer.echo(f"{tenant} has no templates of its own: mails and documents use the packaged ones")
    else:
        rows = [(each.template, each.part, each.locale, *_verdict(each)) for each in found]
        columns = ("template", "part", "language", "verdict", "where", "why")
        print_table(f"in tenants/{tenant}/templates: {len(broken)} of {len(found)} broken", columns, rows)
        if broken:
            typer.echo("for those the packaged template is used; `orders templates preview` shows the line", err=True)
    if broken:
        raise typer.Exit(1)


def _verdict(each: Preview) -> tuple[str, str, str]:
    trouble = each.trouble
    if trouble is None:
        return "good", "\n".join(f"{file.locale}/{file.path}" for file in each.made_of), ""
    line = "" if trouble.line is None else f":{trouble.line}"
    return "broken", f"{_short(trouble.place) or trouble.template}{line}", trouble.reason


def _short(place: str | None) -> str:
    """Returns a file's path within its shop's folder."""
    return (place or "").partition("/templates/")[2]
