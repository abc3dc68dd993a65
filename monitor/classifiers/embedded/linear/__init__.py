"""The linear model: hashed n-grams and the signs of a lexicon, numpy only."""
