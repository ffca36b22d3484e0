"""Items: each domain object to and from the attributes it is kept in."""
