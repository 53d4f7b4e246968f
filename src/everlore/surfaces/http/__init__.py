"""HTTP: every operation at `/api/v1/<name>`, its OpenAPI document, `/health`, and MCP at `/mcp`."""
