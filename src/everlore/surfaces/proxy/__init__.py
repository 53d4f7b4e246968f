"""A relay between a client and a model that gives the client's prompts memory: `lore proxy`."""
