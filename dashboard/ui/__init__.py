"""What several pages draw with: charts, texts, problems."""
