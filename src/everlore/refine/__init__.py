"""What makes a store better by itself: contradictions found, repeats seen, clusters gathered. It changes little and proposes the rest."""
