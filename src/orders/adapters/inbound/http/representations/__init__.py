"""Defines the API's responses: typed dictionaries, from which the schemas of its description are made."""
