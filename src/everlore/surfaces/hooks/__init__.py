"""Hooks: what agents' clients run at each step of a session."""
