"""What a trained adapter becomes: a folder that the agent loads, and the proof that it says the same."""
