"""Answers to the exercises of notebook 03: wrong ones with their hints, unusual right ones."""

from textwrap import indent


def answer(number, head):
    """Return a function that makes an answer from the lines of a function's body."""

    def make(lines, *hint):
        return number, f"def {head}:\n" + indent(lines, "    "), *hint

    return make


my_softmax = answer("03.1", "my_softmax(logits)")
my_cross_entropy = answer("03.2", "my_cross_entropy(logits, targets)")
fit_clouds = answer("03.3", "fit_clouds(X, y, epochs, lr)")
fit_tight = answer("03.5", "fit_tight(X, y)")
range_test = answer("03.6", "range_test(model, X, y, rates)")
fit_temperature = answer("03.7", "fit_temperature(logits, targets)")
class_recalls = answer("03.8", "class_recalls(matrix)")

BLOB_MODEL = "model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4)).to(X.device)\n"
SGD = "optimizer = torch.optim.SGD(model.parameters(), lr=lr)\n"
STEPS = """    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def clouds(loss, *hint, model=BLOB_MODEL, end="return model", epochs="epochs", seed=42, lr="lr"):
    """Return fit_clouds with this loss, model and end."""
    head = f"set_seeds({seed})\n{model}{SGD.replace('lr=lr', 'lr=' + lr)}for _ in range({epochs}):\n    loss = {loss}\n"
    return fit_clouds(f"{head}{STEPS}{end}", *hint)


def spiral_net(forward, *hint, layers="", width=32):
    """Return the class of 03.4 with these lines of forward."""
    source = f"""class SpiralNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, {width})
        self.second = nn.Linear({width}, {width})
        self.last = nn.Linear({width}, 3)
{indent(layers, " " * 8)}
    def forward(self, x):
"""
    return "03.4", source + indent(forward, " " * 8), *hint


def tight(layers, *hint, epochs=1000, data="(X, y)", lr=0.01, end="return model"):
    """Return fit_tight with these layers."""
    lines = f"""set_seeds(42)
model = nn.Sequential({layers}).to(X.device)
optimizer = torch.optim.Adam(model.parameters(), lr={lr})
train(model, [{data}], None, nn.CrossEntropyLoss(), optimizer, {epochs})
{end}"""
    return fit_tight(lines, *hint)


COPY = "trial = copy.deepcopy(model)\n"
LOOP = """optimizer = torch.optim.SGD(trial.parameters(), lr=rates[0])
losses = []
for rate in rates:
    optimizer.param_groups[0]["lr"] = rate
    loss = F.cross_entropy(trial(X), y)
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
WIDE = "nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3)"
GRID = "grid = torch.logspace(math.log10(0.05), math.log10(20), 1200)\n"
COARSE = "grid = torch.linspace(0.5, 5, 91)\n"
BY_T = "losses = torch.stack([F.cross_entropy(logits / T, targets) for T in grid])\n"

WRONG = [
    my_softmax("logits.exp()", "returns nothing yet"),
    my_softmax("return logits.exp().sum(dim=1)", "logits' shape"),
    my_softmax("return (logits.exp() / logits.exp().sum(dim=1, keepdim=True)).tolist()", "shape"),
    my_softmax("return logits.exp() / logits.exp().sum(dim=0)", "Your columns add up to 1"),
    my_softmax("return logits.exp() / logits.exp().sum()", "Each row must add up to 1"),
    my_softmax("return logits.exp()", "Each row must add up to 1"),
    my_softmax("return logits.abs() / logits.abs().sum(dim=1, keepdim=True)", "wrong shares"),
    my_softmax("e = 2.0**logits\nreturn e / e.sum(dim=1, keepdim=True)", "wrong shares"),
    my_softmax("return logits.softmax(dim=1)", "borrowed from torch"),
    my_softmax("return F.softmax(logits, dim=-1)", "borrowed from torch"),
    my_softmax("return torch.special.softmax(logits, 1)", "borrowed from torch"),
    my_softmax("return F.log_softmax(logits, dim=1).exp()", "borrowed from torch"),
    my_softmax("return (logits - logits.logsumexp(dim=1, keepdim=True)).exp()", "borrowed"),
    my_softmax("return nn.Softmax(dim=1)(logits)", "borrowed from torch"),
    my_softmax("return logits.exp() / logits.exp().sum(dim=1, keepdim=True)", "1000 gives nan"),
    my_softmax("e = (logits - 1000).exp()\nreturn e / e.sum(1, keepdim=True)", "nan: inf / inf"),
    my_softmax("return F.softmin(-logits, dim=1)", "borrowed from torch"),
    my_softmax(
        "e = (logits - logits.amax(dim=1, keepdim=True)).exp()\n"
        "return e / (e.sum(dim=1, keepdim=True) + 1e-6)",
        "In float64 it is not exact",
    ),
    my_softmax(
        "x = logits.float()\ne = (x - x.amax(dim=1, keepdim=True)).exp()\n"
        "return (e / e.sum(dim=1, keepdim=True)).to(logits.dtype)",
        "In float64 it is not exact",
    ),
    my_softmax(
        "e = (logits - logits.max().clamp(min=0)).exp()\nreturn e / e.sum(1, keepdim=True)",
        "-1000 gives nan",
    ),
    my_softmax(
        "e = (logits - logits.max()).exp()\nreturn e / e.sum(1, keepdim=True)",
        "subtract each row's own largest",
    ),
    my_softmax(
        "e = (logits - logits.mean(dim=1, keepdim=True)).exp()\nreturn e / e.sum(1, keepdim=True)",
        "1000 and -1000 in one row",
    ),
    my_softmax(
        "e = logits.clamp(-50, 50).exp()\nreturn e / e.sum(dim=1, keepdim=True)",
        "No nan, but 1000 and 999",
    ),
    my_softmax(
        "e = (logits - logits.amax(dim=1, keepdim=True)).float().exp()\n"
        "return e / e.sum(dim=1, keepdim=True)",
        "float64 in, float64 out",
    ),
    my_softmax(
        "logits -= logits.amax(dim=1, keepdim=True)\n"
        "return logits.exp() / logits.exp().sum(dim=1, keepdim=True)",
        "logits itself has changed",
    ),
    my_cross_entropy("logits.logsumexp(dim=1)", "returns nothing yet"),
    my_cross_entropy(
        "return logits.logsumexp(dim=1) - logits[torch.arange(len(targets)), targets]",
        "a tensor of shape ()",
    ),
    my_cross_entropy("return 1.5", "a tensor of shape ()"),
    my_cross_entropy(
        "own = logits[torch.arange(len(targets)), targets]\n"
        "return torch.tensor((logits.logsumexp(dim=1) - own).mean().item())",
        "Autograd lost track",
    ),
    my_cross_entropy(
        "own = logits[torch.arange(len(targets)), targets]\n"
        "return (own - logits.logsumexp(dim=1)).mean()",
        "The sign",
    ),
    my_cross_entropy(
        "own = logits[torch.arange(len(targets)), targets]\n"
        "return (logits.logsumexp(dim=1) - own).sum()",
        "sum over the examples",
    ),
    my_cross_entropy(
        "p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)\n"
        "return -p[torch.arange(len(targets)), targets].mean()",
        "The log is missing",
    ),
    my_cross_entropy(
        "p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)\n"
        "return p[torch.arange(len(targets)), targets].mean()",
        "The log is missing",
    ),
    my_cross_entropy(
        "p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)\n"
        "return -p[torch.arange(len(targets)), targets].mean().log()",
        "Log first, then the mean",
    ),
    my_cross_entropy(
        "return (logits.logsumexp(dim=1) - logits[:, targets]).mean()", "both of class 0"
    ),
    my_cross_entropy(
        "own = logits[torch.arange(len(targets)), targets]\n"
        "return (logits.logsumexp(dim=0).sum() / len(targets) - own.mean())",
        "both of class 0",
    ),
    my_cross_entropy("return F.cross_entropy(logits, targets)", "borrowed"),
    my_cross_entropy("return nn.CrossEntropyLoss()(logits, targets)", "borrowed"),
    my_cross_entropy("return F.nll_loss(logits.log_softmax(dim=1), targets)", "borrowed"),
    my_cross_entropy(
        "return -logits.log_softmax(1)[torch.arange(len(targets)), targets].mean()", "borrowed"
    ),
    my_cross_entropy(
        "p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)\n"
        "return -p[torch.arange(len(targets)), targets].log().mean()",
        "must cost 650",
    ),
    my_cross_entropy(
        "own = logits[torch.arange(len(targets)), targets]\n"
        "return (logits.detach().logsumexp(dim=1) - own).mean()",
        "its gradient is not (softmax - one-hot)",
    ),
    my_cross_entropy(
        "own = (F.one_hot(targets) * logits).sum(dim=1)\n"
        "return (logits.logsumexp(dim=1) - own).mean()",
        "stopped",
    ),
    my_cross_entropy(
        "own = logits[torch.arange(len(targets)), targets]\nk = int(targets.max()) + 1\n"
        "return (logits[:, :k].logsumexp(dim=1) - own).mean()",
        "a class does not occur",
    ),
    my_cross_entropy(
        "p = (logits - logits.amax(dim=1, keepdim=True)).exp()\np = p / p.sum(dim=1, keepdim=True)\n"
        "return -p[torch.arange(len(targets)), targets].log().clamp(min=-1000).mean()",
        "must cost 650",
    ),
    my_cross_entropy(
        "z = logits.float()\n"
        "return (z.logsumexp(dim=1) - z[torch.arange(len(targets)), targets]).mean()",
        "float64 in, float64 out",
    ),
    my_cross_entropy(
        "own = logits.gather(1, targets.unsqueeze_(1)).squeeze(1)\n"
        "return (logits.logsumexp(dim=1) - own).mean()",
        "targets has changed",
    ),
    my_cross_entropy(
        "own = logits[torch.arange(len(targets)), targets]\n"
        "return (logits.logsumexp(dim=1) - own).sum() / logits.shape[1]",
        "both of class 0",
    ),
    fit_clouds("nn.Linear(2, 4)", "Return the trained model"),
    clouds(
        "F.cross_entropy(model(X), y)",
        "four numbers per point",
        model=BLOB_MODEL.replace("8, 4", "8, 5"),
    ),
    clouds(
        "F.cross_entropy(model(X), y)",
        "still probabilities",
        model=BLOB_MODEL.replace("8, 4)", "8, 4), nn.Softmax(dim=1)"),
    ),
    clouds(
        "F.cross_entropy(model(X), y)",
        "These are log-probabilities",
        model=BLOB_MODEL.replace("8, 4)", "8, 4), nn.LogSoftmax(dim=1)"),
    ),
    clouds(
        "F.cross_entropy(model(X), y)",
        "No output is below 0",
        model=BLOB_MODEL.replace("8, 4)", "8, 4), nn.ReLU()"),
    ),
    clouds(
        "F.cross_entropy(model(X), y)",
        "No output is below 0",
        model=BLOB_MODEL.replace("8, 4)", "8, 4), nn.Sigmoid()"),
    ),
    clouds("F.cross_entropy(model(X).softmax(dim=1), y)", "not those of this network"),
    clouds("F.cross_entropy(model(X), y)", "not those of this network", epochs="5 * epochs"),
    clouds("F.cross_entropy(model(X), y)", "not those of this network", seed=1),
    clouds(
        "F.cross_entropy(model(X), y)",
        "not those of this network",
        model=BLOB_MODEL.replace("nn.ReLU()", "nn.Tanh()"),
    ),
    clouds("F.cross_entropy(model(X), y)", "wrong for 9 at 0.1", lr="0.3"),
    clouds("F.cross_entropy(model(X), y)", "wrong for 9 at 0.1", epochs="60"),
    spiral_net(
        "h = F.relu(self.first(x))\nh = F.relu(self.second(h))\nreturn self.last(h)",
        "Keep the three layers",
        width=16,
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nh = F.relu(self.second(h))\nreturn self.last(h)",
        "sizes and biases",
        layers="self.second = nn.Linear(32, 32, bias=False)\n",
    ),
    spiral_net("h = F.relu(self.first(x))\nh = F.relu(self.second(h))\nself.last(h)", "nothing"),
    spiral_net(
        "x -= x.mean(dim=0)\nh = F.relu(self.first(x))\nh = F.relu(self.second(h))\n"
        "return self.last(h)",
        "x itself has changed",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nh = F.relu(self.second(h))\nout = self.last(h)\n"
        "x.zero_()\nreturn out",
        "x itself has changed",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nh = F.relu(self.second(h))\nreturn self.last(self.more(h))",
        "Keep the three layers",
        layers="self.more = nn.Linear(32, 32)\n",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nh = F.relu(self.second(h))\nreturn self.last(h).sum(dim=1)",
        "three logits per point",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nF.relu(self.second(h))\nreturn F.relu(self.last(h))",
        "is its result used",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nF.relu(self.second(h))\nreturn self.last(h)",
        "is its result used",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nF.relu(self.second(h), inplace=True)\nreturn self.last(h)",
        "is its result used",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nh = F.relu(self.second(h))\nreturn F.relu(self.last(h))",
        "no logit is ever below 0",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nh = F.relu(self.second(h))\nreturn self.last(h).softmax(dim=1)",
        "the loss does softmax itself",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nh = self.second(h)\nreturn self.last(h)",
        "it is not first, ReLU",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nh = F.relu(self.second(h))\nreturn F.leaky_relu(self.last(h))",
        "it is not first, ReLU",
    ),
    spiral_net(
        "h = F.relu(self.first(x))\nh = F.relu(self.second(h)) + h\nreturn self.last(h)",
        "it is not first, ReLU",
    ),
    fit_tight("nn.Linear(2, 3)", "returns nothing yet"),
    tight(WIDE, "Return the trained model", epochs=1, end="return model(X)[0, 0].item()"),
    tight(WIDE.replace("64, 3", "64, 4"), "logits of shape", epochs=1),
    tight(WIDE + ", nn.Softmax(dim=1)", "Logits, not probabilities", epochs=1),
    tight(WIDE + ", nn.LogSoftmax(dim=1)", "not log-probabilities", epochs=1),
    tight(WIDE + ", nn.Softmax(dim=0)", "Logits, not probabilities", epochs=1),
    tight(WIDE + ", nn.Sigmoid()", "No logit is below 0", epochs=1),
    tight(WIDE + ", nn.ReLU()", "No logit is below 0", epochs=100),
    tight("nn.Linear(2, 3)", "Far below", epochs=300),
    tight(WIDE, "Far below", epochs=1),
    tight(WIDE, "not there yet", epochs=120),
    tight(WIDE, "Far below", data="make_spirals(200, 0.15, 2026, turns=2.0)", epochs=600),
    range_test(COPY + LOOP + "return torch.tensor(losses)", "Return a list"),
    range_test(COPY + LOOP + "return losses[:3]", "Return a list"),
    range_test(
        COPY + LOOP.replace("append(loss.item())", "append(loss.detach())") + "return losses",
        "Return floats",
    ),
    range_test(
        COPY
        + LOOP.replace("    losses.append(loss.item())\n", "")
        + "    losses.append(F.cross_entropy(trial(X), y).item())\nreturn losses",
        "the losses after each step",
    ),
    range_test(
        COPY + LOOP.replace("lr=rates[0]", "lr=rates[0], momentum=0.9") + "return losses",
        "Right but for the momentum",
    ),
    range_test(
        COPY + LOOP.replace("    optimizer.zero_grad()\n", "") + "return losses",
        "The gradients add up",
    ),
    range_test(
        COPY + LOOP.replace('optimizer.param_groups[0]["lr"]', "optimizer.lr") + "return losses",
        "Every step used the first rate",
    ),
    range_test(
        COPY + LOOP.replace("trial(X)", "trial(X).softmax(dim=1)") + "return losses",
        "Even the first loss is off",
    ),
    range_test(
        COPY + LOOP.replace("trial(X), y)", "trial(X[:60]), y[:60])") + "return losses",
        "Even the first loss is off",
    ),
    range_test(
        COPY + LOOP.replace("trial(X), y)", "trial(few[0].cpu()), few[1].cpu())") + "return losses",
        "losses of `few`",
    ),
    range_test(COPY + LOOP.replace("= rate\n", "= min(rate, 1.0)\n") + "return losses", "later"),
    range_test(
        COPY
        + LOOP.replace(
            "    optimizer.step",
            "    nn.utils.clip_grad_norm_(trial.parameters(), 0.2)\n    optimizer.step",
        )
        + "return losses",
        "later ones are not",
    ),
    range_test(
        COPY + LOOP.replace("torch.optim.SGD", "torch.optim.Adam") + "return losses",
        "later ones are not",
    ),
    range_test("trial = model\n" + LOOP + "return losses", "the model that was given has changed"),
    fit_temperature(GRID + BY_T + "grid[losses.argmin()]", "returns nothing yet"),
    fit_temperature(GRID + BY_T + "return grid[losses.argmin()]", "Return a Python float"),
    fit_temperature(
        GRID + BY_T.replace("logits / T", "logits * T") + "return grid[losses.argmin()].item()",
        "yours multiplies them",
    ),
    fit_temperature(GRID + BY_T + "return float(losses.argmin())", "or its place in a list"),
    fit_temperature(GRID + BY_T + "return losses.min().item()", "Not where the cross-entropy"),
    fit_temperature(GRID + BY_T + "return grid[losses.argmax()].item()", "Not where"),
    fit_temperature(
        GRID + "scores = torch.stack(\n    [((logits / T).argmax(dim=1) == targets).float().mean() "
        "for T in grid]\n)\nreturn grid[scores.argmax()].item()",
        "Not where",
    ),
    fit_temperature(
        GRID
        + """right = (logits.argmax(dim=1) == targets).float().mean()
gaps = torch.stack([((logits / T).softmax(1).amax(1).mean() - right).abs() for T in grid])
return grid[gaps.argmin()].item()""",
        "Not where",
    ),
    fit_temperature(
        GRID + "losses = torch.stack([F.mse_loss((logits / T).softmax(1), "
        "F.one_hot(targets, logits.shape[1]).float()) for T in grid])\n"
        "return grid[losses.argmin()].item()",
        "Not where",
    ),
    fit_temperature(
        GRID
        + "losses = torch.stack([F.cross_entropy((logits / T).softmax(1), targets) for T in grid])"
        "\nreturn grid[losses.argmin()].item()",
        "Not where",
    ),
    fit_temperature(COARSE + BY_T + "return grid[losses.argmin()].item()", "a finer, wider search"),
    class_recalls("matrix.diagonal()", "returns nothing yet"),
    class_recalls("return matrix.diagonal() / matrix.sum(dim=1)", "Return a pair"),
    class_recalls(
        "r = matrix.diagonal() / matrix.sum(dim=1)\nreturn r.tolist(), r.mean().item()",
        "One recall per class",
    ),
    class_recalls(
        "r = matrix.diagonal() / matrix.sum(dim=1, keepdim=True)\nreturn r, r.mean().item()",
        "One recall per class",
    ),
    class_recalls(
        "r = matrix.diagonal() / matrix.sum(dim=0)\nreturn r, r.mean().item()", "rows or columns"
    ),
    class_recalls(
        "r = matrix.diagonal() / matrix.sum()\nreturn r, r.mean().item()",
        "the class's own row",
    ),
    class_recalls(
        "r = matrix.amax(dim=1) / matrix.sum(dim=1)\nreturn r, r.mean().item()",
        "Recalls of the classes",
    ),
    class_recalls(
        "r = matrix.diagonal() // matrix.sum(dim=1)\nreturn r, r.double().mean().item()",
        "Recalls of the classes",
    ),
    class_recalls(
        "r = matrix.diagonal() / matrix.sum(dim=1)\nreturn r, r.mean()", "must be a Python float"
    ),
    class_recalls(
        "r = matrix.diagonal() / matrix.sum(dim=1)\n"
        "return r, (matrix.diagonal().sum() / matrix.sum()).item()",
        "common classes rule it",
    ),
    class_recalls(
        "r = matrix.diagonal() / matrix.sum(dim=1)\nreturn r, r.median().item()",
        "Not the mean of the recalls",
    ),
    class_recalls(
        "r = torch.stack([matrix[i, i] / matrix[i].sum() for i in range(4) if i < len(matrix)])\n"
        "return r, r.sum().item() / 4",
        "wrong for three",
    ),
    class_recalls(
        "r = matrix.diagonal() / matrix.sum(dim=1)\nreturn r, round(r.mean().item(), 2)",
        "Not the mean of the recalls",
    ),
    class_recalls(
        "hits = matrix.diagonal().clone()\nmatrix.fill_diagonal_(0)\n"
        "r = hits / (hits + matrix.sum(dim=1))\nreturn r, r.mean().item()",
        "matrix itself has changed",
    ),
]

RIGHT = [
    my_softmax(
        "shifted = logits - logits.max(dim=-1, keepdim=True).values\n"
        "return shifted.exp() / shifted.exp().sum(-1)[:, None]"
    ),
    my_softmax(
        "rows = [(row - row.max()).exp() for row in logits]\n"
        "return torch.stack([row / row.sum() for row in rows])"
    ),
    my_softmax(
        "top, _ = torch.max(logits, dim=1)\nexps = torch.exp(logits - top.unsqueeze(1))\n"
        "return (exps.mT / exps.sum(dim=1)).mT"
    ),
    my_cross_entropy(
        "top = logits.amax(dim=1, keepdim=True)\n"
        "lse = (logits - top).exp().sum(dim=1).log() + top.squeeze(1)\n"
        "return (lse - logits.gather(1, targets.unsqueeze(1)).squeeze(1)).mean()"
    ),
    my_cross_entropy(
        "one_hot = torch.eye(logits.shape[1])[targets]\n"
        "return (logits.logsumexp(dim=1) - (one_hot * logits).sum(dim=1)).mean()"
    ),
    my_cross_entropy(
        "each = [row.logsumexp(dim=0) - row[t] for row, t in zip(logits, targets)]\n"
        "return sum(each) / len(each)"
    ),
    clouds("F.nll_loss(F.log_softmax(model(X), dim=1), y)"),
    clouds("(model(X).logsumexp(dim=1) - model(X)[torch.arange(len(y)), y]).mean()"),
    clouds(
        "F.nll_loss(ended(X), y)",
        model=BLOB_MODEL + "ended = nn.Sequential(model, nn.LogSoftmax(dim=1))\n",
    ),
    clouds("F.cross_entropy(model(X), F.one_hot(y, 4).float())", end="return model.eval()"),
    spiral_net("return self.last(F.relu(self.second(F.relu(self.first(x)))))"),
    spiral_net(
        "for layer in (self.first, self.second):\n    x = layer(x).clamp(min=0)\nreturn self.last(x)"
    ),
    (
        "03.4",
        """class SpiralNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(32, 3)
        self.act = nn.ReLU()
        self.second = nn.Linear(32, 32)
        self.first = nn.Linear(2, 32)

    def forward(self, x):
        h = self.act(self.first(x))
        h = self.act(self.second(h))
        return self.last(h)""",
    ),
    tight(WIDE.replace("64", "128"), epochs=600),
    tight(WIDE.replace("ReLU", "SiLU").replace("64", "128"), epochs=600, lr=0.01),
    tight(
        "nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), "
        "nn.Linear(64, 3)",
        epochs=800,
        lr=0.005,
    ),
    range_test(
        "start, trial = copy.deepcopy(model.state_dict()), model\n"
        + LOOP
        + "model.load_state_dict(start)\nreturn losses"
    ),
    range_test(
        COPY
        + """losses = []
for rate in rates:
    loss = F.cross_entropy(trial(X), y)
    for p, slope in zip(trial.parameters(), torch.autograd.grad(loss, trial.parameters())):
        p.data -= rate * slope
    losses += [loss.item()]
return losses"""
    ),
    range_test(
        COPY
        + """losses = []
for rate in rates:
    optimizer = torch.optim.SGD(trial.parameters(), lr=rate)
    loss = nn.CrossEntropyLoss()(trial(X), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.detach().tolist())
return losses"""
    ),
    fit_temperature(
        GRID
        + "return min(grid.tolist(), key=lambda T: F.cross_entropy(logits / T, targets).item())"
    ),
    fit_temperature(
        """log_T = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.LBFGS([log_T], lr=0.2, max_iter=300, tolerance_change=1e-9)

def closure():
    optimizer.zero_grad()
    loss = F.cross_entropy(logits / log_T.exp(), targets)
    loss.backward()
    return loss

optimizer.step(closure)
return log_T.exp().item()"""
    ),
    fit_temperature(
        GRID
        + """best, lowest = None, float("inf")
for T in grid:
    loss = -(logits / T).log_softmax(dim=1)[torch.arange(len(targets)), targets].mean()
    if loss < lowest:
        best, lowest = T.item(), loss
return best"""
    ),
    fit_temperature(
        GRID + "z = (logits / grid[:, None, None]).flatten(0, 1)\n"
        "each = F.cross_entropy(z, targets.repeat(1200), reduction='none').view(1200, -1)\n"
        "return float(grid[each.mean(dim=1).argmin()])"
    ),
    class_recalls(
        "r = torch.tensor([matrix[i, i] / matrix[i].sum() for i in range(len(matrix))])\n"
        "return r, float(r.mean())"
    ),
    class_recalls(
        "r = matrix.double().diag() / matrix.double().sum(1)\nreturn r, (r.sum() / len(r)).item()"
    ),
    class_recalls(
        "r = (matrix / matrix.sum(dim=1, keepdim=True)).diagonal()\nreturn [r, sum(r.tolist()) / len(r)]"
    ),
]
