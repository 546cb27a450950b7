"""SEAN: a photo is a label map and a style vector for each of its regions.

The style encoder averages features inside each region. The generator draws the picture from the
label map, and each region takes its own style there: so an edit exchanges the styles of regions,
their shapes, or both. Nothing is generated at random; all is learned from reconstructing photos.

Source: Zhu, Abdal, Qin and Wonka, "SEAN: Image Synthesis with Semantic Region-Adaptive
Normalization", CVPR 2020 (arXiv 1911.12861).
"""
