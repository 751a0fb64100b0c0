"""Cetinic, Lipic and Grgic: fine-tuning convolutional networks for fine art classification (2018)."""
