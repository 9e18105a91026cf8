"""The FAQ file: its schema, reading it with line numbers, and changing it safely."""
