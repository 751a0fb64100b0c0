"""Strezoski and Worring: OmniArt, multi-task deep learning for artistic data analysis (2017)."""
