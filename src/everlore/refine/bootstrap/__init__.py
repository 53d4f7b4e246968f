"""The first pages of a project, from what its repository holds already: files and history in, seeds out, no store, no model."""
