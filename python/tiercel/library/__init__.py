"""The gateway inside of a program of one's own, without a server: `Gateway`, and `Transport` for SDKs over httpx."""
