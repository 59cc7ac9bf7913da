"""What is told of remix contests at their time."""
