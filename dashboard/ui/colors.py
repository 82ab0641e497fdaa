"""Colors of charts, readable on light and on dark."""

ORANGE, CYAN, GRAY, RED = "#d97706", "#0891b2", "#64748b", "#e11d48"
