"""StyleMapGAN (Kim et al., CVPR 2021): how it edits, and how it is trained."""
