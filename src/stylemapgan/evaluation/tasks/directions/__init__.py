"""What becomes of photos pushed along directions."""
