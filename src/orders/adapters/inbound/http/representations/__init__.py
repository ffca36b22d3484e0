"""What the API answers with: typed dictionaries, of which the schemas of its description are made."""
