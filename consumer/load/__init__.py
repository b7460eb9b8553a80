"""Synthetic bilingual chat traffic, the same for the same seed. Knows no broker."""
