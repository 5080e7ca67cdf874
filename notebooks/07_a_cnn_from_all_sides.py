# %% [markdown]
# # A CNN from all sides
#
# A network that reads handwritten digits: three convolutions with batch normalisation, 6,000
# parameters, a hundred operations for one batch. It is small enough to train while you wait, and
# too large to follow by eye, as real networks are.
#
# So we look at it from every side that the tape offers: as a tree, as a picture from far and from
# near, as a table; what it keeps in memory, what it stretches, how large its gradients are, before
# and after training; where it errs, and which pixels it looks at.

# %%
import numpy as np

import autograd as ag
import nn
from nn import functional

nn.seed(0)
np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# ## The digits
#
# 1,797 pictures of 8 × 8 pixels, from 0 (paper) to 1 (ink). Four fifths are for training.

# %%
train, test = nn.data.random_split(nn.data.digits(), [0.8, 0.2])
pixels, labels = train[:32]
images = ag.tensor(pixels)
print("four of them:", labels[11:15])
images[11:15]

# %% [markdown]
# ## The network


# %%
class Block(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x):
        return functional.max_pool2d(ag.relu(self.norm(self.conv(x))), 2)


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = Block(1, 8)  # 8 × 8 pixels, then 4 × 4
        self.block2 = Block(8, 16)  # 2 × 2
        self.block3 = Block(16, 32)  # 1 × 1
        self.head = nn.Linear(32, 10)

    def forward(self, images):
        h = self.block1(images)
        h = self.block2(h)
        h = self.block3(h)
        return self.head(h[:, :, 0, 0])


model = CNN()
model

# %% [markdown]
# That is what it is made of. What comes out of each part for a batch of 32, and what each part has
# to remember until the backward pass, is known once it has run:

# %%
nn.summary(model, images)

# %% [markdown]
# ## One batch on the tape

# %%
with ag.Tape() as tape:
    logits = model(images)
    loss = functional.cross_entropy(logits, labels)
    loss.backward()

print(f"{len(tape)} operations; the loss is {loss.item():.3f}, and log(10) is {np.log(10):.3f}")

# %% [markdown]
# Nothing has been learnt yet, so the loss is near that of guessing. From far, the computation looks
# like this. (The blocks are folded up. Each gives its result the name `h`; `h@29` is the one that
# entry 29 of the tape made.)

# %%
tape.draw(level=2)

# %% [markdown]
# With the blocks opened:

# %%
tape.draw()

# %% [markdown]
# And here is every single operation, up to the end of the first convolution. A convolution is a
# matrix product: `windows` lays out the 3 × 3 neighbourhood of each pixel of each image, 32 · 64 =
# 2,048 columns of 9 numbers, and the kernels are the rows of the other matrix.

# %%
tape.draw(tape.filter(path="model.block1.conv")[-1], level="ops")

# %% [markdown]
# ## The same as a table
#
# Each line is an operation: its value and its gradient as small pictures, what it keeps, and the
# line of code. It is folded by module; click on one to open it, and on a heading to sort. (The
# middle of a long tape is left out; `tape[40:81]` and `tape.filter(path="model.block2")` have it.)

# %%
tape

# %% [markdown]
# ## Where the memory goes
#
# The backward pass needs some values of the forward pass, and each operation keeps those that its
# rule asks for. An array that several operations need counts once.

# %%
tape.memory()

# %% [markdown]
# The convolutions keep the windows that they multiply: nine times as much as what comes in, which
# is the price of making them a matrix product. (The first one gets away cheaply, because its
# pictures have a single channel.) And all weights of this network together take 25 kB. What a
# network needs while it is trained is not its weights, it is the tape.
#
# ## What was stretched
#
# A number that is used in many places gets a share of gradient from each of them, and the shares
# are summed. Where NumPy stretches an array to fit another, that sum stands in no line of the
# program. The tape knows all of them. Here are those of the first normalisation, which scales and
# shifts with one number for each of 8 channels:

# %%
for found in tape.broadcasts():
    if found.entry.path == "model.block1.norm" and found.wants:  # wants: a gradient
        print(f"{found.entry.op:9} {found.shape!s:14}→ {found.to!s:14} summed over {found.axes}")

# %% [markdown]
# ## One module, opened
#
# Batch normalisation is the part whose gradient is not obvious: each number is divided by a
# deviation to which all numbers of its channel contribute. Let us take it out of the network, and
# give it four examples of two channels.

# %%
norm = nn.BatchNorm2d(2)
h = ag.tensor(nn.random.generator.normal(3, 2, (4, 2, 2, 2)), requires_grad=True)
upstream = nn.random.generator.normal(size=h.shape)  # what might come back from later layers

with ag.Tape() as inside:
    y = norm(h)
    y.backward(upstream)
inside.draw()

# %% [markdown]
# So this is what the layer does: it first subtracts a constant, the mean (so that no digits are
# lost where the mean is large), and goes on as if it did not know which constant that was. Its
# gradient, line by line, from the rule of each operation:

# %%
inside.derive(h)

# %% [markdown]
# In a paper one finds it in one line. With $\hat h = (h - \mu)/\sigma$, the layer's weight
# $\gamma$, and $\langle\cdot\rangle$ for the mean over examples and pixels,
#
# $$\bar h = \frac{\gamma}{\sigma}\Bigl(\bar y - \langle \bar y \rangle
#   - \hat h\,\langle \bar y\,\hat h \rangle\Bigr)$$
#
# ([Here](05_convolution_and_batchnorm.ipynb) it is derived.) Is that the same?


# %%
def mean(values):
    return values.mean(axis=(0, 2, 3), keepdims=True)


def deviation(h):
    return np.sqrt(mean((h - mean(h)) ** 2) + norm.eps)


def paper(h, g_y):
    h_hat = (h - mean(h)) / deviation(h)
    return (g_y - mean(g_y) - h_hat * mean(g_y * h_hat)) / deviation(h)  # γ is still 1


inside.check({h: paper})

# %% [markdown]
# And the slip that everybody makes once, to take mean and deviation for constants:

# %%
inside.check({h: lambda h, g_y: g_y / deviation(h)})

# %% [markdown]
# ## Step by step
#
# The backward pass through the whole network, in the picture of its parts. (In a notebook that you
# have not run yourself you see it as a table; run the cell to click through it.)

# %%
tape.step(level=2)

# %% [markdown]
# ## How large are the gradients?
#
# On its way back, the gradient is multiplied by the weights of each layer. If that shrinks it a
# little each time, little is left for the first layers, and they don't learn. Here is what arrives
# at the output of each block:


# %%
def arriving(tape):
    blocks = [tape.filter(path=f"model.block{k}")[-1] for k in (1, 2, 3)]
    return "   ".join(f"{np.linalg.norm(block.cotangent):8.2e}" for block in blocks)


print("after block       1          2          3")
print("at the start  ", arriving(tape))

# %% [markdown]
# Nothing vanishes; it even grows on the way. Do we owe that to the normalisation? Let us make all
# kernels ten times too small, and look again: once with the layers as they are, and once in eval
# mode, where an untrained one does nothing (its running mean is 0, its running variance 1).


# %%
def with_small_kernels(training):
    model = CNN().train(training)
    for block in model.block1, model.block2, model.block3:
        block.conv.weight.data /= 10
    with ag.Tape() as tape:
        functional.cross_entropy(model(images), labels).backward()
    return arriving(tape)


print("after block       1          2          3")
print("normalised    ", with_small_kernels(training=True))
print("not           ", with_small_kernels(training=False))

# %% [markdown]
# A normalised layer does not care how large its kernels are: what it divides by shrinks with them.
# Without it, each layer lets only a small part through, and the first one learns next to nothing.
#
# ## Training

# %%
history = nn.fit(
    model,
    nn.CrossEntropyLoss(),
    nn.data.DataLoader(train, batch_size=64, shuffle=True),
    optimizer=nn.optim.Adam(model.parameters(), lr=3e-3),
    epochs=6,
    validation=nn.data.DataLoader(test, batch_size=512),
    metrics=[nn.accuracy],
    progress=False,
)
history

# %% [markdown]
# Look at the first epoch: on the digits that it learns from, the network is right much more often
# than on the others. That is not because it learnt them by heart. It is validated in eval mode,
# with the running mean and variance of each channel. Each batch moves these by a tenth, so after 23
# batches 0.9²³ or 9 % of the 0 and 1 that they began with are left in them, and that is much beside
# variances of about 0.1.
#
# The gradients of the same batch as before, now:

# %%
with ag.Tape() as trained:
    loss = functional.cross_entropy(model(images), labels)
    loss.backward()

print("after block       1          2          3")
print("at the start  ", arriving(tape))
print("after training", arriving(trained))

# %% [markdown]
# All of them are smaller, because there is less to correct; none of them has vanished beside the
# others.
#
# ## Where it errs

# %%
from nn.demo import mistakes

model.eval()
test_images, test_labels = test[:]
with ag.no_grad():
    test_logits = model(test_images).numpy()

mistakes({"CNN": test_logits}, test_images, test_labels)

# %% [markdown]
# ## Which pixels matter
#
# Data can have a gradient, too. We ask how the score of the right digit, less that of the best
# other one, changes with each pixel. The Tensor shows both: the ink on the left, and on the
# right where more of it would help (orange) or hurt (blue).

# %%
four = [int(np.flatnonzero(test_labels == digit)[0]) for digit in (0, 3, 4, 7)]
seen = ag.tensor(test_images[four], requires_grad=True)

scores = model(seen)
right = np.eye(10, dtype=bool)[test_labels[four]]
best_other = np.max(np.where(right, -np.inf, scores), axis=1)
np.sum(scores[right] - best_other).backward()
seen

# %% [markdown]
# Nobody told the network what a 3 is. Yet it is most against ink in one place: left of the upper
# arc, where a 5, an 8 and a 9 have some.
#
# ## In training, no image is alone
#
# For these gradients the model was in eval mode. In train mode, mean and variance are those of the
# batch, and so each image has a part in the scores of all others. The tape shows it: here is the
# gradient of the score of the *first* image with respect to each of the four.

# %%
for training in (False, True):
    seen = ag.tensor(test_images[four], requires_grad=True)
    score = model.train(training)(seen)[0, 0]
    (g,) = ag.gradients(score, seen)
    sizes = np.linalg.norm(g.numpy().reshape(4, 64), axis=1)
    print("train mode" if training else "eval mode ", sizes)

# %% [markdown]
# In the graph of one normalisation, this is the difference between the picture above and this one.
# Mean and variance are constants now, and there is a single path from the input to the output:

# %%
norm.eval()
with ag.Tape() as inside:
    y = norm(h)
inside.draw()

# %%
inside.derive(h)

# %% [markdown]
# (In the loop above, the model was in train mode for four test images, and its running mean and
# variance moved a little towards theirs. To look at a gradient changes nothing, but to run a model
# in train mode does.)
#
# ## For you
#
# 1. Take the normalisation out (`self.norm = nn.Identity()`), train again, and compare the curves.
# 2. Let `self.conv` have a bias. Look at its gradient before you look for the reason.
# 3. How many bytes would a batch of 64 keep? Say it first, then ask `tape.memory()`.
# 4. Derive the gradient of batch normalisation yourself, with a single axis for a start. The
#    exercise says which of your formulas is right; `task.hint()` helps, a step at a time.

# %%
task = ag.exercise("batch_norm")
task
