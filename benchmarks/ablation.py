"""Measure what each ingredient of notebook 04's recipe is worth: python -m benchmarks.ablation.

Every variant is trained on 50,000 pictures and judged on the other 10,000 of FashionMNIST's
training set; the test set is not read. First the peak learning rate of each variant that may need
another one is chosen, at a seed of its own; then each variant is trained with five seeds. Both
tables are written to data/ablation/, about an hour on a CPU core; a row that is there already is
not computed again.
"""

from __future__ import annotations

import argparse
import csv
from functools import partial
from pathlib import Path

from benchmarks.recipe import PEAK_LR, fit, flip_accuracy, split
from helper_functions import TensorLoader, get_device, small_resnet, tiny_vgg

FOLDER = Path(__file__).resolve().parent.parent / "data" / "ablation"
COLUMNS = ["variant", "lr", "seed", "epochs", "val_accuracy", "val_accuracy_flip"]
EPOCHS, SEEDS, TUNING_SEED, RATES = 6, (42, 43, 44, 45, 46), 41, (0.5, 0.2, 0.05, 0.02)

# What differs from the recipe; those named in TUNED get the best of RATES.
VARIANTS = {
    "full recipe": {},
    "no batch norm": {"build": partial(small_resnet, norm=False)},
    "no residual connections": {"build": partial(small_resnet, skip=False)},
    "constant learning rate": {"one_cycle": False},
    "no flips": {"flip": False},
    "no label smoothing": {"label_smoothing": 0.0},
    "no weight decay": {"weight_decay": 0.0},
    "no momentum": {"momentum": 0.0},
    "TinyVGG": {"build": tiny_vgg},
}
TUNED = ("full recipe", "no batch norm", "constant learning rate", "no momentum", "TinyVGG")


def measure(variant: str, lr: float, seed: int, epochs: int = EPOCHS, n: int = 50_000) -> list[str]:
    """Train a variant on n of the 50,000 and return its row of the table."""
    (X, y), (X_val, y_val) = split()
    mean, std = X.mean(), X.std()
    device = get_device()
    train_data = ((X[:n] - mean) / std).to(device), y[:n].to(device)
    val_data = ((X_val - mean) / std).to(device), y_val.to(device)
    options = {"build": small_resnet, **VARIANTS[variant]}
    build = options.pop("build")
    model, _ = fit(build, train_data, None, epochs=epochs, seed=seed, lr=lr, **options)
    plain, flipped = flip_accuracy(model, TensorLoader(*val_data, batch_size=500))
    return [variant, str(lr), str(seed), str(epochs), f"{plain:.4f}", f"{flipped:.4f}"]


def read(path: Path) -> list[list[str]]:
    """Return a table's rows, none if there is no file yet."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def fill(path: Path, variant: str, lr: float, seed: int) -> None:
    """Add a row to a table, unless it is there."""
    rows = read(path)
    if [variant, str(lr), str(seed)] in [row[:3] for row in rows]:
        return
    row = measure(variant, lr, seed)
    print(path.stem, *row, flush=True)
    rows = [*read(path), row]  # read again: another process may have added one
    rows.sort(key=lambda row: (list(VARIANTS).index(row[0]), -float(row[1]), int(row[2])))
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])


def best_rate(variant: str) -> float:
    """Return the learning rate that a variant does best at; the recipe's if it is not tuned."""
    rows = [row for row in read(FOLDER / "learning_rates.csv") if row[0] == variant]
    return float(max(rows, key=lambda row: float(row[5]))[1]) if rows else PEAK_LR


def main() -> None:
    """Fill both tables for the variants asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help="all, if none is named")
    variants = parser.parse_args().variants or list(VARIANTS)
    if unknown := set(variants) - set(VARIANTS):
        parser.error(f"unknown variants {sorted(unknown)}; there are {list(VARIANTS)}")
    for variant in variants:
        for lr in RATES if variant in TUNED else ():
            fill(FOLDER / "learning_rates.csv", variant, lr, TUNING_SEED)
    for seed in SEEDS:
        for variant in variants:
            fill(FOLDER / "fashion_mnist.csv", variant, best_rate(variant), seed)


if __name__ == "__main__":
    main()
