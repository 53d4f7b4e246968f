"""What may be kept: redaction of secrets and the scan for text that tries to steer an agent."""
