"""Texts: their lines, their values with places, and how a value is spelt and spliced in."""
