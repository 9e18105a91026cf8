"""Chinese writing: Traditional and Simplified."""
