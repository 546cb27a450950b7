"""Structured Noise: each part of a picture grows from numbers of its own.

A StyleGAN starts every picture from the same learned constant. Here the start is computed from a
grid of codes. Each cell of the grid sees

- a *global* code of 1 number, the same in all cells: pose;
- a *shared* code of 1 number, the same in a quarter of the picture: age, glasses;
- a *local* code of 16 numbers, its own: the shape of what is there,

and maps these 18 numbers to features by a linear layer that no other cell has. A *style* code goes
through the mapping network and modulates all layers, in the whole picture alike: colours, light,
background. Codes that are separate at the start stay separate in the picture, because convolutions
reach only so far; so new local codes under a mask change the picture there.

`networks` has the grid and the generator, `recipe` the game it is trained by, which is the
backbone's, and `method` how photos are encoded and edited.

Source: Alharbi and Wonka, "Disentangled Image Generation Through Structured Noise Injection", CVPR
2020 (arXiv 2004.12411).
"""
