"""What is measured: each function returns the rows of one table of benchmarks/README.md.

The bare loop and the loop of published courses are written out here, plainly.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset, TensorDataset
from torchvision import transforms
from torchvision.datasets import FashionMNIST
from torchvision.transforms import v2

from benchmarks.frameworks import FRAMEWORKS
from benchmarks.measure import Table, interleave, ratios, seconds, spread
from benchmarks.recipe import (
    MixedPrecision,
    TestTimeFlip,
    fit,
    hidden_layer,
    linear,
    pictures,
)
from helper_functions import (
    DATA_DIR,
    TensorLoader,
    accuracy,
    get_device,
    set_seeds,
    small_resnet,
    tiny_vgg,
    train,
    train_step,
)

BATCH_SIZE, LR = 32, 0.1
TO_FLOAT = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
Loader = Iterable[tuple[Tensor, Tensor]]


def sgd(model: nn.Module) -> torch.optim.SGD:
    """Return the optimizer of the published courses."""
    return torch.optim.SGD(model.parameters(), LR)


def bare_loop(model: nn.Module, loader: Loader, optimizer: torch.optim.Optimizer) -> None:
    """Train for one epoch and keep nothing: the limit."""
    loss_fn, device = nn.CrossEntropyLoss(), get_device()
    for X, y in loader:
        X, y = X.to(device, non_blocking=True), y.to(device, non_blocking=True)
        loss = loss_fn(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def published_loop(
    model: nn.Module, train_loader: Loader, test_loader: Loader, epochs: int
) -> list[float]:
    """Train and test as published courses do; return each epoch's batch-averaged accuracy."""
    loss_fn, optimizer, device, history = nn.CrossEntropyLoss(), sgd(model), get_device(), []
    for _ in range(epochs):
        train_loss, test_loss, test_accuracy = 0.0, 0.0, 0.0
        for X, y in train_loader:
            X, y = X.to(device), y.to(device)
            model.train()
            loss = loss_fn(model(X), y)
            train_loss += loss.item()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.inference_mode():
            for X, y in test_loader:
                X, y = X.to(device), y.to(device)
                logits = model(X)
                test_loss += loss_fn(logits, y).item()
                test_accuracy += (logits.argmax(dim=1) == y).sum().item() / len(y)
        history.append(test_accuracy / len(test_loader))
    return history


def first(data: FashionMNIST, n: int) -> Subset:
    """Return the first n examples of a dataset."""
    return Subset(data, range(min(n, len(data))))


def input_pipelines(n: int, repeats: int) -> Table:
    """Compare ways to feed one epoch of the bare loop: n pictures, TinyVGG a fifth of them."""
    X, y = (tensor[:n] for tensor in pictures(train=True))
    X_device, y_device = X.to(get_device()), y.to(get_device())
    as_pil = {
        "`DataLoader` over PIL pictures, `ToTensor`": (transforms.ToTensor(), 0),
        "the same, v2 `ToImage` and `ToDtype`": (TO_FLOAT, 0),
        "the same, 2 workers": (TO_FLOAT, 2),
    }
    options = {"batch_size": BATCH_SIZE, "shuffle": True}

    def loaders(n: int) -> dict[str, Loader]:
        cut = list(TensorLoader(X_device[:n], y_device[:n], **options))
        made = {"batches already cut": cut}
        made["`TensorLoader`"] = TensorLoader(X_device[:n], y_device[:n], **options)
        dataset = TensorDataset(X[:n], y[:n])
        made["`TensorDataset` and `DataLoader`"] = DataLoader(dataset, **options)
        for name, (transform, n_workers) in as_pil.items():
            data = first(FashionMNIST(DATA_DIR, transform=transform), n)
            made[name] = DataLoader(data, num_workers=n_workers, **options)
        return made

    columns = {}
    builds = {"linear": linear, "hidden layer": hidden_layer, "TinyVGG": tiny_vgg}
    for column, build in builds.items():

        def prepare(loader: Loader, build: Callable = build) -> Callable[[], object]:
            set_seeds(42)
            model = build().to(get_device())
            return partial(bare_loop, model, loader, sgd(model))

        size = n // 5 if build is tiny_vgg else n
        cases = {name: partial(prepare, loader) for name, loader in loaders(size).items()}
        columns[column] = ratios(interleave(cases, repeats), "batches already cut")
    names = columns["linear"]
    return [{"input": name, **{c: columns[c][name] for c in columns}} for name in names]


def loops(n: int, repeats: int) -> Table:
    """Compare training loops on the linear model over n pictures, in batches already cut."""
    device = get_device()
    X, y = (tensor[:n].to(device) for tensor in pictures(train=True))
    batches = list(TensorLoader(X, y, batch_size=BATCH_SIZE))
    trained: dict[str, nn.Module] = {}

    def prepare(name: str, run: Callable) -> Callable[[], object]:
        set_seeds(42)
        trained[name] = model = linear().to(device)
        return partial(run, model, sgd(model))

    def by_framework(name: str) -> Callable[[], object]:
        set_seeds(42)
        run, trained[name] = FRAMEWORKS[name](batches, device)
        return run

    def item_per_batch(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        loss_fn, total, right = nn.CrossEntropyLoss(), 0.0, 0
        for X, y in batches:
            logits = model(X)
            loss = loss_fn(logits, y)
            total += loss.item()
            right += (logits.argmax(dim=1) == y).sum().item()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def ours(model: nn.Module, optimizer: torch.optim.Optimizer, metric: object) -> None:
        train(model, batches, None, nn.CrossEntropyLoss(), optimizer, 1, metric=metric)

    runs = {
        "the bare loop": lambda model, optimizer: bare_loop(model, batches, optimizer),
        "the bare loop, again": lambda model, optimizer: bare_loop(model, batches, optimizer),
        "`train`, loss": partial(ours, metric=None),
        "`train`, loss and accuracy": partial(ours, metric=accuracy),
        "`.item()` per batch, loss and accuracy": item_per_batch,
    }
    cases = {name: partial(prepare, name, run) for name, run in runs.items()}
    missing = []
    for name in FRAMEWORKS:
        module = name.lower()
        if importlib.util.find_spec(module) is None:
            missing.append(name)
        else:
            cases[f"{name}, loss and accuracy"] = partial(by_framework, name)
    times = ratios(interleave(cases, repeats), "the bare loop")
    weights = {name: model[1].weight.detach().cpu() for name, model in trained.items()}
    for name, weight in weights.items():
        if not torch.allclose(weight, weights["the bare loop"], atol=1e-4):
            raise RuntimeError(f"{name} did not train as the bare loop does")
    rows = [{"loop": name, "linear model": ratio} for name, ratio in times.items()]
    return rows + [{"loop": name, "linear model": "not installed"} for name in missing]


def _reached(history: list[float], clock: list[float], goal: float) -> float:
    """Return the time at which an accuracy was reached first; infinity if it never was."""
    reached = [t for t, value in zip(clock, history, strict=True) if value >= goal]
    return reached[0] if reached else float("inf")


class Clock:
    """A loader of test pictures that notes when each pass over it ends."""

    def __init__(self, loader: TensorLoader) -> None:
        self.loader, self.start, self.times = loader, time.perf_counter(), []

    def __iter__(self) -> Iterable:
        """Yield the batches; then note the time since the clock was made."""
        yield from self.loader
        self.times.append(time.perf_counter() - self.start)


# The short one was chosen among five by validation, on 50,000 pictures and 10,000; the long one is
# the recipe of notebook 04, but for the number of epochs.
SHORT = {"epochs": 4, "flip": False, "batch_size": 128, "lr": 0.1, "anneal": "cos"}
RECIPES = {
    "recipe in 4 epochs: no flips, batches of 128, cosine": SHORT,
    "recipe in 10 epochs, with test-time flip": {"epochs": 10},
}
GOALS = (0.88, 0.90, 0.91, 0.92, 0.93)


def race(n: int, repeats: int, *, epochs: int = 3, recipes: dict | None = None) -> Table:
    """Train TinyVGG as published and as this course does, and the recipe, in turn per seed.

    Every time includes the tests after each epoch, on the 10,000 pictures of the test set.
    """
    device = get_device()
    (X, y), (X_test, y_test) = pictures(train=True), pictures(train=False)
    X, y, n_test = X[:n], y[:n], min(n, 10_000)
    X_test, y_test = X_test[:n_test], y_test[:n_test]
    rows: dict[str, dict[str, list[float]]] = {}

    def note(name: str, elapsed: float, history: list[float], clock: list[float]) -> None:
        row = rows.setdefault(name, {key: [] for key in ("time", "accuracy", *map(str, GOALS))})
        row["time"].append(elapsed)
        row["accuracy"].append(history[-1])
        for goal in GOALS:
            row[str(goal)].append(_reached(history, clock, goal))

    def published() -> None:
        loaders = [
            DataLoader(
                first(FashionMNIST(DATA_DIR, train=split, transform=transforms.ToTensor()), n),
                batch_size=BATCH_SIZE,
                shuffle=split,
            )
            for split in (True, False)
        ]
        model, history = tiny_vgg().to(device), []
        elapsed = seconds(lambda: history.extend(published_loop(model, *loaders, epochs)))
        with torch.inference_mode():
            logits = [model(batch) for batch in X_test.to(device).split(500)]
        true = accuracy(torch.cat(logits), y_test.to(device)).mean().item()
        note("TinyVGG, as published courses run it", elapsed, [true], [elapsed])

    def ours() -> None:
        model = tiny_vgg().to(device, memory_format=torch.channels_last)
        start = time.perf_counter()
        loader = TensorLoader(X.to(device), y.to(device), batch_size=BATCH_SIZE, shuffle=True)
        clock = Clock(TensorLoader(X_test.to(device), y_test.to(device), batch_size=500))
        options = {"metric": accuracy}
        history = train(model, loader, clock, nn.CrossEntropyLoss(), sgd(model), epochs, **options)
        elapsed = time.perf_counter() - start
        note("TinyVGG, as this course runs it", elapsed, history["val_accuracy"], clock.times)

    def recipe(name: str, seed: int, options: dict) -> None:
        start = time.perf_counter()
        mean, std = X.mean(), X.std()
        data = ((X - mean) / std).to(device), y.to(device)
        test = ((X_test - mean) / std).to(device), y_test.to(device)
        clock = Clock(TensorLoader(*test, batch_size=500))
        clock.start = start

        def wrap(model: nn.Module) -> nn.Module:
            return MixedPrecision(TestTimeFlip(model) if options.get("flip", True) else model)

        _, history = fit(small_resnet, data, clock, seed=seed, wrap=wrap, **options)
        note(name, time.perf_counter() - start, history["val_accuracy"], clock.times)

    for seed in range(42, 42 + repeats):
        for run in (published, ours):
            set_seeds(seed)
            run()
        for name, options in (RECIPES if recipes is None else recipes).items():
            recipe(name, seed, options)
        print(f"  seed {seed}", {k: [round(x, 3) for x in v["time"]] for k, v in rows.items()})
    base = rows["TinyVGG, as published courses run it"]["time"]
    table = []
    for name, row in rows.items():
        cells = {"run": name, "time": spread(_over(row["time"], base))}
        cells["test accuracy at the end"] = spread([100 * a for a in row["accuracy"]], 1) + " %"
        for goal in GOALS:
            n_reached = sum(t < float("inf") for t in row[str(goal)])
            median = sorted(_over(row[str(goal)], base))[repeats // 2]
            text = f"{median:.2f}" if median < float("inf") else "not reached"
            cells[f"{goal:.0%}"] = f"{text}, {n_reached} of {repeats}"
        table.append(cells)
    return table


def _over(values: list[float], base: list[float]) -> list[float]:
    """Divide two lists element by element."""
    return [mine / other for mine, other in zip(values, base, strict=True)]


IMPORTS = {  # a notebook's first cell asks the helpers for about these
    "`import torch`": "import torch",
    "`import helper_functions`": "import helper_functions",
    "what notebook 02 takes from it": "from helper_functions import accuracy, check, get_device, "
    "set_seeds, show, train",
    "`import torch, torchvision`": "import torch, torchvision",
}


def imports(n: int, repeats: int) -> Table:
    """Compare what it takes a fresh Python to import something; n is not used."""
    cases = {
        name: lambda command=(sys.executable, "-c", code): partial(
            subprocess.run, command, check=True
        )
        for name, code in IMPORTS.items()
    }
    times = ratios(interleave(cases, repeats), "`import torch`")
    return [{"statement": name, "time": ratio} for name, ratio in times.items()]


def costs(n: int, repeats: int) -> Table:
    """Vary the number of examples, the batch size and the width of TinyVGG, one at a time."""
    device = get_device()
    X, y = (tensor[:n].to(device) for tensor in pictures(train=True))
    half = n // 2

    def prepare(n: int, batch_size: int, width: int) -> Callable[[], object]:
        set_seeds(42)
        model = tiny_vgg(width=width).to(device, memory_format=torch.channels_last)
        loader = TensorLoader(X[:n], y[:n], batch_size=batch_size, shuffle=True)
        loss_fn, optimizer = nn.CrossEntropyLoss(), sgd(model)
        return partial(train_step, model, loader, loss_fn, optimizer, metric=accuracy)

    base = f"{half:,} examples, batches of 32, width 10"
    cases = {base: partial(prepare, half, BATCH_SIZE, 10)}
    for share in (4, 2):
        cases[f"{half // share:,} examples"] = partial(prepare, half // share, BATCH_SIZE, 10)
    cases[f"{n:,} examples"] = partial(prepare, n, BATCH_SIZE, 10)
    for batch_size in (8, 128, 512):
        cases[f"batches of {batch_size}"] = partial(prepare, half, batch_size, 10)
    for width in (5, 20, 40):
        cases[f"width {width}"] = partial(prepare, half, BATCH_SIZE, width)
    times = ratios(interleave(cases, repeats), base)
    return [{"TinyVGG, one epoch": name, "time": ratio} for name, ratio in times.items()]
