"""The calls of `nn`: what its code refuses, and what newcomers from PyTorch write."""

CALLS = {
    "Tensors in PyTorch's words": """
A.view(-1)

x.cuda()

x.unsqueeze(0)

x.exp()

x.add_(1)
""",
    "Models": """
class Net(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(3, 2)
Net()

class Net(nn.Module):
    def __init__(self):
        pass
Net().layer

class Net(nn.Module):
    def __init__(self):
        self.register_buffer("mean", a)
Net()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3, 2)]
Net()

nn.Module()(x)

model = nn.Linear(3, 2)
model.requires_grad = False

model = nn.Linear(3, 2)
model.eval = True

model = nn.Linear(3, 2)
model.wieght

model = nn.Linear(3, 2)
model.to("cuda")

model = nn.Linear(3, 2)
model.double()

model = nn.Linear(3, 2)
model.predict(A)

model = nn.Linear(3, 2)
model.bias = np.zeros(2)

model = nn.Module()
model.register_buffer("mean", a)
model.mean = x

nn.Module().register_buffer("training", a)

nn.Linear(3, 2).zero_grad(set_to_none=False)

nn.Linear(3, 2).load_state_dict(a)

nn.Linear(3, 2).load_state_dict(nn.Linear(4, 2).state_dict())

nn.Linear(3, 2).load_state_dict({"weight": np.zeros((2, 3)), "scale": a})

nn.Linear(3, 2).register_forward_hook("print")

layer = nn.Linear(3, 2)
layer.register_full_backward_hook(lambda layer, inputs, outputs: (None, None))
nn.Sequential(layer)(A.astype("float32")).sum().backward()

import copy
model = nn.ReLU()
for _ in range(300):
    model = nn.Sequential(model)
copy.deepcopy(model)

nn.Conv2D(1, 2, 3)

nn.DataLoader([1, 2])

nn.manual_seed(0)

nn.functional.Linear(3, 2)

nn.optim.StepLR(None, 3)

with missing("autograd"):
    import importlib
    importlib.reload(nn)

nn.seed("seed")
""",
    "Containers": """
nn.Sequential([nn.Linear(3, 2), nn.ReLU()])

nn.Sequential(nn.Linear(3, 2), nn.ReLU)

nn.Sequential(nn.Linear(3, 2), nn.functional.relu)

nn.Sequential({"first.layer": nn.ReLU()})

nn.ModuleDict({"training": nn.ReLU()})

nn.Sequential({"1": nn.ReLU()}).append(nn.Tanh())

nn.Sequential(nn.ReLU())[1]

nn.Sequential(nn.ReLU())["relu"]

nn.ModuleDict({"relu": nn.ReLU()})["tanh"]

nn.ModuleDict([nn.ReLU()])

nn.ModuleList(nn.ReLU())

nn.ModuleList([nn.ReLU()])(x)
""",
    "Settings of layers and losses": """
nn.ReLU(x)

nn.CrossEntropyLoss(A, k)

nn.Linear("3", 2)

nn.Flatten(A)

nn.Dropout(1.5)

nn.Conv2d(3, 4, 0)

nn.Conv2d(1, 4, 3, groups=2)

nn.Conv2d(1, 4, 3, padding_mode="zero")

nn.Conv2d(1, 4, 3, padding="SAME")

nn.GroupNorm(4, 6)

nn.LSTM(3, 4, proj_size=5)

nn.RNN(3, 4, nonlinearity="relu6")

nn.Embedding(3, 4, padding_idx=3)

nn.Embedding(3, 4, sparse=True)

nn.Embedding.from_pretrained(a)

nn.MultiheadAttention(8, 3)

nn.TransformerEncoderLayer(8, 3)

nn.TransformerEncoderLayer(8, 2, activation="tanh")

nn.TransformerEncoder(nn.TransformerEncoderLayer, 2)

nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 2, enable_nested_tensor=True)

nn.CrossEntropyLoss(reduction="average")
""",
    "Inputs of layers": """
nn.Linear(3, 2)(np.zeros((4, 5)))

nn.Linear(6, 2)(np.zeros((4, 2, 3)))

nn.Linear(3, 2)(k)

nn.Linear(3, 2)(nn.ReLU())

nn.Linear(5, 2)(nn.GRU(3, 5)(np.zeros((7, 4, 3), "float32")))

nn.functional.linear(A, S, np.zeros(2))

nn.Bilinear(3, 4, 2)(A, A)

nn.functional.bilinear(A, A, S)

nn.Flatten()(a)

nn.Unflatten(1, (2, 2))(A)

nn.Embedding(3, 4)(a)

nn.Embedding(2, 4)(k)

nn.functional.embedding(k, a)

nn.functional.embedding(k, S, padding_idx=3)

nn.functional.embedding(k, S, sparse=True)

nn.Dropout2d()(A)

nn.PReLU(2)(A)

nn.GLU()(A)

nn.Softmax(dim=2)(A)

nn.Softmax2d()(A)

nn.Hardtanh(1.0, -1.0)(x)

nn.functional.rrelu(x, 0.5, 0.25)

nn.GELU("fast")(x)

import sys
from unittest import mock
vars(ag).pop("special", None)
with missing("scipy"), mock.patch.dict(sys.modules):
    sys.modules.pop("autograd.special", None)
    nn.GELU()(x)

nn.functional.one_hot(a)

nn.functional.one_hot(k, 2)

nn.functional.normalize(a)

nn.CosineSimilarity()(A, S)
""",
    "Images": """
images = np.zeros((5, 8, 8, 3), "float32")
nn.Conv2d(3, 4, 3)(images)

images = np.zeros((5, 8, 8), "float32")
nn.Conv2d(1, 4, 3)(images)

images = np.zeros((5, 1, 8, 8), "uint8")
nn.Conv2d(1, 4, 3)(images)

nn.Conv2d(1, 4, 3)(np.zeros((8, 8)))

nn.Conv2d(1, 4, 9)(np.zeros((1, 8, 8)))

nn.functional.conv2d(np.zeros((1, 8, 8)), S)

nn.functional.conv2d(np.zeros((1, 8, 8)), np.zeros((4, 1, 3, 3)), x)

nn.ConvTranspose2d(1, 4, 3, output_padding=1)(np.zeros((1, 8, 8)))

nn.ConvTranspose2d(1, 4, 3, padding=9)(np.zeros((1, 8, 8)))

nn.ConvTranspose2d(1, 4, 3, stride=2)(np.zeros((1, 8, 8)), output_size=20)

nn.Fold(4, 2)(np.zeros((1, 4, 8)))

nn.MaxPool2d(2, padding=2)(np.zeros((1, 8, 8)))

nn.MaxPool2d(9)(np.zeros((1, 8, 8)))

nn.AvgPool2d(2, divisor_override=0)(np.zeros((1, 8, 8)))

nn.AdaptiveAvgPool2d(1)(np.zeros((1, 0, 8)))

nn.ZeroPad2d(1)(a)

nn.ReflectionPad2d(8)(np.zeros((1, 8, 8)))

nn.functional.pad(A, (1, 1), mode="zeros")

nn.functional.pad(A, 1)

nn.functional.pad(A, (1, 1), mode="reflect", value=2.0)

nn.Upsample(scale_factor=2)(A)

nn.Upsample(scale_factor=2, mode="bicubic")(np.zeros((1, 1, 4, 4)))

nn.Upsample()(np.zeros((1, 1, 4, 4)))

nn.functional.interpolate(np.zeros((1, 1, 4, 4)), scale_factor=(2, 2, 2))

nn.PixelShuffle(2)(np.zeros((1, 3, 4, 4)))

nn.PixelUnshuffle(2)(np.zeros((1, 3, 5, 4)))
""",
    "Normalisation": """
nn.BatchNorm2d(3)(np.zeros((5, 1, 8, 8)))

nn.BatchNorm1d(3)(np.zeros((1, 3)))

nn.functional.batch_norm(A, None, None)

nn.functional.batch_norm(A, a[:2], a)

nn.InstanceNorm2d(3)(np.zeros((5, 3, 1, 1)))

nn.functional.instance_norm(A)

nn.GroupNorm(2, 4)(np.zeros((5, 3)))

nn.functional.group_norm(A, 2)

nn.functional.group_norm(A, 3)

nn.LayerNorm(4)(A)
""",
    "Sequences": """
nn.LSTM(3, 4)(np.zeros((7, 5, 2), "float32"))

nn.LSTM(3, 4)(np.zeros((0, 5, 3), "float32"))

nn.LSTM(3, 4)(np.zeros((7, 5, 3), "float32"), np.zeros((1, 5, 4), "float32"))

nn.GRU(3, 4)(np.zeros((7, 5, 3), "float32"), np.zeros((1, 7, 4), "float32"))

q = np.zeros((7, 5, 6))
nn.MultiheadAttention(8, 2)(q, q, q)

q = np.zeros((7, 5, 8))
nn.MultiheadAttention(8, 2)(q, q, q, is_causal=True)

q = np.zeros((7, 5, 8))
nn.MultiheadAttention(8, 2)(q, q, q, attn_mask=np.ones((5, 5), bool))

q = np.zeros((7, 5, 8))
nn.MultiheadAttention(8, 2)(q, q, q, attn_mask=np.ones((7, 7), int))

nn.TransformerEncoderLayer(8, 2)(A)

nn.functional.scaled_dot_product_attention(A, S, A)

mask = np.ones((2, 3), bool)
nn.functional.scaled_dot_product_attention(A, S, S, mask, is_causal=True)

nn.functional.scaled_dot_product_attention(A, S, S, np.ones((3, 3), bool))
""",
    "Losses": """
nn.MSELoss()(A, a)

nn.MSELoss()(a, a.reshape(3, 1))

nn.MSELoss()(x, None)

nn.MSELoss()(k, k)

nn.functional.mse_loss(x, a, weight=a[:2])

nn.functional.mse_loss(x, a, reduction="average")

logits, labels = A, [2, 3]
nn.CrossEntropyLoss()(logits, labels)

logits, labels = A, [1.0, 2.0]
nn.CrossEntropyLoss()(logits, labels)

logits, labels = A, [[1], [2]]
nn.CrossEntropyLoss()(logits, labels)

logits, one_hot = S, np.eye(3, dtype=int)
nn.CrossEntropyLoss()(logits, one_hot)

nn.CrossEntropyLoss(weight=[1.0, 2.0])(A, [0, 1])

nn.CrossEntropyLoss(label_smoothing=2)(A, [0, 1])

nn.CrossEntropyLoss(ignore_index=0)(S, np.eye(3))

nn.BCELoss()(x, a)

nn.BCEWithLogitsLoss()(x, [0.0, 1.0, 2.0])

nn.BCEWithLogitsLoss(pos_weight=[1.0, 2.0])(x, [0.0, 1.0, 1.0])

nn.KLDivLoss()(x, -a)

nn.functional.kl_div(x, a, reduction="batch")

nn.GaussianNLLLoss()(x, a, a[:2])

nn.GaussianNLLLoss()(x, a, -a)

nn.HuberLoss(delta=0)(x, a)

nn.SoftMarginLoss()(x, [0, 1, 1])

nn.SoftMarginLoss()(x, x)

nn.MultiMarginLoss(p=3)(A, [0, 1])

nn.MultiMarginLoss()(np.zeros((2, 2, 3)), [0, 1])

nn.MultiLabelMarginLoss()(A, [0, 1])

nn.MultiLabelMarginLoss()(x, a)

nn.MultiLabelMarginLoss()(x, [3, -1, -1])

nn.MultiLabelSoftMarginLoss()(1.0, 1.0)

nn.CosineEmbeddingLoss()(A, A, [1, 1, 1])

nn.TripletMarginLoss(margin=0)(A, A, A)
""",
    "Initial values": """
layer = nn.Linear(3, 2)
nn.init.xavier_uniform_(layer)

layer = nn.Linear(3, 2)
nn.init.xavier_uniform_(layer.bias)

nn.init.constant_(x, [1.0, 2.0])

nn.init.uniform_(x, 1.0, -1.0)

nn.init.trunc_normal_(x, a=1.0, b=-1.0)

nn.init.dirac_(ag.tensor(np.zeros((3, 3, 3))), groups=2)

nn.init.kaiming_normal_(S, mode="fan")

nn.init.kaiming_normal_(S, nonlinearity="gelu")

nn.init.calculate_gain("leaky_relu", "steep")

nn.init.sparse_(S, 2)
""",
    "Optimizers": """
model = nn.Linear(3, 2)
nn.optim.SGD(model, lr=0.1)

model = nn.Linear(3, 2)
nn.optim.SGD(model.parameters, lr=0.1)

model = nn.Linear(3, 2)
nn.optim.SGD(model.named_parameters(), lr=0.1)

parameters = nn.Linear(3, 2).parameters()
total = sum(p.size for p in parameters)
nn.optim.SGD(parameters, lr=0.1)

nn.optim.SGD([a], lr=0.1)

nn.optim.SGD([ag.tensor(k)], lr=0.1)

nn.optim.SGD([x * 2], lr=0.1)

nn.optim.SGD([x, x], lr=0.1)

nn.optim.SGD([{"parameters": [x]}], lr=0.1)

nn.optim.SGD([{"params": [x], "learning_rate": 0.1}])

nn.optim.SGD([x], lr=-0.1)

nn.optim.SGD([x], lr="0.1")

nn.optim.SGD([x], lr=0.1, nesterov=True)

nn.optim.SGD([x], lr=0.1, nesterov="yes")

nn.optim.Adam([x], betas=0.9)

nn.optim.Adadelta([x], rho=2)

nn.optim.LBFGS([{"params": [x]}, {"params": [A]}])

nn.optim.LBFGS([x], line_search_fn="wolfe")

nn.optim.LBFGS([x]).step()

nn.optim.Muon([x])

nn.optim.Muon([A], ns_coefficients=3)

nn.optim.Muon([A], ns_steps=2.5)

nn.optim.Muon([A], adjust_lr_fn="rms")

class Mine(nn.optim.Optimizer):
    pass
Mine([x], {"lr": 0.1})

class Mine(nn.optim.Optimizer):
    def check(self, group):
        pass
optimizer = Mine([x], {"lr": 0.1})
x.sum().backward()
optimizer.step()

loss = x.sum()
nn.optim.SGD([x], lr=0.1).step(loss)

optimizer = nn.optim.SGD([x], lr=0.1)
optimizer.load_state_dict(nn.Linear(3, 2).state_dict())

optimizer = nn.optim.SGD([x], lr=0.1)
optimizer.load_state_dict(nn.optim.SGD([x, A], lr=0.1).state_dict())

optimizer = nn.optim.SGD([x], lr=0.1)
optimizer.load_state_dict(optimizer.state_dict() | {"state": {1: {}}})

optimizer = nn.optim.SGD([x], lr=0.1)
optimizer.load_state_dict(nn.optim.Adam([x]).state_dict())

optimizer = nn.optim.SGD([x], lr=0.1)
state = optimizer.state_dict()
state["param_groups"][0]["fused"] = True
optimizer.load_state_dict(state)

optimizer = nn.optim.SGD([x], lr=0.1)
state = optimizer.state_dict()
state["param_groups"][0]["maximize"] = "yes"
optimizer.load_state_dict(state)

optimizer = nn.optim.Adam([x])
x.sum().backward()
optimizer.step()
state = optimizer.state_dict()
state["state"][0]["step"] = np.nan
optimizer.load_state_dict(state)

optimizer = nn.optim.Adam([x])
x.sum().backward()
optimizer.step()
state = optimizer.state_dict()
state["state"][0]["exp_avg"] = a[:2]
optimizer.load_state_dict(state)

optimizer = nn.optim.Adam([x])
x.sum().backward()
optimizer.step()
state = optimizer.state_dict()
state["state"][0]["exp_avg"] = [[1.0], [2.0, 3.0]]
optimizer.load_state_dict(state)

def closure():
    optimizer.zero_grad()
    loss = (x * x).sum()
    loss.backward()
    return loss
optimizer = nn.optim.LBFGS([x])
optimizer.step(closure)
state = optimizer.state_dict()
state["state"][0]["old_dirs"] = None
state["state"][0]["old_dirs"] = 3
optimizer.load_state_dict(state)

model = nn.Linear(3, 2)
nn.utils.clip_grad_norm_(model, 1.0)

(x * np.inf).sum().backward()
nn.utils.clip_grad_norm_(x, 1.0, error_if_nonfinite=True)
""",
    "Schedules": """
nn.optim.lr_scheduler.StepLR(nn.Linear(3, 2), 10)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.StepLR(optimizer, 0)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.StepLR(optimizer, 10, gamma="half")

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.StepLR(optimizer, 10, last_epoch=5)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.StepLR(optimizer, 10).load_state_dict(10)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.StepLR(optimizer, 10).load_state_dict(optimizer.state_dict())

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.MultiStepLR(optimizer, 5)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.ConstantLR(optimizer, factor=2)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.LinearLR(optimizer, start_factor=0)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.LinearLR(optimizer, end_factor=2)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.LambdaLR(optimizer, 0.9)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.LambdaLR(optimizer, [lambda epoch: 0.9, lambda epoch: 0.8])

class Mine(nn.optim.lr_scheduler.LRScheduler):
    pass
Mine(nn.optim.SGD([x], lr=0.1))

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 10).step(-1)

optimizer = nn.optim.Adagrad([x])
nn.optim.lr_scheduler.CyclicLR(optimizer, 0.1, 1.0)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.CyclicLR(optimizer, 0.1, 1.0, step_size_up=0)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.CyclicLR(optimizer, 0.1, 1.0, mode="square")

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.CyclicLR(optimizer, 0.1, 1.0, scale_mode="step")

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.OneCycleLR(optimizer, 1.0)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=10, pct_start=2)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=10, anneal_strategy="square")

optimizer = nn.optim.SGD([x], lr=0.1)
schedule = nn.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=2)
for _ in range(3):
    optimizer.step()
    schedule.step()

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=2)

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="minimum")

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer, threshold_mode="relative")

optimizer = nn.optim.SGD([x], lr=0.1)
nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer).step()

nn.optim.lr_scheduler.ChainedScheduler([])

optimizer = nn.optim.SGD([x], lr=0.1)
plateau = nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
nn.optim.lr_scheduler.ChainedScheduler([plateau])

first, second = (nn.optim.SGD([x], lr=0.1) for _ in range(2))
schedules = [nn.optim.lr_scheduler.StepLR(each, 10) for each in (first, second)]
nn.optim.lr_scheduler.ChainedScheduler(schedules)

optimizer = nn.optim.SGD([x], lr=0.1)
schedules = [nn.optim.lr_scheduler.StepLR(optimizer, 10)]
nn.optim.lr_scheduler.SequentialLR(optimizer, schedules, milestones=[5])

optimizer = nn.optim.SGD([x], lr=0.1)
schedule = nn.optim.lr_scheduler.ChainedScheduler([nn.optim.lr_scheduler.StepLR(optimizer, 10)])
schedule.load_state_dict(schedule.state_dict() | {"schedulers": []})
""",
    "Data": """
from nn.data import DataLoader
DataLoader(A, k)

from nn.data import DataLoader
DataLoader(iter([1, 2]))

from nn.data import DataLoader
DataLoader([1, 2], batch_size=0)

from nn.data import DataLoader
DataLoader([1, 2], num_workers=2)

nn.data.TensorDataset(A, a)

nn.data.TensorDataset([np.zeros((2, 3)), k])

nn.data.TensorDataset(np.ma.masked_array([1.0, 2.0], [True, False]))

nn.data.Subset([10, 20], 0)

nn.data.Subset([10, 20], [2])

nn.data.random_split([10, 20], 2)

nn.data.random_split([10, 20], [1, 2])

nn.data.default_collate([])

nn.data.default_collate([None, None])

nn.data.default_collate([np.zeros(2), np.zeros(3)])

with missing("sklearn"):
    nn.data.digits()
""",
    "Training": """
model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(nn.Linear, nn.MSELoss(), [], optimizer=optimizer, epochs=1)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(model, nn.MSELoss, [], optimizer=optimizer, epochs=1)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(model, nn.MSELoss(), None, optimizer=optimizer, epochs=1)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(model, nn.MSELoss(), A, optimizer=optimizer, epochs=1)

model = nn.Linear(3, 2)
nn.fit(model, nn.MSELoss(), [], optimizer=nn.optim.SGD, epochs=1)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD([x], lr=0.1)
nn.fit(model, nn.MSELoss(), [], optimizer=optimizer, epochs=1)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(model, nn.MSELoss(), [], optimizer=optimizer, epochs=0)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(model, nn.MSELoss(), [], optimizer=optimizer, epochs=1, progress=False)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(model, nn.MSELoss(), [A], optimizer=optimizer, epochs=1, progress=False)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
batches = [(np.full((4, 3), np.nan, "float32"), np.zeros((4, 2)))]
nn.fit(model, nn.MSELoss(), batches, optimizer=optimizer, epochs=1, progress=False)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
schedule = nn.optim.lr_scheduler.StepLR(nn.optim.SGD([x], lr=0.1), 10)
nn.fit(model, nn.MSELoss(), [], optimizer=optimizer, schedule=schedule, epochs=1)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(model, nn.MSELoss(), [], optimizer=optimizer, schedule_each="step", epochs=1)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
schedule = nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
each = "batch"
nn.fit(model, nn.MSELoss(), [], optimizer=optimizer, schedule=schedule, schedule_each=each, epochs=1)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(model, nn.MSELoss(), [], optimizer=optimizer, epochs=1, resume=True)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(model, nn.MSELoss(), [], optimizer=optimizer, epochs=1, checkpoint="nowhere/training")

nn.save_checkpoint("training", history=3)
model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
nn.fit(
    model, nn.MSELoss(), [], optimizer=optimizer, epochs=1, checkpoint="training", resume=True
)

model = nn.Linear(3, 2)
optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
arguments = dict(optimizer=optimizer, epochs=1, checkpoint="training", progress=False)
batches = [(np.ones((4, 3), "float32"), np.zeros((4, 2)))]
nn.fit(model, nn.MSELoss(), batches, **arguments)
nn.fit(model, nn.MSELoss(), batches, **arguments, resume=True, validation=batches)

nn.evaluate(nn.Linear(3, 2), nn.MSELoss(), [], metrics=nn.accuracy)

nn.evaluate(nn.Linear(3, 2), nn.MSELoss(), [], metrics=["accuracy"])

one_hot = np.eye(3)
nn.accuracy(S, one_hot)

nn.summary(nn.Linear, (4, 3))

nn.summary(nn.Linear(3, 2))
""",
    "Files": """
nn.save(nn.optim.SGD([x], lr=0.1), "model")

nn.save({"kind": "a model"}, "model")

nn.save({"values": np.ma.masked_array([1.0, 2.0], [True, False])}, "model")

nn.save({"__metadata__": a}, "model")

import os
os.mkdir("model")
nn.save({"a": a}, "model")

with open("model", "w") as file:
    file.write("torch.save")
nn.load("model")

nn.save_checkpoint("training", loss=lambda x: x)

from nn.serialization import CHECKPOINT
nn.save_checkpoint("training", **{CHECKPOINT: 3})

nested = []
nested.append(nested)
nn.save_checkpoint("training", nested=nested)

from unittest import mock
with mock.patch("nn.serialization.LIMIT", 10):
    nn.save({"a": a}, "model")

nn.save({"a": a}, "model")
nn.load_checkpoint("model")

from types import SimpleNamespace
from unittest import mock
other = SimpleNamespace(bit_generator=SimpleNamespace(state={"bit_generator": "MT19937"}))
with mock.patch("nn.random.generator", other):
    nn.save_checkpoint("training", model=nn.Linear(3, 2))
nn.load_checkpoint("training", model=nn.Linear(3, 2))

nn.save_checkpoint("training", epoch=3)
nn.load_checkpoint("training", model=nn.Linear(3, 2))

nn.save_checkpoint("training", epoch=3)
nn.load_checkpoint("training", epoch=3)
""",
}

UNREACHED = {
    "nn/data.py: raise value": "passes on what the thread of a DataLoader raised",
    "nn/demo.py: raise argparse.ArgumentTypeError": "argparse prints it and ends the program",
    "nn/demo.py: raise OSError": "the program prints it and ends",
    "nn/demo.py: raise KeyboardInterrupt": "Ctrl-C in the program",
    "nn/serialization.py: raise PermissionError": "root, as whom tests may run, may write all",
    "nn/layers/recurrent.py: raise NotImplementedError": "every recurrence defines its step",
    "nn/optim/adam.py: raise NotImplementedError": "every optimizer with moments defines it",
    "nn/optim/lr_scheduler/factors.py: raise NotImplementedError": "every factor is defined",
    "nn/training.py: raise KeyboardInterrupt": "Ctrl-C, which no call can be",
}
