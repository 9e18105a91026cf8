"""The commands of `youshu`; each only reads its arguments, calls the house and prints."""
