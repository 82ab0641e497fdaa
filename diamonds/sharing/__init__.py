"""The model store that several machines share: a log of its changes, and each file once, by its SHA-256."""
