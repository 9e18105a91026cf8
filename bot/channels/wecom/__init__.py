"""The WeCom channel: 微信客服, the customer service of a company in 企业微信 that people reach in WeChat."""
