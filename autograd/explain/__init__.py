"""Readers of the tape for people: names and drawings."""

from autograd.explain.graph import draw as draw
from autograd.explain.render import Drawing as Drawing
