"""Wrong answers to the exercises of notebook 04: (id, source, hint that must come)."""

WRONG = [
    (
        "04.1",
        """
def standardize(X_train, X_other):
    mean, std = X_other.mean(), X_other.std()
    return (X_train - mean) / std, (X_other - mean) / std
""",
        "does not come out with mean 0",
    ),
    (
        "04.1",
        """
def standardize(X_train, X_other):
    return (X_train - X_train.mean()) / X_train.std(), (X_other - X_other.mean()) / X_other.std()
""",
        "your result hides it",
    ),
    (
        "04.1",
        """
def standardize(X_train, X_other):
    mean = X_train.mean()
    return (X_train - mean) / X_train.std(), (X_other - mean) / X_other.std()
""",
        "same two numbers",
    ),
    (
        "04.1",
        """
def standardize(X_train, X_other):
    everything = torch.cat([X_train, X_other])
    return (X_train - everything.mean()) / X_train.std(), (X_other - X_train.mean()) / X_train.std()
""",
        "does not come out with mean 0",
    ),
    (
        "04.2",
        """
class Only:
    def __init__(self, pixels, labels, keep):
        self.pixels, self.labels, self.keep = pixels, labels, keep

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        X = self.pixels[i].unsqueeze(0).float() / 255
        return X, self.keep.index(self.labels[i].item())
""",
        "number of pictures that are kept",
    ),
    (
        "04.2",
        """
class Only:
    def __init__(self, pixels, labels, keep):
        mask = torch.isin(labels, torch.tensor(keep))
        self.pixels, self.labels = pixels[mask], labels[mask]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.pixels[i].unsqueeze(0).float() / 255, self.labels[i].item()
""",
        "positions in keep, not classes",
    ),
    (
        "04.2",
        """
class Only:
    def __init__(self, pixels, labels, keep):
        mask = torch.isin(labels, torch.tensor(keep))
        self.pixels, self.labels, self.keep = pixels, labels[mask], keep

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        X = self.pixels[i].unsqueeze(0).float() / 255
        return X, self.keep.index(self.labels[i].item())
""",
        "not the kept ones",
    ),
    (
        "04.2",
        """
class Only:
    def __init__(self, pixels, labels, keep):
        mask = torch.isin(labels, torch.tensor(keep))
        self.pixels, self.labels, self.keep = pixels[mask], labels[mask], keep

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.pixels[i].unsqueeze(0).float(), self.keep.index(self.labels[i].item())
""",
        "between 0 and 1",
    ),
    (
        "04.3",
        """
def true_accuracy(batch_accuracies, batch_sizes):
    return sum(batch_accuracies) / len(batch_accuracies)
""",
        "weighs too much",
    ),
    (
        "04.3",
        """
def true_accuracy(batch_accuracies, batch_sizes):
    full, last = batch_sizes[0], batch_sizes[-1]
    right = sum(batch_accuracies[:-1]) * full + batch_accuracies[-1] * last
    return right / (full * (len(batch_sizes) - 1) + last)
""",
        "each batch's own size",
    ),
    (
        "04.3",
        """
def true_accuracy(batch_accuracies, batch_sizes):
    return sum(batch_accuracies[:-1]) / (len(batch_accuracies) - 1)
""",
        "was dropped",
    ),
    (
        "04.3",
        """
def true_accuracy(batch_accuracies, batch_sizes):
    return sum(a * n for a, n in zip(batch_accuracies, batch_sizes)) / len(batch_sizes)
""",
        "More than 100 %",
    ),
    (
        "04.3",
        """
def true_accuracy(batch_accuracies, batch_sizes):
    right = sum(a * n for a, n in zip(batch_accuracies, batch_sizes))
    return right / (batch_sizes[0] * len(batch_sizes))
""",
        "16, 32 and 2",
    ),
    (
        "04.4",
        """
def my_conv2d(picture, weight, bias):
    k = weight.shape[-1]
    height, width = picture.shape[1] - k + 1, picture.shape[2] - k + 1
    out = torch.zeros(len(weight), height, width)
    for row in range(height):
        for column in range(width):
            window = picture[:, row : row + k, column : column + k]
            out[:, row, column] = (weight * window).sum(dim=(1, 2, 3))
    return out
""",
        "The bias is missing",
    ),
    (
        "04.4",
        """
def my_conv2d(picture, weight, bias):
    k = weight.shape[-1]
    height, width = picture.shape[1] - k + 1, picture.shape[2] - k + 1
    out = torch.zeros(len(weight), height, width)
    for row in range(height):
        for column in range(width):
            window = picture[:, row : row + k, column : column + k]
            out[:, row, column] = (weight * window + bias.view(-1, 1, 1, 1)).sum(dim=(1, 2, 3))
    return out
""",
        "added for each product",
    ),
    (
        "04.4",
        """
def my_conv2d(picture, weight, bias):
    k = weight.shape[-1]
    height, width = picture.shape[1] - k + 1, picture.shape[2] - k + 1
    out = torch.zeros(len(weight), height, width)
    for row in range(height):
        for column in range(width):
            window = picture[0, row : row + k, column : column + k]
            out[:, row, column] = (weight[:, 0] * window).sum(dim=(1, 2)) + bias
    return out
""",
        "all channels",
    ),
    (
        "04.4",
        """
def my_conv2d(picture, weight, bias):
    k = weight.shape[-1]
    height, width = picture.shape[1] - k, picture.shape[2] - k
    out = torch.zeros(len(weight), height, width)
    for row in range(height):
        for column in range(width):
            window = picture[:, row : row + k, column : column + k]
            out[:, row, column] = (weight * window).sum(dim=(1, 2, 3)) + bias
    return out
""",
        "Height and width",
    ),
    (
        "04.5",
        """
def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1


n_after = 15
""",
        "Return an int",
    ),
    (
        "04.5",
        """
def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + padding - dilation * (kernel_size - 1) - 1) // stride + 1


n_after = 15
""",
        "both sides",
    ),
    (
        "04.5",
        """
def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - kernel_size) // stride + 1


n_after = 15
""",
        "Dilation is off",
    ),
    (
        "04.5",
        """
def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - (kernel_size + dilation - 1)) // stride + 1


n_after = 15
""",
        "Dilation is off",
    ),
    (
        "04.5",
        """
def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


n_after = 16
""",
        "one after the other",
    ),
    (
        "04.6",
        """
def small_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 32, kernel_size=3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 64 * 64, 3)
    )
""",
        "The pooling belongs",
    ),
    (
        "04.6",
        """
def small_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 32, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(1),
        nn.Flatten(),
        nn.Linear(32 * 64 * 64, 3),
    )
""",
        "before pooling",
    ),
    (
        "04.6",
        """
def small_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 32, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(4),
        nn.Flatten(),
        nn.Linear(32 * 16 * 16, 3),
    )
""",
        "Mend only the last layer",
    ),
    (
        "04.6",
        """
def small_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 32, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 32, 3),
    )
""",
        "both count",
    ),
    (
        "04.7",
        """
def tiny_vgg_for(channels, size, width, n_classes):
    layers = []
    for _ in range(2):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * 7 * 7, n_classes))
""",
        "in color with 3 classes",
    ),
    (
        "04.7",
        """
def tiny_vgg_for(channels, size, width, n_classes):
    layers = []
    for _ in range(2):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    n_left = round(size / 4)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * n_left * n_left, n_classes))
""",
        "30, then 15, then",
    ),
    (
        "04.7",
        """
def tiny_vgg_for(channels, size, width, n_classes):
    layers = []
    for _ in range(2):
        layers += [nn.Conv2d(channels, width, 3, padding=1)]
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.AvgPool2d(2)]
        channels = width
    n_left = size // 2 // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * n_left * n_left, n_classes))
""",
        "ReLUs after convolutions",
    ),
    (
        "04.7",
        """
def tiny_vgg_for(channels, size, width, n_classes):
    layers = []
    for _ in range(2):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    n_left = size // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * n_left * n_left, n_classes))
""",
        "must give (2, 10)",
    ),
    (
        "04.8",
        """
def mean_loss(model, loader, loss_fn):
    total, n = 0.0, 0
    with torch.inference_mode():
        for X, y in loader:
            total += float(loss_fn(model(X), y)) * len(y)
            n += len(y)
    return total / n
""",
        "still asks for a number",
    ),
    (
        "04.8",
        """
def mean_loss(model, loader, loss_fn):
    total, n = 0.0, 0
    with torch.inference_mode():
        for X, y in loader:
            total += loss_fn(model(X), y) * len(y)
            n += len(y)
    return total / n
""",
        "Return a Python float",
    ),
    (
        "04.8",
        """
def mean_loss(model, loader, loss_fn):
    losses = []
    with torch.inference_mode():
        for X, y in loader:
            losses.append(loss_fn(model(X), y))
    return torch.stack(losses).mean().item()
""",
        "the short batch",
    ),
    (
        "04.8",
        """
def mean_loss(model, loader, loss_fn):
    total, n = 0.0, 0
    with torch.inference_mode():
        for X, y in loader:
            total += loss_fn(model(X), y).item() * len(y)
            n += len(y)
    return total / n
""",
        "still asks for a number",
    ),
    (
        "04.9",
        """
def my_batch_norm(X, running_mean, running_var, training):
    mean, var = X.mean(), X.var(unbiased=False)
    return (X - mean) / (var + 1e-5).sqrt()
""",
        "each channel needs mean 0",
    ),
    (
        "04.9",
        """
def my_batch_norm(X, running_mean, running_var, training):
    if training:
        mean, var = X.mean(dim=(0, 2, 3)), X.var(dim=(0, 2, 3))
    else:
        mean, var = running_mean, running_var
    shape = (1, -1, 1, 1)
    return (X - mean.view(shape)) / (var.view(shape) + 1e-5).sqrt()
""",
        "Each channel needs spread 1",
    ),
    (
        "04.9",
        """
def my_batch_norm(X, running_mean, running_var, training):
    mean = X.mean(dim=(0, 2, 3), keepdim=True)
    var = X.var(dim=(0, 2, 3), keepdim=True, unbiased=False)
    return (X - mean) / (var + 1e-5).sqrt()
""",
        "Eval mode",
    ),
    (
        "04.9",
        """
def my_batch_norm(X, running_mean, running_var, training):
    if training:
        mean = X.mean(dim=(0, 2, 3), keepdim=True)
        var = X.var(dim=(0, 2, 3), keepdim=True, unbiased=False)
    else:
        mean, var = running_mean, running_var
    return (X - mean) / (var + 1e-5).sqrt()
""",
        "Eval mode",
    ),
    (
        "04.10",
        """
def turn_half(X):
    coin = torch.rand(len(X)) < 0.5
    return torch.where(coin.view(-1, 1, 1, 1).to(X.device), X.flip(3), X)
""",
        "Left and right were swapped",
    ),
    (
        "04.10",
        """
def turn_half(X):
    coin = torch.rand(1) < 0.5
    return torch.where(coin.view(-1, 1, 1, 1).to(X.device), X.flip(2), X)
""",
        "one coin for all",
    ),
    (
        "04.10",
        """
def turn_half(X):
    coin = torch.rand(X.shape) < 0.5
    return torch.where(coin.to(X.device), X.flip(2), X)
""",
        "neither as it was",
    ),
    (
        "04.10",
        """
def turn_half(X):
    coin = torch.arange(len(X)) % 2 == 0
    return torch.where(coin.view(-1, 1, 1, 1).to(X.device), X.flip(2), X)
""",
        "Two calls",
    ),
    (
        "04.11",
        """
def predict(model, pixels, mean, std):
    X = (pixels.float() / 255 - mean) / std
    model.eval()
    with torch.inference_mode():
        value, index = model(X).softmax(dim=1).max(dim=1)
    return index[0].item(), value[0].item()
""",
        "4 axes",
    ),
    (
        "04.11",
        """
def predict(model, pixels, mean, std):
    X = ((pixels.float() - mean) / std).view(1, 1, *pixels.shape)
    model.eval()
    with torch.inference_mode():
        value, index = model(X).softmax(dim=1).max(dim=1)
    return index.item(), value.item()
""",
        "Too bright",
    ),
    (
        "04.11",
        """
def predict(model, pixels, mean, std):
    X = ((pixels.float() / 255 - mean) / std).view(1, 1, *pixels.shape)
    with torch.inference_mode():
        value, index = model(X).softmax(dim=1).max(dim=1)
    return index.item(), value.item()
""",
        "in train mode",
    ),
    (
        "04.11",
        """
def predict(model, pixels, mean, std):
    X = ((pixels.float() / 255 - mean) / std).view(1, 1, *pixels.shape)
    model.eval()
    with torch.inference_mode():
        value, index = model(X).max(dim=1)
    return index.item(), value.item()
""",
        "not its probability",
    ),
    (
        "04.11",
        """
def predict(model, pixels, mean, std):
    X = ((pixels.float() / 255 - mean) / std).view(1, 1, *pixels.shape)
    model.eval()
    with torch.inference_mode():
        value, index = model(X).softmax(dim=1).max(dim=1)
    return index.item(), value.item()
""",
        "Move X to the model's device",
    ),
    (
        "04.11",
        """
def predict(model, pixels, mean, std):
    X = (pixels.float() / 255).view(1, 1, *pixels.shape)
    model.eval()
    with torch.inference_mode():
        value, index = model(X).softmax(dim=1).max(dim=1)
    return index.item(), value.item()
""",
        "with mean and std",
    ),
]
