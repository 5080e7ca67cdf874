"""Draws the pictures of the README anew: ``python docs/pictures.py``."""

from pathlib import Path

import numpy as np

import autograd as ag

x = ag.tensor([[1.0, 2.0, 3.0]])
W = ag.tensor([[0.1, -0.2], [0.4, 0.3], [-0.5, 0.2]], requires_grad=True)
b = ag.tensor([0.1, -0.1], requires_grad=True)
y = ag.tensor([[0.0, 1.0]])

p = ag.softmax(x @ W + b)
loss = -np.sum(y * np.log(p))
print(*ag.tape(loss), sep="\n")
print(ag.draw(loss).save(Path(__file__).with_name("softmax.svg")))
