"""What WeChat and WeCom have in common: signature and encryption, XML, and an API behind an access token."""
