"""Niyogi and Ruiz: artist identification, and generating new paintings using DC-GAN (2019)."""
