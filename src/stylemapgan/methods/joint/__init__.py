"""What ALI and BiGAN share: a discriminator of pairs, and the game against it.

Photos come with the z that the encoder infers, generated images with the z that they were
generated from. The discriminator tells the two kinds of pairs apart; encoder and generator together
try to make them alike. If they succeed, the encoder inverts the generator, although nothing
compares a photo with its reconstruction.
"""

from stylemapgan.methods.joint.method import AbstractJointMethod
from stylemapgan.methods.joint.networks import AbstractInference, JointDiscriminator
from stylemapgan.methods.joint.recipe import joint_recipe

__all__ = ["AbstractInference", "AbstractJointMethod", "JointDiscriminator", "joint_recipe"]
