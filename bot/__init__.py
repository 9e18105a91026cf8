"""The bot around the intents: conversation, channels, storage and service."""
