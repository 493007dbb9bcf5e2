"""What the access log tells of many requests together."""
