"""The compiled engine: static sequences of a board over whole batches, as machine code."""
