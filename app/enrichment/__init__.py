"""Facts about entities beyond what their records tell: which there may be, and what they are."""
