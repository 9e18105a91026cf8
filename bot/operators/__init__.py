"""What operators can do, whatever the channel."""
