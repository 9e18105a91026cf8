"""Scheduled and long work: in this process, or by one of several processes."""
