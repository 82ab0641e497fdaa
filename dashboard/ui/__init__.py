"""What several pages use: errors, texts, colors, model names, fields of versions, upload formats."""
