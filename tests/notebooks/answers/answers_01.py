"""Answers to the exercises of notebook 01: wrong ones with their hints, unusual right ones."""

from textwrap import dedent, indent


def momentum_step(lines, *hint):
    return "01.1", "def momentum_step(w, velocity, lr, momentum):\n" + indent(lines, "    "), *hint


def parabola(init, forward, *hint):
    source = (
        "class Parabola(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        + indent(init, "        ")
        + "\n\n    def forward(self, x):\n"
        + indent(forward, "        ")
    )
    return "01.2", source, *hint


def fit_line(loop, *hint, epochs=60, lr=0.1, before="pass"):
    source = f"""
def fit_line(X, y, epochs={epochs}, lr={lr}):
    set_seeds(42)
    model = nn.Linear(1, 1).to(X.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    {before}
    for _ in range(epochs):
"""
    return "01.3", source + indent(loop, "        ") + "\n    return losses", *hint


def safe_mse(lines, *hint):
    return "01.4", "def safe_mse(y_pred, y):\n" + indent(lines, "    "), *hint


def fit(lines, *hint):
    return "01.5", "def fit(model, epochs=3):\n" + indent(dedent(lines).strip("\n"), "    "), *hint


def make_scheduler(lines, *hint):
    return "01.6", "def make_scheduler(optimizer):\n" + indent(lines, "    "), *hint


def predict_points(lines, *hint):
    return "01.8", "def predict_points(model, raw):\n" + indent(lines, "    "), *hint


VELOCITY = "velocity = momentum * velocity + w.grad\n"
STEP = "with torch.no_grad():\n    w -= lr * velocity\n"
ABC = "\n".join(f"self.{name} = nn.Parameter(torch.randn(1))" for name in "abc")
FORMULA = "return self.a * x**2 + self.b * x + self.c"
LOSS = "loss = nn.functional.mse_loss(model(X), y)\n"
NOTE = "losses.append(loss.item())"
REFUSE = """if y_pred.shape != y.shape:
    raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")
"""
SCHEDULERS = "torch.optim.lr_scheduler"
FIT = """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    val_losses = []
    for _ in range(epochs):
        {train}
        loss = nn.functional.mse_loss(model(X_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        {eval}
        with torch.{switch}():
            y_pred = model({inputs})
            val_loss = nn.functional.mse_loss(y_pred, 0.7 * X_val + 0.3).item()
        val_losses.append({kept})
    return val_losses
"""
WHOLE = {
    "train": "model.train()",
    "eval": "model.eval()",
    "switch": "inference_mode",
    "inputs": "X_val",
    "kept": "val_loss",
}


def fit_with(*hint, **changes):
    return fit(FIT.format(**(WHOLE | changes)), *hint)


PARTS = '{"model": model, "optimizer": optimizer, "scheduler": scheduler}'
SAVE = f"""
def save_run(path, model, optimizer, scheduler, epoch):
    state = {{name: part.state_dict() for name, part in {PARTS}.items()}}
    torch.save(state | {{"epoch": epoch, "random": torch.get_rng_state()}}, path)


def load_run(path, model, optimizer, scheduler):
    state = torch.load(path, map_location="cpu", weights_only=True)
"""
LOAD = """    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    torch.set_rng_state(state["random"])
    return state["epoch"]
"""
SCALE = "scaled = ((raw - feature_mean) / feature_std).to(device)\n"
PREDICT = "model.eval()\nwith torch.inference_mode():\n    pred = model(scaled).cpu()\n"
POINTS = "return (pred * point_std + point_mean).squeeze(1)"

WRONG = [
    momentum_step(
        "velocity = momentum * velocity + w.grad\nw = w - lr * velocity\nreturn velocity",
        "w has not moved",
    ),
    momentum_step(
        "velocity = momentum * velocity + w.grad\nw -= lr * velocity\nreturn velocity",
        "leaf Variable",
    ),
    momentum_step(
        "velocity = momentum * velocity + (1 - momentum) * w.grad\n"
        "with torch.no_grad():\n"
        "    w -= lr * velocity\n"
        "return velocity",
        "The velocity after three steps",
    ),
    momentum_step(
        "velocity = momentum * velocity + lr * w.grad\n"
        "with torch.no_grad():\n"
        "    w -= velocity\n"
        "return velocity",
        "belongs to w's step alone",
    ),
    momentum_step(
        "velocity = momentum * velocity + w.grad\n"
        "with torch.no_grad():\n"
        "    w += lr * velocity\n"
        "return velocity",
        "w moves uphill",
    ),
    momentum_step(
        "velocity = w.grad\nwith torch.no_grad():\n    w -= lr * velocity\nreturn velocity",
        "without any memory",
    ),
    (
        "01.2",
        """
class Parabola(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.randn(1, requires_grad=True)
        self.b = torch.randn(1, requires_grad=True)
        self.c = torch.randn(1, requires_grad=True)

    def forward(self, x):
        return self.a * x**2 + self.b * x + self.c
""",
        "what registers",
    ),
    (
        "01.2",
        """
class Parabola(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.randn(1))
        self.b = nn.Parameter(torch.randn(1))
        self.c = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return (self.a * x) ** 2 + self.b * x + self.c
""",
        "2x² + 3x + 5 at 0, 1 and 2",
    ),
    (
        "01.2",
        """
class Parabola(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Parameter(torch.randn(1))
        self.b = nn.Parameter(torch.randn(1))
        self.a = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.a * x**2 + self.b * x + self.c
""",
        "in this order, without a seed",
    ),
    safe_mse(
        "if y_pred.shape != y.shape:\n"
        '    raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")\n'
        "return (y_pred - y).abs().mean()",
        "mean *absolute* error",
    ),
    safe_mse(
        "if len(y_pred) != len(y):\n"
        '    raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")\n'
        "return ((y_pred - y) ** 2).mean()",
        "must raise a ValueError",
    ),
    safe_mse(
        "if y_pred.ndim != y.ndim:\n"
        '    raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")\n'
        "return ((y_pred - y) ** 2).mean()",
        "(3, 1) and (1, 1) must raise too",
    ),
    safe_mse(
        "if y_pred.shape != y.shape:\n"
        '    raise ValueError("the shapes differ")\n'
        "return ((y_pred - y) ** 2).mean()",
        "Name y_pred's shape",
    ),
    safe_mse(
        "if y_pred.shape != y.shape:\n"
        '    raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")\n'
        "return torch.tensor(((y_pred - y) ** 2).mean().item())",
        "Autograd lost track",
    ),
    make_scheduler(
        "return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=200)",
        "The rate is still high",
    ),
    make_scheduler(
        "return torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)",
        "No jumps at the end",
    ),
    make_scheduler(
        "return torch.optim.lr_scheduler.StepLR(optimizer, 150)",
        "The rate is still high",
    ),
    make_scheduler(
        "scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=300)",
        "Return a scheduler",
    ),
    make_scheduler(
        "return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)",
        "The rate is still high",
    ),
    predict_points(
        "with torch.inference_mode():\n"
        "    t_pred = model(((raw - feature_mean) / feature_std).to(device)).cpu()\n"
        "return (t_pred * point_std + point_mean).squeeze(1)",
        "answered in train mode",
    ),
    predict_points(
        "scaled = (raw - raw.mean(dim=0)) / raw.std(dim=0)\n"
        "model.eval()\n"
        "with torch.inference_mode():\n"
        "    t_pred = model(scaled.to(device)).cpu()\n"
        "return (t_pred * point_std + point_mean).squeeze(1)",
        "whose mean and standard deviation",
    ),
    predict_points(
        "scaled = (raw - feature_mean) / feature_std\n"
        "model.eval()\n"
        "with torch.inference_mode():\n"
        "    return model(scaled.to(device)).cpu().squeeze(1)",
        "back to points",
    ),
    predict_points(
        "scaled = (raw - feature_mean) / feature_std\n"
        "model.eval()\n"
        "with torch.inference_mode():\n"
        "    t_pred = model(scaled.to(device)).cpu()\n"
        "return t_pred * point_std + point_mean",
        "Shape for 4 patients:",
    ),
    predict_points(
        "scaled = (raw - feature_mean) / feature_std\n"
        "model.eval()\n"
        "with torch.inference_mode():\n"
        "    t_pred = model(scaled.to(device)).cpu()\n"
        "return (t_pred * point_std + point_mean).squeeze()",
        "One patient alone",
    ),
    predict_points(
        "model.eval()\n"
        "with torch.inference_mode():\n"
        "    t_pred = model(raw.to(device)).cpu()\n"
        "return (t_pred * point_std + point_mean).squeeze(1)",
        "The points:",
    ),
    safe_mse(
        "if y_pred.shape != y.shape:\n"
        '    raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")\n'
        "return (y_pred - y).mean() ** 2",
        "Square each error first",
    ),
    safe_mse(
        "if y_pred.ndim != y.ndim or len(y_pred) != len(y):\n"
        '    raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")\n'
        "return ((y_pred - y) ** 2).mean()",
        "(3, 1) and (3, 2), too",
    ),
    momentum_step(VELOCITY + STEP, "Return the new velocity, a tensor."),
    momentum_step(
        "w.grad += momentum * velocity\n" + STEP.replace("velocity", "w.grad") + "return w.grad",
        "w.grad has changed",
    ),
    momentum_step(STEP + VELOCITY + "return velocity", "w after three steps"),
    parabola(
        ABC.replace("nn.Parameter(torch.randn(1))", "torch.randn(1)"), FORMULA, "what registers"
    ),
    parabola(
        "self.parts = nn.ParameterList(torch.randn(1) for _ in range(3))",
        FORMULA,
        "Name them a, b and c",
    ),
    parabola(ABC.replace("randn(1)", "randn(())"), FORMULA, "Each parameter has shape (1,)"),
    parabola(
        ABC.replace("randn(1))", "randn(1), requires_grad=False)"),
        FORMULA,
        "One of them can't learn",
    ),
    parabola(ABC, FORMULA.replace("return ", ""), "forward returns nothing yet"),
    parabola(ABC, "return (self.a * x**2 + self.b * x + self.c).sum()", "answers of shape (4, 1)"),
    parabola(ABC, "return (self.a * x + self.b) * x + self.b", "2x² + 3x + 5 at 0, 1 and 2"),
    parabola(ABC.replace("randn", "rand"), FORMULA, "in this order, without a seed"),
    parabola(
        ABC, "return self.a.data * x**2 + self.b.data * x + self.c.data", "carry no slopes back"
    ),
    fit_line(LOSS + "loss.backward()\noptimizer.step()\n" + NOTE, "slopes of which epochs"),
    fit_line(
        LOSS + "loss.backward()\noptimizer.step()\n" + NOTE,
        "slopes of which epochs",
        before="optimizer.zero_grad()",
    ),
    fit_line(
        LOSS + "optimizer.zero_grad()\noptimizer.step()\nloss.backward()\n" + NOTE,
        "It never changes",
    ),
    fit_line(LOSS + "optimizer.zero_grad()\nloss.backward()\n" + NOTE, "It never changes"),
    fit_line(
        LOSS + "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\n" + NOTE,
        "losses of 60 epochs",
        epochs=100,
    ),
    fit_line(
        LOSS + "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\n" + NOTE,
        "not the five steps",
        lr=0.01,
    ),
    fit_line(
        LOSS + "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\n" + LOSS + NOTE,
        "not the five steps",
    ),
    fit_line(
        LOSS.replace("mse_loss", "l1_loss")
        + "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\n"
        + NOTE,
        "not the five steps",
    ),
    safe_mse(REFUSE + "return ((y_pred - y) ** 2).mean().item()", "so that backward works"),
    safe_mse(REFUSE + "return ((y_pred - y) ** 2).mean(dim=0)", "Return one number, shape ()"),
    safe_mse(REFUSE + "return ((y_pred - y) ** 2).sum()", "the sum of the squares"),
    safe_mse(REFUSE + "return ((y_pred - y) ** 2).mean().sqrt()", "Errors of 1 and 3"),
    safe_mse(
        REFUSE.replace("{tuple(y.shape)}", "") + "return ((y_pred - y) ** 2).mean()",
        "Name y's shape",
    ),
    fit_with("dropout" if 0 else "Epochs 2 and 3", train="model.train() if _ == 0 else None"),
    fit_with("must run in eval mode", eval="pass"),
    fit_with("Even the first epoch", train="model.eval()"),
    fit_with("must be untracked", switch="enable_grad"),
    fit_with("Evaluate on X_val", inputs="X_train"),
    fit_with("the validation losses are not", kept="loss.item()"),
    fit_with("Two passes an epoch", inputs="model(X_val)"),
    fit(
        FIT.format(**WHOLE).replace("        optimizer.step()\n", ""),
        "the validation losses are not",
    ),
    fit(
        FIT.format(**WHOLE).replace("        optimizer.zero_grad()\n", ""),
        "the validation losses are not",
    ),
    fit(
        FIT.format(**WHOLE).replace("model(X_train), y_train", "model(X_val), 0.7 * X_val + 0.3"),
        "Train on X_train, tracked",
    ),
    make_scheduler(f"return {SCHEDULERS}.CosineAnnealingLR", "Return a scheduler"),
    make_scheduler(
        "other = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.02)\n"
        f"return {SCHEDULERS}.CosineAnnealingLR(other, T_max=300)",
        "made for another optimizer",
    ),
    make_scheduler(f"return {SCHEDULERS}.CosineAnnealingLR(optimizer, T_max=1000)", "still high"),
    make_scheduler(f"return {SCHEDULERS}.StepLR(optimizer, 10)", "No jumps at the end"),
    (
        "01.7",
        SAVE + LOAD.replace('    model.load_state_dict(state["model"])\n', ""),
        "are not those saved",
    ),
    (
        "01.7",
        SAVE
        + LOAD.replace(
            'optimizer.load_state_dict(state["optimizer"])',
            'optimizer.state.update(zip(model.parameters(), state["optimizer"]["state"].values(), strict=True))',
        ),
        "its learning rate isn't",
    ),
    (
        "01.7",
        SAVE + LOAD.replace('torch.set_rng_state(state["random"])', "torch.manual_seed(1)"),
        "Shuffles will differ",
    ),
    predict_points(SCALE + PREDICT + POINTS.replace("return ", ""), "returns nothing yet"),
    predict_points(SCALE + PREDICT + POINTS + ".tolist()", "Return a tensor."),
    predict_points(SCALE + "model.eval()\npred = model(scaled).cpu()\n" + POINTS, "still tracked"),
    predict_points(
        "raw -= feature_mean\nraw /= feature_std\nscaled = raw.to(device)\n" + PREDICT + POINTS,
        "raw itself has changed",
    ),
    predict_points(
        SCALE + PREDICT + POINTS.replace("point_std + point_mean", "point_std - point_mean"),
        "The points:",
    ),
    predict_points(
        SCALE + PREDICT + POINTS.replace(".squeeze(1)", '.squeeze(1).to("meta")'),
        "belongs on the CPU",
    ),
]

WRONG += [
    ("01.7", SAVE + LOAD.replace('    return state["epoch"]\n', ""), "return the epoch"),
    (
        "01.7",
        SAVE + LOAD.replace('    optimizer.load_state_dict(state["optimizer"])\n', ""),
        "without its velocity",
    ),
    (
        "01.7",
        SAVE + LOAD.replace('    scheduler.load_state_dict(state["scheduler"])\n', ""),
        "The scheduler starts anew",
    ),
    (
        "01.7",
        (SAVE + LOAD)
        .replace("part.state_dict()", "part")
        .replace("=True", "=False")
        .replace('"])\n', '"].state_dict())\n')
        .replace('state["random"].state_dict()', 'state["random"]'),
        "save states, not objects",
    ),
    make_scheduler(f"return {SCHEDULERS}.MultiStepLR(optimizer, [290])", "No jumps at the end"),
    make_scheduler(
        f"return {SCHEDULERS}.LinearLR(optimizer, 0.001, 1.0, total_iters=3000)",
        "No jumps at the end",
    ),
    momentum_step(
        VELOCITY + "w.requires_grad_(False)\nw -= lr * velocity\nreturn velocity",
        "Tracking stays off",
    ),
    momentum_step(
        "torch.set_grad_enabled(False)\n" + VELOCITY + "w -= lr * velocity\nreturn velocity",
        "Tracking stays off",
    ),
    momentum_step(
        VELOCITY.replace("momentum *", "0.8 *") + STEP.replace("lr *", "0.1 *") + "return velocity",
        "are both used",
    ),
    momentum_step(VELOCITY + "return velocity", "w has not moved."),
    fit_line(
        LOSS + "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\n" + NOTE,
        "not the five steps",
        lr=1.0,
    ),
    safe_mse(
        "if y_pred.numel() != y.numel() or y_pred.ndim != y.ndim:\n"
        '    raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")\n'
        "return ((y_pred - y) ** 2).mean()",
        "(3, 1) and (1, 3) must raise",
    ),
    safe_mse(
        "if y_pred.shape[0] != y.shape[0] or y_pred.shape[-1] != y.shape[-1]:\n"
        '    raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")\n'
        "return ((y_pred - y) ** 2).mean()",
        "(3, 3) and (3,) must raise",
    ),
    safe_mse(
        REFUSE + "y -= y_pred.detach()\nreturn ((y_pred - y_pred.detach() - y) ** 2).mean()",
        "y itself has changed",
    ),
    fit_line(
        LOSS.replace("model(X)", "model(X_train)")
        + "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\n"
        + NOTE,
        "not the five steps",
    ),
    momentum_step(VELOCITY + STEP + "w.grad = None\nreturn velocity", "w.grad has changed"),
    safe_mse(
        REFUSE + "return torch.tensor(((y_pred - y) ** 2).mean().item(), requires_grad=True)",
        "Autograd lost track",
    ),
    fit_with("Epochs 2 and 3", train="model.training = True"),
    (
        "01.7",
        (SAVE + LOAD).replace('return state["epoch"]', "return scheduler.last_epoch"),
        "return the epoch",
    ),
    predict_points(
        SCALE
        + "model.training = False\nwith torch.inference_mode():\n    pred = model(scaled).cpu()\n"
        + POINTS,
        "answered in train mode",
    ),
    predict_points(SCALE + PREDICT + "return (pred * point_std).squeeze(1)", "The points:"),
]

RIGHT = [
    fit_with(train="[m.train() for m in model.modules() if isinstance(m, nn.Dropout)]"),
    momentum_step("velocity.mul_(momentum).add_(w.grad)\nw.data -= lr * velocity\nreturn velocity"),
    momentum_step(
        "new = w.grad + velocity * momentum\nwith torch.no_grad():\n    w.sub_(new, alpha=lr)\nreturn new"
    ),
    momentum_step(
        "v = torch.add(w.grad, velocity, alpha=momentum)\nwith torch.no_grad():\n    w[:] = w - lr * v\nreturn v"
    ),
    parabola(ABC, "return (self.a * x + self.b) * x + self.c"),
    parabola(
        ABC,
        "return torch.cat([x**2, x, torch.ones_like(x)], dim=1) @ torch.stack([self.a, self.b, self.c])",
    ),
    parabola(
        'for name in "abc":\n    self.register_parameter(name, nn.Parameter(torch.randn(1)))',
        FORMULA,
    ),
    fit_line(LOSS + "loss.backward()\noptimizer.step()\noptimizer.zero_grad()\n" + NOTE),
    fit_line("optimizer.zero_grad()\n" + LOSS + "loss.backward()\noptimizer.step()\n" + NOTE),
    fit_line(LOSS + "model.zero_grad()\nloss.backward()\noptimizer.step()\n" + NOTE),
    safe_mse(REFUSE + "return nn.functional.mse_loss(y_pred, y)"),
    safe_mse(REFUSE + "error = y_pred - y\nreturn (error * error).sum() / error.numel()"),
    safe_mse(
        "if y_pred.shape == y.shape:\n    return (y_pred - y).pow(2).mean()\n"
        'raise ValueError("got " + str(tuple(y_pred.shape)) + " and " + str(tuple(y.shape)))'
    ),
    fit_with(),
    fit_with(switch="no_grad"),
    fit_with(train="model.train(True)", eval="model.train(False)"),
    make_scheduler(f"return {SCHEDULERS}.ExponentialLR(optimizer, gamma=0.985)"),
    make_scheduler(f"return {SCHEDULERS}.LinearLR(optimizer, 1.0, 0.0, total_iters=300)"),
    make_scheduler(f"return {SCHEDULERS}.LambdaLR(optimizer, lambda epoch: 1 - epoch / 300)"),
    ("01.7", SAVE + LOAD),
    ("01.7", (SAVE + LOAD).replace('"random"', '"rng"').replace('"epoch"', '"finished"')),
    (
        "01.7",
        """
def save_run(path, model, optimizer, scheduler, epoch):
    parts = [part.state_dict() for part in (model, optimizer, scheduler)]
    torch.save([*parts, epoch, torch.get_rng_state()], path)


def load_run(path, model, optimizer, scheduler):
    *states, epoch, random_state = torch.load(path, weights_only=True)
    for part, state in zip((model, optimizer, scheduler), states, strict=True):
        part.load_state_dict(state)
    torch.random.set_rng_state(random_state)
    return epoch
""",
    ),
    predict_points(
        "was_training = model.training\n" + SCALE + PREDICT + "model.train(was_training)\n" + POINTS
    ),
    predict_points(
        SCALE + "with torch.no_grad():\n    pred = model.eval()(scaled).cpu()[:, 0]\n"
        "return pred * point_std + point_mean"
    ),
    predict_points(SCALE + "model.eval()\npred = model(scaled).detach().cpu()\n" + POINTS),
]
