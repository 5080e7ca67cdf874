"""Readers of the tape for people: the recorder, drawings."""

from autograd.explain.graph import draw as draw
from autograd.explain.recorder import Call as Call, Entry as Entry, Input as Input, Tape as Tape
from autograd.explain.render import Drawing as Drawing
