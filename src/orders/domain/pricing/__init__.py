"""Computes and checks money: exact amounts, currencies, totals, price rules, and other services' offers."""
