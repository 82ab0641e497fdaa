"""How an HTTP request becomes a call, and its result a response."""
