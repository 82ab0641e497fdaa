"""The model store: versions, their integrity and retention, and which one is champion."""
