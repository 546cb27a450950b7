"""StyleMapGAN beside the methods that its paper compares it with, all trained on one budget."""
