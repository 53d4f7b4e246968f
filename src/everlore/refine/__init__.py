"""What is looked for in memories afterwards: nothing here writes; what is found is a suggestion with its reason."""
