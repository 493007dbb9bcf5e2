"""Programs that check frameworks and older SDKs before a gateway; each runs in an environment of its own."""
