"""Wrong answers to the exercises of notebook 02: (id, source, hint that must come)."""

WRONG = [
    (
        "02.1",
        """
def predict_labels(logits, threshold=0.5):
    return (logits > threshold).float()
""",
        "Which did you compare",
    ),
    (
        "02.1",
        """
def predict_labels(logits, threshold=0.5):
    return torch.sigmoid(logits).round()
""",
        "is the threshold used",
    ),
    (
        "02.1",
        """
def predict_labels(logits, threshold=0.5):
    return torch.sigmoid(logits) > threshold
""",
        "wanted as float32",
    ),
    (
        "02.1",
        """
def predict_labels(logits, threshold=0.5):
    return (torch.sigmoid(logits) > threshold).float().squeeze(1)
""",
        "the shape of the logits",
    ),
    (
        "02.2",
        """
def fit_sides(X, y, epochs=300, lr=0.5):
    set_seeds(42)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=5.0)
    losses = []
    for _ in range(epochs):
        y_pred = torch.sigmoid(model(X)).round()
        loss = nn.functional.binary_cross_entropy(y_pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()
""",
        "which line is flat",
    ),
    (
        "02.2",
        """
def fit_sides(X, y, epochs=300, lr=0.5):
    set_seeds(42)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        y_pred = torch.sigmoid(model(X))
        loss = nn.functional.binary_cross_entropy_with_logits(y_pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()
""",
        "is this a cross-entropy",
    ),
    (
        "02.2",
        """
def fit_sides(X, y, epochs=300, lr=0.5):
    set_seeds(42)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        y_pred = (model(X) > 0).float()
        loss = nn.functional.binary_cross_entropy(y_pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()
""",
        "does not require grad",
    ),
    (
        "02.2",
        """
def fit_sides(X, y, epochs=300, lr=0.1):
    set_seeds(42)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = nn.functional.binary_cross_entropy_with_logits(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()
""",
        "Keep lr",
    ),
    (
        "02.3",
        """
def share_right(model, X, y):
    with torch.inference_mode():
        labels = (model(X) > 0).float()
    return (labels == y.unsqueeze(0)).float().mean().item()
""",
        "the comparison's shape",
    ),
    (
        "02.3",
        """
def share_right(model, X, y):
    with torch.inference_mode():
        labels = (model(X) > 0).float()
    return (labels == y).sum().item() / len(y)
""",
        "More than all",
    ),
    (
        "02.3",
        """
def share_right(model, X, y):
    with torch.inference_mode():
        labels = (model(X) > 0).float().squeeze(1)
    return float(torch.equal(labels, y))
""",
        "three of ten",
    ),
    (
        "02.4",
        """
class LearnedLeak(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope = torch.tensor([0.25], requires_grad=True)

    def forward(self, x):
        return torch.where(x > 0, x, self.slope * x)
""",
        "what registers it",
    ),
    (
        "02.4",
        """
class LearnedLeak(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor([0.25]))

    def forward(self, x):
        return torch.maximum(x, self.slope * x)
""",
        "if the slope is 1.5",
    ),
    (
        "02.4",
        """
class LearnedLeak(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor([0.25]))

    def forward(self, x):
        return torch.relu(x) + self.slope * x
""",
        "Positive numbers must stay",
    ),
    (
        "02.4",
        """
class LearnedLeak(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor([0.25]))

    def forward(self, x):
        return torch.where(x > 0, x, self.slope.item() * x).requires_grad_()
""",
        "no gradient",
    ),
    (
        "02.5",
        """
def count_dead(layer, X):
    return (torch.relu(layer(X)) == 0).any(dim=0).sum().item()
""",
        "for some rows only",
    ),
    (
        "02.5",
        """
def count_dead(layer, X):
    return (torch.relu(layer(X)) == 0).all(dim=1).sum().item()
""",
        "rows counted, ReLU forgotten",
    ),
    (
        "02.5",
        """
def count_dead(layer, X):
    return (layer.bias < 0).sum().item()
""",
        "One too many",
    ),
    (
        "02.5",
        """
def count_dead(layer, X):
    return (torch.relu(layer(X)) == 0).all(dim=0).sum()
""",
        "Return an int",
    ),
    (
        "02.6",
        """
def fit_moons(X, y):
    set_seeds(42)
    model = nn.Sequential(nn.Linear(2, 16), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    train(model, [(X, y)], None, nn.BCEWithLogitsLoss(), optimizer, 500)
    return model
""",
        "A straight line stops near",
    ),
    (
        "02.6",
        """
def fit_moons(X, y):
    set_seeds(42)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    train(model, [(X, y)], None, nn.BCELoss(), optimizer, 500)
    return model
""",
        "are these logits",
    ),
    (
        "02.6",
        """
def fit_moons(X, y):
    set_seeds(42)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return train(model, [(X, y)], None, nn.BCEWithLogitsLoss(), optimizer, 500)
""",
        "Return the trained model",
    ),
    (
        "02.6",
        """
def fit_moons(X, y):
    set_seeds(42)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    train(model, [(X, y)], None, nn.BCEWithLogitsLoss(), optimizer, 200)
    return model
""",
        "A straight line stops near",
    ),
    (
        "02.7",
        """
def fit_best(model, epochs=200):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_fn, best_loss = nn.BCEWithLogitsLoss(), float("inf")
    for _ in range(epochs):
        val_loss = train(model, few_batch, more_batch, loss_fn, optimizer, 1)["val_loss"][0]
        if val_loss < best_loss:
            best_loss = val_loss
            best_state = dict(model.state_dict())
    model.load_state_dict(best_state)
    return model, best_loss
""",
        "is still the model of the last epoch",
    ),
    (
        "02.7",
        """
def fit_best(model, epochs=200):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_fn, best_loss = nn.BCEWithLogitsLoss(), float("inf")
    for _ in range(epochs):
        val_loss = train(model, few_batch, more_batch, loss_fn, optimizer, 1)["val_loss"][0]
        if val_loss < best_loss:
            best_loss = val_loss
            best_state = copy.copy(model.state_dict())
    model.load_state_dict(best_state)
    return model, best_loss
""",
        "is still the model of the last epoch",
    ),
    (
        "02.7",
        """
def fit_best(model, epochs=200):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_fn, best_loss = nn.BCEWithLogitsLoss(), float("inf")
    for _ in range(epochs):
        val_loss = train(model, few_batch, more_batch, loss_fn, optimizer, 1)["val_loss"][0]
        best_state = copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    return model, val_loss
""",
        "lowest validation loss",
    ),
    (
        "02.7",
        """
def fit_best(model, epochs=200):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_fn, best_loss = nn.BCEWithLogitsLoss(), float("inf")
    best_state = copy.deepcopy(model.state_dict())
    for _ in range(epochs):
        val_loss = train(model, few_batch, more_batch, loss_fn, optimizer, 1)["val_loss"][0]
        best_loss = min(best_loss, val_loss)
    model.load_state_dict(best_state)
    return model, best_loss
""",
        "not the one that had",
    ),
    (
        "02.8",
        """
def scale(train_part, val_part):
    return tuple((part - part.mean(dim=0)) / part.std(dim=0) for part in (train_part, val_part))
""",
        "whose statistics are these",
    ),
    (
        "02.8",
        """
def scale(train_part, val_part):
    mean, std = train_part.mean(), train_part.std()
    return (train_part - mean) / std, (val_part - mean) / std
""",
        "mean 0",
    ),
    (
        "02.8",
        """
def scale(train_part, val_part):
    mean, std = train_part.mean(dim=0), train_part.std(dim=0)
    return (train_part - mean) / std, val_part - mean
""",
        "The same row must get the same numbers",
    ),
    (
        "02.8",
        """
def scale(train_part, val_part):
    mean, std = val_part.mean(dim=0), val_part.std(dim=0)
    train_mean, train_std = train_part.mean(dim=0), train_part.std(dim=0)
    return (train_part - train_mean) / train_std, (val_part - mean) / std
""",
        "whose statistics are these",
    ),
    (
        "02.9",
        """
def precision_recall(y_true, y_pred):
    hits = (y_true * y_pred).sum()
    return (hits / y_true.sum()).item(), (hits / y_pred.sum()).item()
""",
        "Precision first",
    ),
    (
        "02.9",
        """
def precision_recall(y_true, y_pred):
    hits = (y_true * y_pred).sum()
    return (hits / y_pred.sum()).item(), (hits / y_true.sum()).item()
""",
        "no alarm at all",
    ),
    (
        "02.9",
        """
def precision_recall(y_true, y_pred):
    hits = (y_true == y_pred).sum()
    return (hits / y_pred.sum()).item(), (hits / y_true.sum()).item()
""",
        "the recall is not right",
    ),
    (
        "02.9",
        """
def precision_recall(y_true, y_pred):
    hits = (y_true * y_pred).sum().item()
    if y_pred.sum() == 0:
        return 0.0, 0.0
    return hits / y_pred.sum().item(), hits / y_true.sum().item()
""",
        "no tumor at all",
    ),
    (
        "02.10",
        """
def cheapest(probs, labels, thresholds, miss, false_alarm):
    def cost(t):
        alarm, tumor = probs > t, labels == 1
        return false_alarm * (tumor & ~alarm).sum() + miss * (~tumor & alarm).sum()

    return min(sorted(thresholds), key=cost)
""",
        "yours avoids false alarms",
    ),
    (
        "02.10",
        """
def cheapest(probs, labels, thresholds, miss, false_alarm):
    def cost(t):
        return ((probs > t) != (labels == 1)).sum()

    return min(sorted(thresholds), key=cost)
""",
        "both costs used",
    ),
    (
        "02.10",
        """
def cheapest(probs, labels, thresholds, miss, false_alarm):
    def cost(t):
        alarm, tumor = probs > t, labels == 1
        return miss * (tumor & ~alarm).sum() + false_alarm * (~tumor & alarm).sum()

    return min(thresholds, key=cost)
""",
        "the lowest is wanted",
    ),
    (
        "02.10",
        """
def cheapest(probs, labels, thresholds, miss, false_alarm):
    def cost(t):
        alarm, tumor = probs > t, labels == 1
        return miss * (tumor & ~alarm).sum() + false_alarm * (~tumor & alarm).sum()

    return min(cost(t) for t in sorted(thresholds)).item() + 0.001
""",
        "Return one of the given thresholds",
    ),
]
