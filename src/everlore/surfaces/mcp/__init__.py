"""MCP: tools made from the registry, served over HTTP by the official SDK and over stdio by a thin front."""
