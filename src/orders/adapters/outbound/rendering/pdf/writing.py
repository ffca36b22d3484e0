"""Turns each object of a PDF into bytes once; pydyf does it twice, for the file and for the hash that identifies it."""

import zlib
from dataclasses import dataclass
from typing import Any

_LEVEL = 6
"""Of zlib. pydyf's 9 takes four times as long for fonts, and saves less than a hundredth of a document."""


@dataclass(slots=True)
class _Written:
    """An object as pydyf writes it to a file, with its bytes known."""

    number: int
    generation: int
    compressible: bool
    data: bytes
    offset: int = 0
    free: str = "n"

    @property
    def indirect(self) -> bytes:
        """The object as it stands in the file by itself."""
        return b"%d %d obj\n%s\nendobj" % (self.number, self.generation, self.data)


def write_once(pdf: Any) -> None:
    """Replaces the objects of a pydyf document by their bytes; nothing of it can be changed afterwards.

    They keep their numbers and order. What pydyf itself adds later (the document's information, lists of objects) is
    written by it.
    """
    for position, each in enumerate(pdf.objects):
        if each.free == "n":
            data = _compressed(each).data if getattr(each, "compress", False) else each.data
            pdf.objects[position] = _Written(each.number, each.generation, each.compressible, data)


def _compressed(stream: Any) -> Any:
    """Returns a stream with the same content, compressed as above."""
    import pydyf

    _, _, content = pydyf.Stream(stream.stream).data.partition(b"stream\n")
    packed = zlib.compress(content.removesuffix(b"\nendstream"), _LEVEL)
    return pydyf.Stream([packed], {**stream.extra, "Filter": "/FlateDecode"})
