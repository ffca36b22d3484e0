"""Texts that would do something if anybody took them for more than text, and requests that bring them everywhere."""

import socket
import threading
from typing import Any, Self

RESULT = "9361317"
"""A template's result of 7*1337331; longer than any port number."""

MAX_CHARACTERS = 100
SHORT = "<b>{{7*1337331}}</b>"
"""For fields that hold no more: a postal code."""

TEMPLATES = (
    '<script src="{url}/js"></script>',
    "</title></style></td></table><script>fetch('{url}/f')</script>",
    '<img src="{url}/i" onerror=alert(1)>',
    "<img srcset='{url}/a 1x' src=x onerror=\"location='{url}'\">",
    '<svg onload=alert(1)><image href="{url}/s"/></svg>',
    '<svg><use xlink:href="{url}/u#x"/></svg>',
    '<link rel=stylesheet href="{url}/c">',
    '<link rel=attachment href="{url}/at">',
    "</style><style>@import url({url}/x)</style>",
    "</style><style>*{{background:url({url}/bg)}}</style>",
    'x"style="background:url({url}/q)"onmouseover="alert(1)',
    "x'; background-image: url({url}/bg); content: attr(x); -x: '",
    '<iframe src="file:///etc/passwd"></iframe><iframe src="{url}/if">',
    '"><object data="{url}/o"></object><embed src="{url}/e">',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "{url}/xxe">]><a>&x;</a>',
    '<base href="{url}/">',
    '<meta http-equiv=refresh content="0;url={url}/m">',
    '<a href="javascript:alert(1)">click</a><form action="{url}/fo"><button>',
    '<?xml-stylesheet href="{url}/xs"?>',
    '<x xmlns:xi="{url}/xi"><xi:include href="{url}/y"/></x>',
    "--><!--><![CDATA[<script>alert(1)</script>]]>",
    "{{{{7*1337331}}}} {{% include '/etc/passwd' %}} {{# gone #}}",
    "{{{{ self.__init__.__globals__ }}}}{{% for x in ().__class__.__mro__ %}}",
    "${{7*1337331}} #{{7*1337331}} <%= 7*1337331 %> {{{{constructor.constructor('1')()}}}}",
    "&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; &#60;b&#62;",
    "{url}/plain",
    "file:///etc/hostname",
    "//{host}/relative",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "javascript:alert(1)",
)


class Listener:
    """A port that remembers who connected, whatever they wanted."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept)
        self.connections = 0
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


def hostile_texts(listener: Listener) -> list[str]:
    """All of them, those that fetch something aimed at the listener; each short enough for any field but a few."""
    texts = [template.format(url=listener.url, host=listener.host) for template in TEMPLATES]
    assert max(map(len, texts)) < MAX_CHARACTERS
    return texts


def particulars(text: str) -> dict[str, Any]:
    """The text in every free text of an order that its customer can write."""
    short = text if len(text) <= 20 else SHORT
    person = {"name": text, "phone": text if len(text) <= 40 else SHORT}
    address = {"line1": text, "line2": text, "city": text, "region": text, "postal_code": short, "country": "ZA"}
    return {
        "customer": person | {"email": "thandi@example.com"},
        "billing_address": person | address,
        "shipping_address": person | address | {"line2": "Unit 4"},
        "payment": {"method": text, "brand": text, "last4": "4242", "token": "tok_1"},
        "notes": f"{text}\nand {text}",
        "metadata": {"remark": text},
    }


def order_body(names: list[str], text: str) -> dict[str, Any]:
    """An order with a line for each name, and the text everywhere else."""
    items = [{"product_id": "prod_001", "quantity": 2, "price": 10, "name": name, "sku": f"#{name}"} for name in names]
    lines = {"items": items, "total": 20 * len(items), "currency": "ZAR", "customer_id": "cust_test_001"}
    return lines | particulars(text)
