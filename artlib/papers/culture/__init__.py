"""Chen and Chen: art cultural classification with deep neural networks (2020)."""
