"""The application: the operations registry, the composition root and the background worker."""
