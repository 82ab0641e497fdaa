"""What others offer, as one would set it up: run by benchmarks, mostly in environments of their own."""
