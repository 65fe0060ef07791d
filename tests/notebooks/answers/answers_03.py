"""Wrong answers to the exercises of notebook 03: (id, source, hint that must come)."""

WRONG = [
    (
        "03.1",
        """
def my_softmax(logits):
    return logits.exp() / logits.exp().sum(dim=1, keepdim=True)
""",
        "1000 still gives nan",
    ),
    (
        "03.1",
        """
def my_softmax(logits):
    exps = (logits - logits.max()).exp()
    return exps / exps.sum(dim=0, keepdim=True)
""",
        "not column",
    ),
    (
        "03.1",
        """
def my_softmax(logits):
    exps = (logits - logits.max()).exp()
    return exps / exps.sum(dim=1, keepdim=True)
""",
        "whose largest",
    ),
    (
        "03.1",
        """
def my_softmax(logits):
    exps = logits.clamp(-50, 50).exp()
    return exps / exps.sum(dim=1, keepdim=True)
""",
        "large logits change",
    ),
    (
        "03.2",
        """
def my_cross_entropy(logits, targets):
    return (logits.logsumexp(dim=1, keepdim=True) - logits[:, targets]).mean()
""",
        "own class",
    ),
    (
        "03.2",
        """
def my_cross_entropy(logits, targets):
    exps = logits.exp()
    probs = exps / exps.sum(dim=1, keepdim=True)
    return -probs[torch.arange(len(targets)), targets].log().mean()
""",
        "With logits of 1000",
    ),
    (
        "03.2",
        """
def my_cross_entropy(logits, targets):
    own = logits[torch.arange(len(targets)), targets]
    return (own - logits.logsumexp(dim=1)).mean()
""",
        "mind the sign",
    ),
    (
        "03.2",
        """
def my_cross_entropy(logits, targets):
    own = logits[torch.arange(len(targets)), targets]
    return (logits.logsumexp(dim=1) - own).sum()
""",
        "sum over the examples",
    ),
    (
        "03.2",
        """
def my_cross_entropy(logits, targets):
    own = logits[torch.arange(len(targets)), targets]
    return torch.tensor((logits.logsumexp(dim=1) - own).mean().item())
""",
        "Autograd lost track",
    ),
    (
        "03.3",
        """
def fit_clouds(X, y, epochs=60, lr=0.5):
    set_seeds(42)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4), nn.Softmax(dim=1))
    model.to(X.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        loss = nn.functional.nll_loss(model(X).log(), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model
""",
        "each row adds up to 1",
    ),
    (
        "03.3",
        """
def fit_clouds(X, y, epochs=60, lr=0.5):
    set_seeds(42)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4), nn.LogSoftmax(dim=1))
    model.to(X.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model
""",
        "These are log-probabilities",
    ),
    (
        "03.3",
        """
def fit_clouds(X, y, epochs=60, lr=0.5):
    set_seeds(42)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4), nn.ReLU())
    model.to(X.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model
""",
        "No output is below 0",
    ),
    (
        "03.3",
        """
def fit_clouds(X, y, epochs=600, lr=0.5):
    set_seeds(42)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4), nn.Softmax(dim=1))
    model.to(X.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model
""",
        "each row adds up to 1",
    ),
    (
        "03.4",
        """
def make_net():
    return nn.Sequential(nn.Linear(2, 32), nn.Linear(32, 32), nn.Linear(32, 3))
""",
        "Two hidden layers with ReLU",
    ),
    (
        "03.4",
        """
def make_net():
    return nn.Sequential(
        nn.Linear(2, 32),
        nn.ReLU(),
        nn.Linear(32, 32),
        nn.ReLU(),
        nn.Linear(32, 3),
        nn.Softmax(dim=1),
    )
""",
        "The loss does that itself",
    ),
    (
        "03.4",
        """
def make_net():
    return nn.Sequential(
        nn.Linear(2, 32),
        nn.ReLU(),
        nn.Linear(32, 32),
        nn.ReLU(),
        nn.Linear(32, 3),
        nn.LeakyReLU(),
    )
""",
        "logits as they are",
    ),
    (
        "03.4",
        """
def make_net():
    return nn.Sequential(
        nn.Linear(2, 32),
        nn.ReLU(),
        nn.Linear(32, 3),
        nn.ReLU(),
    )
""",
        "No logit is ever below 0",
    ),
    (
        "03.5",
        """
def fit_tight(X, y):
    set_seeds(42)
    model = nn.Linear(2, 3).to(X.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    train(model, [(X, y)], None, nn.CrossEntropyLoss(), optimizer, 400)
    return model
""",
        "Close to guessing",
    ),
    (
        "03.5",
        """
def fit_tight(X, y):
    set_seeds(42)
    model = nn.Sequential(
        nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3)
    ).to(X.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    train(model, [(X, y)], None, nn.CrossEntropyLoss(), optimizer, 60)
    return model
""",
        "98 % on fresh points",
    ),
    (
        "03.5",
        """
def fit_tight(X, y):
    set_seeds(42)
    model = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 4)).to(X.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    train(model, [(X, y)], None, nn.CrossEntropyLoss(), optimizer, 400)
    return model
""",
        "logits of shape",
    ),
    (
        "03.6",
        """
class ThreeLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 16)
        self.last = nn.Linear(16, 3)

    def forward(self, x):
        return self.last(F.relu(self.first(x)))
""",
        "Keep the three layers",
    ),
    (
        "03.6",
        """
class ThreeLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 16)
        self.second = nn.Linear(16, 16)
        self.last = nn.Linear(16, 3)

    def forward(self, x):
        h = F.relu(self.first(x))
        F.relu(self.second(h), inplace=True)
        return self.last(h)
""",
        "is its result used",
    ),
    (
        "03.6",
        """
class ThreeLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 16)
        self.second = nn.Linear(16, 16)
        self.last = nn.Linear(16, 3)

    def forward(self, x):
        h = self.first(x)
        h = self.second(h)
        return self.last(h)
""",
        "it is not first, ReLU",
    ),
    (
        "03.7",
        """
def range_test(model, X, y, rates):
    trial = copy.deepcopy(model)
    optimizer = torch.optim.SGD(trial.parameters(), lr=rates[0])
    losses = []
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        loss = F.cross_entropy(trial(X), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
""",
        "each rate used, no momentum",
    ),
    (
        "03.7",
        """
def range_test(model, X, y, rates):
    trial = copy.deepcopy(model)
    optimizer = torch.optim.SGD(trial.parameters(), lr=rates[0])
    losses = []
    for rate in rates:
        optimizer.lr = rate
        loss = F.cross_entropy(trial(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
""",
        "each rate used, no momentum",
    ),
    (
        "03.7",
        """
def range_test(model, X, y, rates):
    optimizer = torch.optim.SGD(model.parameters(), lr=rates[0])
    losses = []
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        loss = F.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
""",
        "the model that was given has changed",
    ),
    (
        "03.7",
        """
def range_test(model, X, y, rates):
    trial = copy.deepcopy(model)
    optimizer = torch.optim.SGD(trial.parameters(), lr=rates[0])
    losses = []
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        F.cross_entropy(trial(X), y).backward()
        optimizer.step()
        losses.append(F.cross_entropy(trial(X), y).item())
    return losses
""",
        "before any step",
    ),
    (
        "03.7",
        """
def range_test(model, X, y, rates):
    trial = copy.deepcopy(model)
    optimizer = torch.optim.SGD(trial.parameters(), lr=rates[0])
    losses = []
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        loss = F.cross_entropy(trial(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses
""",
        "Return floats",
    ),
    (
        "03.8",
        """
def class_recalls(matrix):
    recalls = matrix.diagonal() / matrix.sum(dim=0)
    return recalls, recalls.mean().item()
""",
        "rows or columns",
    ),
    (
        "03.8",
        """
def class_recalls(matrix):
    recalls = matrix.diagonal() / matrix.sum(dim=1)
    return recalls, (matrix.diagonal().sum() / matrix.sum()).item()
""",
        "common classes rule",
    ),
    (
        "03.8",
        """
def class_recalls(matrix):
    recalls = matrix.diagonal() / matrix.sum(dim=1)
    return recalls, recalls.mean()
""",
        "must be a Python float",
    ),
    (
        "03.8",
        """
def class_recalls(matrix):
    recalls = matrix.diagonal() / matrix.sum()
    return recalls, recalls.mean().item()
""",
        "which share",
    ),
    (
        "03.9",
        """
def top_k_accuracy(logits, targets, k):
    guesses = logits.topk(k, dim=1).indices
    return (guesses == targets.unsqueeze(1)).float().mean().item()
""",
        "not k times",
    ),
    (
        "03.9",
        """
def top_k_accuracy(logits, targets, k):
    return (logits.argmax(dim=1) == targets).float().mean().item()
""",
        "may any of the k",
    ),
    (
        "03.9",
        """
def top_k_accuracy(logits, targets, k):
    guesses = logits.topk(k, dim=1).indices
    return (guesses[:, 0] == targets).float().mean().item()
""",
        "may any of the k",
    ),
    (
        "03.9",
        """
def top_k_accuracy(logits, targets, k):
    guesses = logits.topk(k, dim=1).indices
    return (guesses == targets.unsqueeze(1)).any(dim=1).float().mean()
""",
        "Return a Python float",
    ),
    (
        "03.9",
        """
def top_k_accuracy(logits, targets, k):
    guesses = logits.topk(k, dim=1, largest=False).indices
    return (guesses == targets.unsqueeze(1)).any(dim=1).float().mean().item()
""",
        "Even top-1",
    ),
    (
        "03.10",
        """
def fit_temperature(logits, targets):
    temperatures = torch.linspace(0.2, 5, 241)
    losses = torch.stack([F.cross_entropy(logits * T, targets) for T in temperatures])
    return temperatures[losses.argmin()].item()
""",
        "yours multiplies them",
    ),
    (
        "03.10",
        """
def fit_temperature(logits, targets):
    temperatures = torch.linspace(0.2, 5, 241)
    scores = torch.stack(
        [((logits / T).argmax(dim=1) == targets).float().mean() for T in temperatures]
    )
    return temperatures[scores.argmax()].item()
""",
        "T must be above 1",
    ),
    (
        "03.10",
        """
def fit_temperature(logits, targets):
    temperatures = torch.linspace(0.2, 5, 241)
    losses = torch.stack([F.cross_entropy(logits / T, targets) for T in temperatures])
    return temperatures[losses.argmax()].item()
""",
        "T must be above 1",
    ),
    (
        "03.10",
        """
def fit_temperature(logits, targets):
    temperatures = torch.linspace(0.2, 5, 241)
    losses = torch.stack([F.cross_entropy(logits / T, targets) for T in temperatures])
    return losses.argmin()
""",
        "Return a Python float",
    ),
]
