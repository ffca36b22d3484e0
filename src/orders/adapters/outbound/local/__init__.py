"""Adapters that only ``orders dev`` uses: the development issuer, and archives of mails and documents."""
