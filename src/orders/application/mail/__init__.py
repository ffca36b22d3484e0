"""Use cases of mail: notifies customers and staff, records feedback, previews templates."""
