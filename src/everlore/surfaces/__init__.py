"""The surfaces: projections of the one registry of operations onto a terminal, MCP, HTTP and client hooks."""
