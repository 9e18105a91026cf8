"""Mutation testing: small changes to our code, one at a time, and whether the module's own tests notice each (docs/mutants.md)."""
