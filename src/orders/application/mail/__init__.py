"""Use cases of mail: notify customers and staff, record what comes back, preview templates."""
