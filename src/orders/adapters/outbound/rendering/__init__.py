"""Everything customers and shops get to see on paper and by mail.

An order and its shop become a view (``presenting``), templates turn the view into text (``environment``), and two
adapters of ports use both: ``mail_composer`` and ``pdf_renderer``, whose processes (``pdf``) are the only ones in
which WeasyPrint is ever imported.
"""
