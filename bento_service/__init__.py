"""The BentoML service: prices, similar stones and the record over HTTP."""
