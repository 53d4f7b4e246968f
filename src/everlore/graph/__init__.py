"""Entities, links and walks between memories; one floor above `everlore.memory`, whose changes it writes through."""
