"""Side by side with the stock pipeline: figures as data. Nothing imports it."""
