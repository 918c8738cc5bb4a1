"""Migrations of the record of calls, run when the store is opened."""
