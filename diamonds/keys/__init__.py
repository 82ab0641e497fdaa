"""API keys: what they allow, how they are made, stored and checked."""
