"""The middleware that records every exchange."""
