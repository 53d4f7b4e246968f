"""What may be kept: redaction of secrets and the scan for text that tries to steer an agent."""

SCAN_RULES = 2
"""Of the rules by which texts are scanned for orders: what was scanned under a lower number is scanned again when it is read."""
