"""Wrong answers to the exercises of notebook 05: (id, source, hint that must come)."""

WRONG = [
    (
        "05.1",
        """
def count_pictures(root):
    endings = {".jpg", ".jpeg", ".png"}
    return {
        folder.name: sum(path.suffix in endings for path in folder.iterdir())
        for folder in root.iterdir()
        if folder.is_dir()
    }
""",
        "end in capitals",
    ),
    (
        "05.1",
        """
def count_pictures(root):
    return {f.name: len(list(f.iterdir())) for f in root.iterdir() if f.is_dir()}
""",
        "that are no pictures",
    ),
    (
        "05.1",
        """
def count_pictures(root):
    counts = {}
    for path in root.glob("*/*"):
        if path.suffix.lower() in {".jpg", ".jpeg", ".png"}:
            counts[path.parent.name] = counts.get(path.parent.name, 0) + 1
    return counts
""",
        "it counts 0",
    ),
    (
        "05.1",
        """
def count_pictures(root):
    endings = {".jpg", ".jpeg", ".png"}
    return {f.name: sum(p.suffix.lower() in endings for p in f.glob("*")) for f in root.iterdir()}
""",
        "is not a class",
    ),
    (
        "05.1",
        """
def count_pictures(root):
    endings = {".jpg"}
    return {
        folder.name: sum(path.suffix.lower() in endings for path in folder.iterdir())
        for folder in root.iterdir()
        if folder.is_dir()
    }
""",
        "Three kinds",
    ),
    (
        "05.2",
        """
class Shrink:
    def __init__(self, size):
        self.size = size

    def __call__(self, picture):
        return picture.thumbnail((self.size, self.size))
""",
        "must return a PIL picture",
    ),
    (
        "05.2",
        """
class Shrink:
    def __init__(self, size):
        self.size = size

    def __call__(self, picture):
        picture.thumbnail((self.size, self.size))
        return picture
""",
        "passed in has changed",
    ),
    (
        "05.2",
        """
class Shrink:
    def __init__(self, size):
        self.resize = v2.Resize(size)

    def __call__(self, picture):
        return self.resize(picture)
""",
        "the longer one must",
    ),
    (
        "05.2",
        """
class Shrink:
    def __init__(self, size):
        self.size = size

    def __call__(self, picture):
        factor = self.size / max(picture.size)
        return picture.resize([max(1, round(factor * side)) for side in picture.size])
""",
        "must not grow",
    ),
    (
        "05.2",
        """
class Shrink:
    def __init__(self, size):
        self.size = size

    def __call__(self, picture):
        factor = min(1, self.size / picture.width)
        return picture.resize([max(1, round(factor * side)) for side in picture.size])
""",
        "taller than wide",
    ),
    (
        "05.3",
        """
def pipeline(size):
    return v2.Compose(
        [v2.Resize((size, size)), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    )
""",
        "as 0 or above",
    ),
    (
        "05.3",
        """
def pipeline(size):
    return v2.Compose(
        [
            v2.Resize((size, size)),
            v2.ToImage(),
            v2.ToDtype(torch.float32),
        ]
    )
""",
        "several hundred",
    ),
    (
        "05.3",
        """
def pipeline(size):
    half = [0.5, 0.5, 0.5]
    steps = [v2.Resize(size), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    return v2.Compose([*steps, v2.Normalize(mean=half, std=half)])
""",
        "shape must be",
    ),
    (
        "05.3",
        """
def pipeline(size):
    steps = [v2.Resize((size, size)), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    return v2.Compose([*steps, v2.Normalize(mean=[1.0] * 3, std=[1.0] * 3)])
""",
        "but white is not 1",
    ),
    (
        "05.3",
        """
def pipeline(size):
    steps = [v2.Resize((size, size)), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    return v2.Compose([*steps, v2.Normalize(mean=[0.5] * 3, std=[1.0] * 3)])
""",
        "but not -1",
    ),
    (
        "05.4",
        """
class Drawings(Dataset):
    def __init__(self, root):
        self.classes = sorted(path.name for path in root.iterdir() if path.is_dir())
        files = sorted(root.glob("*/*"))
        self.files = [path for path in files if is_picture(path)]
        self.labels = [self.classes.index(path.parent.name) for path in files][: len(self.files)]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        return load_picture(self.files[i]), self.labels[i]
""",
        "labels are shifted",
    ),
    (
        "05.4",
        """
class Drawings(Dataset):
    def __init__(self, root):
        self.classes = sorted(path.name for path in root.iterdir() if path.is_dir())
        self.files = sorted(root.glob("*/*"))
        self.labels = [self.classes.index(path.parent.name) for path in self.files]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        return load_picture(self.files[i]), self.labels[i]
""",
        "5 pictures, and 2 damaged",
    ),
    (
        "05.4",
        """
class Drawings(Dataset):
    def __init__(self, root):
        self.classes = sorted(path.name for path in root.iterdir() if path.is_dir())
        files = sorted(root.glob("*/*"))
        self.files = [path for path in files if is_picture(path)]
        self.labels = [self.classes.index(path.parent.name) for path in files][-len(self.files) :]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        return load_picture(self.files[i]), self.labels[i]
""",
        "first picture of all",
    ),
    (
        "05.5",
        """
def skip_collate(items):
    items = [(torch.zeros(3, 5, 4), 0) if item is None else item for item in items]
    return torch.utils.data.default_collate(items)
""",
        "leave them out",
    ),
    (
        "05.5",
        """
def skip_collate(items):
    items = [item for item in items if item is not None]
    return torch.stack([X for X, _ in items]), torch.tensor([label for _, label in items])
""",
        "If nothing is left",
    ),
    (
        "05.5",
        """
def skip_collate(items):
    items = [item for item in items if item is not None]
    return torch.stack([X for X, _ in items]), [label for _, label in items]
""",
        "must be a tensor",
    ),
    (
        "05.5",
        """
def skip_collate(items):
    items = [item for item in items if item is not None]
    return torch.stack([X for X, _ in items]), torch.tensor([float(label) for _, label in items])
""",
        "must be integers",
    ),
    (
        "05.6",
        """
def diagnose(train_losses, val_losses, guess):
    if val_losses[-1] > 1.2 * train_losses[-1]:
        return "overfit"
    return ("underfit" if train_losses[-1] > 0.7 * guess else "fit")
""",
        "A gap alone",
    ),
    (
        "05.6",
        """
def diagnose(train_losses, val_losses, guess):
    if val_losses[-1] > 1.2 * val_losses[0]:
        return "overfit"
    return ("underfit" if train_losses[-1] > 0.7 * guess else "fit")
""",
        "last val loss against the lowest",
    ),
    (
        "05.6",
        """
def diagnose(train_losses, val_losses, guess):
    if val_losses[-1] > 1.2 * min(val_losses):
        return "overfit"
    return ("underfit" if val_losses[-1] > 0.75 * guess else "fit")
""",
        "with 0.7 times",
    ),
    (
        "05.7",
        """
def train_and_keep(model, train_epoch, val_loss, epochs):
    lowest, best_state = float("inf"), None
    for _ in range(epochs):
        train_epoch(model)
        loss = val_loss(model)
        if loss < lowest:
            lowest, best_state = loss, dict(model.state_dict())
    model.load_state_dict(best_state)
    return lowest
""",
        "parameters of the last epoch",
    ),
    (
        "05.7",
        """
def train_and_keep(model, train_epoch, val_loss, epochs):
    lowest, best = float("inf"), None
    for _ in range(epochs):
        train_epoch(model)
        loss = val_loss(model)
        if loss < lowest:
            lowest, best = loss, [p.detach().clone() for p in model.parameters()]
    with torch.no_grad():
        for p, kept in zip(model.parameters(), best):
            p.copy_(kept)
    return lowest
""",
        "buffers (running averages)",
    ),
    (
        "05.7",
        """
def train_and_keep(model, train_epoch, val_loss, epochs):
    lowest, best_state = float("inf"), None
    for _ in range(epochs):
        train_epoch(model)
        loss = val_loss(model)
        if loss < lowest:
            lowest, best_state = loss, copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    return loss
""",
        "should be returned",
    ),
    (
        "05.7",
        """
def train_and_keep(model, train_epoch, val_loss, epochs):
    lowest, best_state = float("inf"), copy.deepcopy(model.state_dict())
    for epoch in range(epochs):
        train_epoch(model)
        loss = val_loss(model)
        if loss < lowest:
            lowest = loss
            if epoch < epochs - 1:
                best_state = copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    return lowest
""",
        "If the last epoch",
    ),
    (
        "05.8",
        """
def balanced_accuracy(y_pred, y, n_classes):
    shares = []
    for k in range(n_classes):
        of_class = y_pred == k
        if of_class.any():
            shares.append((y[of_class] == k).float().mean())
    return torch.stack(shares).mean().item()
""",
        "mean of precisions",
    ),
    (
        "05.8",
        """
def balanced_accuracy(y_pred, y, n_classes):
    return torch.stack([(y_pred[y == k] == k).float().mean() for k in range(n_classes)]).mean().item()
""",
        "It is nan",
    ),
    (
        "05.8",
        """
def balanced_accuracy(y_pred, y, n_classes):
    recalls = [(y_pred[y == k] == k).float().mean() for k in range(n_classes)]
    return torch.stack(recalls).nan_to_num(0).mean().item()
""",
        "never found",
    ),
    (
        "05.8",
        """
def balanced_accuracy(y_pred, y, n_classes):
    return (y_pred == y).float().mean().item()
""",
        "plain accuracy",
    ),
    (
        "05.9",
        """
def picture_weights(labels):
    return 1 / labels.bincount()
""",
        "not per class",
    ),
    (
        "05.9",
        """
def picture_weights(labels):
    return (labels.bincount() / len(labels))[labels]
""",
        "largest weight",
    ),
    (
        "05.9",
        """
def picture_weights(labels):
    counts = labels.bincount()
    return (1 / counts).repeat_interleave(counts).nan_to_num(0)
""",
        "at its own place",
    ),
    (
        "05.9",
        """
def picture_weights(labels):
    counts = labels.bincount().clamp(min=1)
    return (len(labels) / (len(counts) * counts))[labels]
""",
        "sum should be 1",
    ),
    (
        "05.10",
        """
def frozen_features(backbone, X, batch_size):
    with torch.no_grad():
        return torch.cat([backbone(batch) for batch in X.split(batch_size)])
""",
        "running averages have moved",
    ),
    (
        "05.10",
        """
def frozen_features(backbone, X, batch_size):
    backbone.eval()
    return torch.cat([backbone(batch) for batch in X.split(batch_size)])
""",
        "still carry a graph",
    ),
    (
        "05.10",
        """
def frozen_features(backbone, X, batch_size):
    backbone.eval()
    with torch.inference_mode():
        return torch.cat([backbone(batch) for batch in X.split(batch_size)])
""",
        "make an ordinary one",
    ),
    (
        "05.10",
        """
def frozen_features(backbone, X, batch_size):
    backbone.eval()
    with torch.no_grad():
        return backbone(X)
""",
        "larger than batch_size",
    ),
    (
        "05.11",
        """
def prepare(path, size):
    steps = [v2.Resize((size, size)), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    return v2.Normalize([0.5] * 3, [0.5] * 3)(v2.Compose(steps)(load_picture(path)))
""",
        "add one in front",
    ),
    (
        "05.11",
        """
def prepare(path, size):
    steps = [v2.Resize(size), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    return v2.Normalize([0.5] * 3, [0.5] * 3)(v2.Compose(steps)(load_picture(path))).unsqueeze(0)
""",
        "both sides",
    ),
    (
        "05.11",
        """
def prepare(path, size):
    steps = [v2.Resize((size, size)), v2.ToImage(), v2.ToDtype(torch.float32)]
    return v2.Normalize([0.5] * 3, [0.5] * 3)(v2.Compose(steps)(load_picture(path))).unsqueeze(0)
""",
        "scale them",
    ),
    (
        "05.11",
        """
def prepare(path, size):
    steps = [v2.Resize((size, size)), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    picture = Image.open(path).convert("RGB")
    return v2.Normalize([0.5] * 3, [0.5] * 3)(v2.Compose(steps)(picture)).unsqueeze(0)
""",
        "should be white",
    ),
]
