"""``orders dr``: the writing region, its switch, and what rehearses and checks it."""
