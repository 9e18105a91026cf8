"""Whatever comes in from outside, any bytes at all: nothing raises what it doesn't promise."""
