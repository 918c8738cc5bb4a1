"""Questions to the businesses that ship, and attempts to hear what belongs to somebody else."""
