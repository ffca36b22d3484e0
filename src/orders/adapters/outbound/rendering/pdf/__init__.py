"""Rendering of an order's document as PDF/A-3a and PDF/UA-1."""
