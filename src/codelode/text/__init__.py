"""Text to words and terms: pure functions of bytes and arrays, below every stage."""
