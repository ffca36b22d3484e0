"""Rendering of documents and mails from templates.

An order and its shop become a view (``presenting``), templates turn the view into text (``environment``), and two
adapters of ports use both: ``mail_composer`` and ``pdf_renderer``, whose processes (``pdf``) are the only ones that
import WeasyPrint.
"""
