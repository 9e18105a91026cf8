"""The WeChat channel: an official account (公众号), verified or not."""
