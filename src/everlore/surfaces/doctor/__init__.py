"""`lore doctor`: looks at the machine rather than at one store, mends nothing, and takes its own traces away."""
