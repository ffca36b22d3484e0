"""Limits of the template sandbox."""

import pytest
from jinja2 import DictLoader

from orders.adapters.outbound.rendering.environment import TemplateRenderer
from orders.adapters.outbound.rendering.packaged import packaged_sources
from orders.ports.errors import RenderingFailed
from orders.ports.mail import MailTemplate


def rendered(template: str, *, max_steps: int = 10_000, max_output_chars: int = 10_000) -> str:
    others = {"part.txt": "{{ text }}", "recursive.html": "{% include 'recursive.html' %}"}
    renderer = TemplateRenderer(
        DictLoader({"t.html": template} | others), max_steps=max_steps, max_output_chars=max_output_chars
    )
    return renderer.render("t.html", {"text": "<b>", "numbers": [1, 2, 3], "many": list(range(1000))})


def test_text_is_escaped() -> None:
    assert rendered("{{ text }} {{ text ~ '<i>' }} {% for n in numbers %}{{ n }}{% endfor %}") == (
        "&lt;b&gt; &lt;b&gt;&lt;i&gt; 123"
    )


@pytest.mark.parametrize(
    "template",
    [
        "{{ text | safe }}",
        "{% autoescape false %}{{ text }}{% endautoescape %}",
        "{% include 'part.txt' %}",
        "{{ text.__class__.__mro__ }}",
        "{{ text | attr('__class__') }}",
        "{{ ''.__init__.__globals__ }}",
        "{{ '{0.__class__}'.format(text) }}",
        "{{ self.__init__ }}",
        "{{ cycler }}",
        "{{ missing }}",
        "{{ text.missing }}",
        "{{ missing.more }}",
        "{% include '/etc/hostname' %}",
        "{% include 'missing.html' %}",
        "{% include 'recursive.html' %}",
        "{% import 'os' as os %}",
        "{% for x in numbers recursive %}{{ loop(numbers) }}{% endfor %}",
        "{{ 'a' * 999999999 }}",
        "{{ '%0999999999d' % 1 }}",
        "{{ 9 ** 999999 }}",
        "{{ 1 / 0 }}",
        "{{ range(10) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ text",
        "{% unknown %}",
        "{{ numbers.append(4) }}",
    ],
)
def test_what_is_not_to_be_had(template: str) -> None:
    with pytest.raises(RenderingFailed, match=r"template t\.html"):
        rendered(template)


def test_loops_are_bounded() -> None:
    nested = "{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}"
    with pytest.raises(RenderingFailed, match="too many steps"):
        rendered(nested)


def test_calls_are_bounded() -> None:
    tree = "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}"
    with pytest.raises(RenderingFailed, match="too many steps"):
        rendered(tree)


def test_output_is_bounded() -> None:
    with pytest.raises(RenderingFailed, match="more than 100 characters"):
        rendered("{% for n in many %}{{ n }}{% endfor %}", max_output_chars=100)


def test_messages_quote_nobody() -> None:
    with pytest.raises(RenderingFailed) as failure:
        TemplateRenderer(DictLoader({"t.html": "{{ name + 1 }}"})).render("t.html", {"name": "Thandi Mokoena"})
    assert "Thandi" not in str(failure.value)


def test_every_mail_has_its_templates() -> None:
    names = packaged_sources().keys()
    for template in MailTemplate:
        assert {f"{template}/subject.txt", f"{template}/body.txt", f"{template}/body.html"} <= names
    assert "order_document/document.html" in names
    assert not [name for name in names if name.startswith(("fonts/", "local/"))]
