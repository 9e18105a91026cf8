"""Each channel only translates between a vendor's form and the conversation's."""
