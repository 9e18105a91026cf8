"""Chinese writing: Traditional and Simplified characters, and how they sound."""
