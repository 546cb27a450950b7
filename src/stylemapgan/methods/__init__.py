"""What can edit a photo: StyleMapGAN, and what it is compared with."""
