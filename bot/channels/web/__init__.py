"""The web chat: a page and the API that it speaks."""
