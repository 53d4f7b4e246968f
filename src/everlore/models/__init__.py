"""Embedders and their storage codes; nothing here is imported before a model is asked for."""
