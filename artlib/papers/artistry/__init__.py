"""Sato, Sakaue and Sato: seeing the differences in artistry among art fields (2022)."""
