"""What happened: conversations read from files, and turns taken into the store."""
