"""Danger to life in a message: spelling, patterns and wording, and their data."""
