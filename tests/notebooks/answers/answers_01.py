"""Wrong answers to the exercises of notebook 01: (id, source, hint that must come)."""

WRONG = [
    (
        "01.1",
        """
def momentum_step(w, velocity, lr, momentum):
    velocity = momentum * velocity + w.grad
    w = w - lr * velocity
    return velocity
""",
        "w has not moved",
    ),
    (
        "01.1",
        """
def momentum_step(w, velocity, lr, momentum):
    velocity = momentum * velocity + w.grad
    w -= lr * velocity
    return velocity
""",
        "leaf Variable",
    ),
    (
        "01.1",
        """
def momentum_step(w, velocity, lr, momentum):
    velocity = momentum * velocity + (1 - momentum) * w.grad
    with torch.no_grad():
        w -= lr * velocity
    return velocity
""",
        "the whole gradient",
    ),
    (
        "01.1",
        """
def momentum_step(w, velocity, lr, momentum):
    velocity = momentum * velocity + lr * w.grad
    with torch.no_grad():
        w -= velocity
    return velocity
""",
        "the whole gradient",
    ),
    (
        "01.1",
        """
def momentum_step(w, velocity, lr, momentum):
    velocity = momentum * velocity + w.grad
    with torch.no_grad():
        w += lr * velocity
    return velocity
""",
        "w must lose",
    ),
    (
        "01.1",
        """
def momentum_step(w, velocity, lr, momentum):
    velocity = w.grad
    with torch.no_grad():
        w -= lr * velocity
    return velocity
""",
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
        "maps 0, 1, 2",
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
        "by randn, in this order",
    ),
    (
        "01.3",
        """
def fit_line(X, y, epochs=60, lr=0.1):
    set_seeds(42)
    model = nn.Linear(1, 1).to(X.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    optimizer.zero_grad()
    losses = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(X), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()
""",
        "slopes of which",
    ),
    (
        "01.3",
        """
def fit_line(X, y, epochs=60, lr=0.1):
    set_seeds(42)
    model = nn.Linear(1, 1).to(X.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(X), y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()
""",
        "It never changes",
    ),
    (
        "01.3",
        """
def fit_line(X, y, epochs=100, lr=0.1):
    set_seeds(42)
    model = nn.Linear(1, 1).to(X.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()
""",
        "Leave the number of epochs",
    ),
    (
        "01.3",
        """
def fit_line(X, y, epochs=60, lr=0.01):
    set_seeds(42)
    model = nn.Linear(1, 1).to(X.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()
""",
        "Leave the seed, lr and MSE",
    ),
    (
        "01.4",
        """
def safe_mse(y_pred, y):
    if y_pred.shape != y.shape:
        raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")
    return (y_pred - y).abs().mean()
""",
        "is one number, 4",
    ),
    (
        "01.4",
        """
def safe_mse(y_pred, y):
    if len(y_pred) != len(y):
        raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")
    return ((y_pred - y) ** 2).mean()
""",
        "must raise a ValueError",
    ),
    (
        "01.4",
        """
def safe_mse(y_pred, y):
    if y_pred.ndim != y.ndim:
        raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")
    return ((y_pred - y) ** 2).mean()
""",
        "(3, 1) and (1, 1) must raise too",
    ),
    (
        "01.4",
        """
def safe_mse(y_pred, y):
    if y_pred.shape != y.shape:
        raise ValueError("the shapes differ")
    return ((y_pred - y) ** 2).mean()
""",
        "Name both as tuples",
    ),
    (
        "01.4",
        """
def safe_mse(y_pred, y):
    if y_pred.shape != y.shape:
        raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")
    return torch.tensor(((y_pred - y) ** 2).mean().item())
""",
        "Autograd lost track",
    ),
    (
        "01.5",
        """
def fit(model, epochs=3):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    val_losses = []
    model.train()
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(X_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.inference_mode():
            val_losses.append(nn.functional.mse_loss(model(X_val), y_val))
    return torch.stack(val_losses).tolist()
""",
        "must run in eval mode",
    ),
    (
        "01.5",
        """
def fit(model, epochs=3):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    val_losses = []
    model.train()
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(X_train), y_train)
        model.train()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.eval()
        with torch.inference_mode():
            val_losses.append(nn.functional.mse_loss(model(X_val), y_val))
    return torch.stack(val_losses).tolist()
""",
        "Epochs 2 and 3",
    ),
    (
        "01.6",
        """
def make_scheduler(optimizer):
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=200)
""",
        "The rate is still high",
    ),
    (
        "01.6",
        """
def make_scheduler(optimizer):
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
""",
        "The rate fell too early",
    ),
    (
        "01.6",
        """
def make_scheduler(optimizer):
    return torch.optim.lr_scheduler.StepLR(optimizer, 150)
""",
        "The rate is still high",
    ),
    (
        "01.6",
        """
def make_scheduler(optimizer):
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=300)
""",
        "Return a scheduler",
    ),
    (
        "01.6",
        """
def make_scheduler(optimizer):
    return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
""",
        "The rate is still high",
    ),
    (
        "01.7",
        """
def save_run(path, model, optimizer, scheduler, epoch):
    torch.save(
        {
            "model": model.state_dict(),
            "scheduler": scheduler.state_dict(),
            "epoch": epoch,
            "random": torch.get_rng_state(),
        },
        path,
    )


def load_run(path, model, optimizer, scheduler):
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    scheduler.load_state_dict(state["scheduler"])
    torch.set_rng_state(state["random"])
    return state["epoch"]
""",
        "without its velocity",
    ),
    (
        "01.7",
        """
def save_run(path, model, optimizer, scheduler, epoch):
    torch.save(
        {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "epoch": epoch,
            "random": torch.get_rng_state(),
        },
        path,
    )


def load_run(path, model, optimizer, scheduler):
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"])
    return state["epoch"]
""",
        "The scheduler starts anew",
    ),
    (
        "01.7",
        """
def save_run(path, model, optimizer, scheduler, epoch):
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    torch.save({name: part.state_dict() for name, part in parts.items()} | {"epoch": epoch}, path)


def load_run(path, model, optimizer, scheduler):
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    set_seeds(42)
    return state["epoch"]
""",
        "Shuffles will differ",
    ),
    (
        "01.7",
        """
def save_run(path, model, optimizer, scheduler, epoch):
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    torch.save({name: part.state_dict() for name, part in parts.items()}, path)


def load_run(path, model, optimizer, scheduler):
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
""",
        "must return the epoch",
    ),
    (
        "01.8",
        """
def predict_points(model, raw):
    with torch.inference_mode():
        t_pred = model(((raw - feature_mean) / feature_std).to(device)).cpu()
    return (t_pred * point_std + point_mean).squeeze(1)
""",
        "still in train mode",
    ),
    (
        "01.8",
        """
def predict_points(model, raw):
    scaled = (raw - raw.mean(dim=0)) / raw.std(dim=0)
    model.eval()
    with torch.inference_mode():
        t_pred = model(scaled.to(device)).cpu()
    return (t_pred * point_std + point_mean).squeeze(1)
""",
        "whose mean do you subtract",
    ),
    (
        "01.8",
        """
def predict_points(model, raw):
    scaled = (raw - feature_mean) / feature_std
    model.eval()
    with torch.inference_mode():
        return model(scaled.to(device)).cpu().squeeze(1)
""",
        "back to points",
    ),
    (
        "01.8",
        """
def predict_points(model, raw):
    scaled = (raw - feature_mean) / feature_std
    model.eval()
    with torch.inference_mode():
        t_pred = model(scaled.to(device)).cpu()
    return t_pred * point_std + point_mean
""",
        "not (n, 1)",
    ),
    (
        "01.8",
        """
def predict_points(model, raw):
    scaled = (raw - feature_mean) / feature_std
    model.eval()
    with torch.inference_mode():
        t_pred = model(scaled.to(device)).cpu()
    return (t_pred * point_std + point_mean).squeeze()
""",
        "One patient alone",
    ),
    (
        "01.8",
        """
def predict_points(model, raw):
    model.eval()
    with torch.inference_mode():
        t_pred = model(raw.to(device)).cpu()
    return (t_pred * point_std + point_mean).squeeze(1)
""",
        "Scale in like train",
    ),
    (
        "01.4",
        """
def safe_mse(y_pred, y):
    if y_pred.shape != y.shape:
        raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")
    return (y_pred - y).mean() ** 2
""",
        "Square each error, then average",
    ),
    (
        "01.4",
        """
def safe_mse(y_pred, y):
    if y_pred.ndim != y.ndim or len(y_pred) != len(y):
        raise ValueError(f"{tuple(y_pred.shape)} {tuple(y.shape)}")
    return ((y_pred - y) ** 2).mean()
""",
        "(3, 1) and (3, 2), too",
    ),
]
