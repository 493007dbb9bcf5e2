"""The dialects, one a folder of the same shape: `request`, `answer` with its errors, `stream`, and the routes."""
