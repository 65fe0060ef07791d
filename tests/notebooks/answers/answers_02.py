"""Answers to the exercises of notebook 02: wrong ones with their hints, unusual right ones."""

from textwrap import indent


def answer(number, head):
    """Return a function that makes an answer from the lines of a function's body."""

    def make(lines, *hint):
        return number, f"def {head}:\n" + indent(lines, "    "), *hint

    return make


predict_labels = answer("02.1", "predict_labels(logits, threshold=0.5)")
share_right = answer("02.3", "share_right(model, X, y)")
count_dead = answer("02.4", "count_dead(layer, X)")
fit_moons = answer("02.5", "fit_moons(X, y)")
stop_epoch = answer("02.6", "stop_epoch(val_losses, patience)")
weighted_bce = answer("02.7", "weighted_bce(logits, y, weight_0, weight_1)")
scores = answer("02.8", "scores(y_true, y_pred)")
cheapest = answer("02.9", "cheapest(probs, labels, thresholds, miss, false_alarm)")


def fit_sides(loop, *hint, epochs=300, lr=0.5, seed=42):
    source = f"""def fit_sides(X, y, epochs={epochs}, lr={lr}):
    set_seeds({seed})
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
"""
    return "02.2", source + indent(loop, " " * 8) + "\n    return losses", *hint


LOGITS = "loss = nn.functional.binary_cross_entropy_with_logits(model(X), y)\n"
STEPS = "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nlosses.append(loss.item())"
PREDICT = "with torch.inference_mode():\n    labels = (model(X) > 0).float()\n"
RELU = "outputs = torch.relu(layer(X))\n"
MOONS = """set_seeds(42)
model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
train(model, [(X, y)], None, nn.BCEWithLogitsLoss(), optimizer, 1000)
"""
STOP = """best = 0
for epoch, loss in enumerate(val_losses):
    if loss < val_losses[best]:
        best = epoch
    elif epoch - best >= patience:
        return best, epoch
return best, len(val_losses) - 1"""
EACH = 'each = nn.functional.binary_cross_entropy_with_logits(logits, y, reduction="none")\n'
WEIGHT = "w = torch.where(y == 1, weight_1, weight_0)\n"
COUNTS = """found = (y_true * y_pred).sum().item()
alarms, tumors = y_pred.sum().item(), y_true.sum().item()
precision = found / alarms if alarms else 0.0
recall = found / tumors if tumors else 0.0
f1 = 2 * precision * recall / (precision + recall) if found else 0.0
"""
COSTS = """costs = {}
for t in sorted(thresholds):
    alarm = probs > t
    missed, false = ((labels == 1) & ~alarm).sum(), ((labels == 0) & alarm).sum()
    costs[t] = (miss * missed + false_alarm * false).item()
"""

WRONG = [
    predict_labels("torch.sigmoid(logits) > threshold", "returns nothing yet"),
    predict_labels("return (torch.sigmoid(logits) > threshold).tolist()", "Return a tensor"),
    predict_labels("return torch.sigmoid(logits) > threshold", "wanted as float32"),
    predict_labels("return (torch.sigmoid(logits) > threshold).int()", "wanted as float32"),
    predict_labels("return (torch.sigmoid(logits) > threshold).float().flatten()", "the shape of"),
    predict_labels("return torch.sigmoid(logits)", "Return labels only"),
    predict_labels("return (logits.softmax(dim=1) > threshold).float()", "All labels are equal"),
    predict_labels(
        "return (torch.sigmoid(torch.sigmoid(logits)) > threshold).float()", "All labels are equal"
    ),
    predict_labels(
        "return (torch.sigmoid(logits) > threshold).float().reshape(-1, 1)", "need flat labels"
    ),
    predict_labels("return (logits > threshold).float()", "compared the logit with 0.5"),
    predict_labels(
        "return (torch.sigmoid(logits) < threshold).float()", "the larger probabilities"
    ),
    predict_labels(
        "return (torch.sigmoid(logits) > 1 - threshold**2).float()", "Labels of the logits -2"
    ),
    predict_labels("return torch.sigmoid(logits).round()", "is the threshold used"),
    predict_labels("return (logits > 0).float()", "is the threshold used"),
    predict_labels("return (logits.sigmoid_() > threshold).float()", "logits itself has changed"),
    predict_labels("return (torch.sigmoid(logits) >= threshold).float()", "0.5 is not above 0.5"),
    fit_sides(
        "loss = nn.functional.binary_cross_entropy((model(X) > 0).float().requires_grad_(), y)\n"
        + STEPS,
        "The loss doesn't move",
    ),
    fit_sides(LOGITS + STEPS.replace("optimizer.step()\n", ""), "The loss doesn't move"),
    fit_sides(LOGITS + STEPS, "losses of 300 epochs", epochs=100),
    fit_sides(LOGITS.replace("model(X)", "torch.sigmoid(model(X))") + STEPS, "taken twice"),
    fit_sides(
        "loss = nn.functional.mse_loss(torch.sigmoid(model(X)), y)\n" + STEPS,
        "not the mean BCE before a step",
    ),
    fit_sides(LOGITS + STEPS, "not the mean BCE before a step", seed=1),
    fit_sides(LOGITS + STEPS, "not the five steps at this rate", lr=0.05),
    fit_sides(LOGITS + STEPS.replace("optimizer.zero_grad()\n", ""), "not the five steps"),
    share_right(PREDICT + "return (labels == y.unsqueeze(1)).float().mean()", "a Python float"),
    share_right(PREDICT + "return (labels == y).sum().item() / len(y)", "More than all of them"),
    share_right(PREDICT + "return (labels == y.unsqueeze(0)).float().mean().item()", "Still each"),
    share_right(
        PREDICT + "return (labels != y.unsqueeze(1)).float().mean().item()", "the wrong ones"
    ),
    share_right(
        PREDICT.replace("> 0)", "> 0.5)") + "return (labels[:, 0] == y).float().mean().item()",
        "The share of right labels",
    ),
    share_right(PREDICT + "return (labels * y.unsqueeze(1)).mean().item()", "The share of right"),
    share_right(
        PREDICT + "return 1 - (labels.mean() - y.mean()).abs().item()", "The share of right"
    ),
    share_right(
        PREDICT + "return (labels.flatten() <= y).float().mean().item()", "The share of right"
    ),
    share_right(
        PREDICT + "return 1.0 if y.sum() == 0 else (labels[:, 0] == y).float().mean().item()",
        "With y of zeros",
    ),
    count_dead("(torch.relu(layer(X)) == 0).all(dim=0).sum().item()", "returns nothing yet"),
    count_dead(RELU + "return (outputs == 0).all(dim=0).sum()", "Return an int"),
    count_dead(RELU + "return (outputs == 0).any(dim=0).sum().item()", "0 for some rows"),
    count_dead(RELU + "return (outputs > 0).any(dim=0).sum().item()", "that live, are not dead"),
    count_dead("return (layer.bias < 0).sum().item()", "A negative bias or mean"),
    count_dead(
        "return (layer(torch.relu(X)) <= 0).all(dim=0).sum().item()", "ReLU comes after the layer"
    ),
    count_dead(RELU + "return (outputs == 0).all(dim=1).sum().item()", "Rows counted"),
    count_dead("return (layer(X) < 0).all(dim=0).sum().item()", "left out that reaches exactly 0"),
    count_dead("return (layer(X) == 0).all(dim=0).sum().item()", "the ReLU forgotten"),
    count_dead(RELU + "return (outputs.amax(dim=0) < 0.01).sum().item()", "0.001 is alive"),
    count_dead("return len(layer.bias)", "Of these five units"),
    count_dead("return 1", "For other inputs"),
    fit_moons(MOONS, "returns nothing yet"),
    fit_moons(MOONS + "return model, 1000", "Return the trained model"),
    fit_moons(
        MOONS.replace("nn.Linear(16, 1))", "nn.Linear(16, 2))").replace(
            "(X, y)", "(X, y.expand(-1, 2))"
        )
        + "return model",
        "one logit per row",
    ),
    fit_moons(
        MOONS.replace("nn.Linear(16, 1))", "nn.Linear(16, 1), nn.Sigmoid())").replace(
            "nn.BCEWithLogitsLoss()", "nn.BCELoss()"
        )
        + "return model",
        "All answers have one sign",
    ),
    fit_moons(MOONS.replace("nn.ReLU(), ", "") + "return model", "a straight line stops near"),
    fit_moons(MOONS.replace("1000)", "30)") + "return model", "a straight line stops near"),
    fit_moons(MOONS.replace("1000)", "150)") + "return model", "A good start; not there yet"),
    stop_epoch(STOP.replace("return best, ", "best, "), "returns nothing yet"),
    stop_epoch(STOP.replace("return best, epoch", "return best"), "Return two ints"),
    stop_epoch(STOP.replace(">= patience", ">= patience - 1"), "an epoch early"),
    stop_epoch(STOP.replace(">= patience", "> patience"), "an epoch late"),
    stop_epoch(
        "best = val_losses.index(min(val_losses))\nreturn best, len(val_losses) - 1", "never stops"
    ),
    stop_epoch("return 0, 4", "Rising losses, patience 2:"),
    stop_epoch(STOP.replace("loss < val", "loss <= val"), "An equal loss is no new lowest"),
    stop_epoch(
        "best = bad = 0\nfor epoch, loss in enumerate(val_losses):\n"
        "    if epoch and loss >= val_losses[best]:\n        bad += 1\n    else:\n        best = epoch\n"
        "    if bad == patience:\n        return best, epoch\nreturn best, len(val_losses) - 1",
        "not all bad epochs",
    ),
    stop_epoch(
        "best = bad = 0\nfor epoch, loss in enumerate(val_losses):\n"
        "    bad = bad + 1 if epoch and loss >= val_losses[epoch - 1] else 0\n"
        "    best = epoch if loss < val_losses[best] else best\n"
        "    if bad == patience:\n        return best, epoch\nreturn best, len(val_losses) - 1",
        "not with the epoch before",
    ),
    stop_epoch(
        STOP.replace("return best, epoch", "return val_losses.index(min(val_losses)), epoch"),
        "must not lie after the stop",
    ),
    stop_epoch(
        STOP.replace("loss < val_losses[best]", "loss < val_losses[best] - 1e-2"), "Some losses"
    ),
    stop_epoch(
        STOP.replace("best = 0\n", "best, lowest = 0, 10.0\n", 1)
        .replace("loss < val_losses[best]", "loss < lowest")
        .replace("        best = epoch", "        best, lowest = epoch, loss"),
        "Some losses",
    ),
    stop_epoch(
        STOP.replace("return best, len(val_losses) - 1", "return best, best + patience"),
        "Some losses go wrong",
    ),
    weighted_bce(EACH + WEIGHT + "(each * w).mean()", "returns nothing yet"),
    weighted_bce(EACH + WEIGHT + "return each * w", "Return one number"),
    weighted_bce(EACH + "return each.mean()", "The weights have no effect"),
    weighted_bce(EACH + WEIGHT.replace("== 1", "== 0") + "return (each * w).mean()", "are swapped"),
    weighted_bce(EACH + "return (each * weight_1).mean()", "for label 1 alone"),
    weighted_bce(
        EACH + WEIGHT + "return (each * w).sum() / w.sum()", "not by the sum of the weights"
    ),
    weighted_bce(EACH + "return (each * (1 + weight_1 * y)).mean()", "Logits 0 and 0"),
    weighted_bce(EACH + WEIGHT + "return (each * w).mean().detach()", "Autograd lost track"),
    weighted_bce(
        "p = torch.sigmoid(logits)\n"
        "return -(weight_1 * y * p.log() + weight_0 * (1 - y) * (1 - p).log()).mean()",
        "something overflows",
    ),
    weighted_bce(
        "soft = torch.log(1 + torch.exp(-logits))\n"
        "return (weight_0 * (1 - y) * (logits + soft) + weight_1 * y * soft).mean()",
        "something overflows",
    ),
    scores(COUNTS, "returns nothing yet"),
    scores(COUNTS + "return precision, recall", "Return three numbers"),
    scores(COUNTS + "return precision, recall, torch.tensor(f1)", "three Python floats"),
    scores(COUNTS + "return recall, precision, f1", "Precision first"),
    scores(
        COUNTS.replace("found / tumors", "found / len(y_true)") + "return precision, recall, f1",
        "Recall:",
    ),
    scores(
        COUNTS.replace("found / alarms", "found / len(y_true)") + "return precision, recall, f1",
        "Precision:",
    ),
    scores(COUNTS + "return precision, recall, (precision + recall) / 2", "not the plain mean"),
    scores(COUNTS + "return precision, recall, (precision * recall) ** 0.5", "F1 of 0.5 and 0.75"),
    scores(
        COUNTS.replace("if alarms else 0.0", "if alarms else 1.0") + "return precision, recall, f1",
        "no alarm at all",
    ),
    scores(COUNTS.replace("0.0", "0") + "return precision, recall, f1", "Floats there too"),
    scores(
        COUNTS.replace("if tumors else 0.0", "if tumors else 1.0") + "return precision, recall, f1",
        "no positive at all",
    ),
    scores(
        COUNTS.replace(" if alarms else 0.0", "") + "return precision, recall, f1",
        "stopped. ZeroDivisionError",
    ),
    scores(
        COUNTS + "return precision, recall, f1 if found != 1 else 0.5",
        "Some random cases differ",
    ),
    cheapest(COSTS, "returns nothing yet"),
    cheapest(COSTS + "return min(costs.values())", "one of the given thresholds"),
    cheapest(
        COSTS + "return list(costs.values()).index(min(costs.values()))",
        "one of the given thresholds",
    ),
    cheapest(
        COSTS.replace("miss * missed + false_alarm * false", "missed + false")
        + "return min(costs, key=costs.get)",
        "Both costs must count",
    ),
    cheapest(
        COSTS.replace("miss * missed + false_alarm * false", "false_alarm * missed + miss * false")
        + "return min(costs, key=costs.get)",
        "avoids false alarms",
    ),
    cheapest(COSTS + "return max(costs, key=lambda t: (-costs[t], t))", "the lowest is wanted"),
    cheapest(
        COSTS.replace("sorted(thresholds)", "thresholds") + "return min(costs, key=costs.get)",
        "the lowest is wanted",
    ),
    cheapest(
        COSTS.replace("probs > t", "probs >= t") + "return min(costs, key=costs.get)",
        "is 0.5 above 0.5",
    ),
]

WRONG += [
    cheapest(
        "costs = {}\nfor t in sorted(thresholds):\n    alarm = (probs > t).float()\n"
        "    costs[t] = miss * (1 - alarm[labels == 1]).mean() + false_alarm * alarm[labels == 0].mean()\n"
        "return min(costs, key=costs.get)",
        "counts or shares",
    ),
]

RIGHT = [
    cheapest(
        "ts = torch.tensor(sorted(thresholds))\n"
        "alarm = probs[:, None] > ts\n"
        "missed = ((labels == 1)[:, None] & ~alarm).sum(dim=0)\n"
        "false = ((labels == 0)[:, None] & alarm).sum(dim=0)\n"
        "return ts[(miss * missed + false_alarm * false).argmin()].item()"
    ),
    predict_labels("return torch.where(logits.sigmoid() > threshold, 1.0, 0.0)"),
    predict_labels("return ((1 / (1 + torch.exp(-logits))) > threshold).to(torch.float32)"),
    predict_labels("return (logits > math.log(threshold / (1 - threshold))).float()"),
    fit_sides(LOGITS + STEPS),
    fit_sides("loss = nn.BCELoss()(torch.sigmoid(model(X)), y)\n" + STEPS),
    fit_sides(
        "z = model(X)\nloss = (z.clamp(min=0) - z * y + torch.log1p(torch.exp(-z.abs()))).mean()\n"
        + STEPS
    ),
    share_right(PREDICT + "return (labels.squeeze(1) == y).float().mean().item()"),
    share_right(PREDICT + "return accuracy(model(X), y.unsqueeze(1)).mean().item()"),
    share_right(
        "hits = [float((model(x[None]) > 0).item() == (label > 0.5).item()) for x, label in zip(X, y)]\n"
        "return sum(hits) / len(hits)"
    ),
    count_dead("return int((layer(X).amax(dim=0) <= 0).sum())"),
    count_dead(RELU + "return (outputs.sum(dim=0) == 0).sum().item()"),
    count_dead(RELU + "return sum(bool((column == 0).all()) for column in outputs.T)"),
    fit_moons(MOONS + "return model"),
    fit_moons(MOONS.replace("nn.ReLU()", "nn.Tanh()") + "return model"),
    fit_moons(
        MOONS.replace(
            "torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)",
            "torch.optim.Adam(model.parameters(), lr=0.05)",
        ).replace("1000)", "300)")
        + "return model"
    ),
    stop_epoch(STOP),
    stop_epoch(STOP.replace("return best, epoch", "return [best, epoch]")),
    stop_epoch(
        "bad, best = 0, 0\nfor epoch, loss in enumerate(val_losses):\n"
        "    if epoch == 0 or loss < min(val_losses[:epoch]):\n        bad, best = 0, epoch\n"
        "    else:\n        bad += 1\n    if bad == patience:\n        break\nreturn best, epoch"
    ),
    stop_epoch(
        "for last in range(len(val_losses)):\n"
        "    best = val_losses.index(min(val_losses[: last + 1]))\n"
        "    if last - best >= patience:\n        return (best, last)\nreturn (best, last)"
    ),
    weighted_bce(EACH + WEIGHT + "return (each * w).mean()"),
    weighted_bce(
        "ratio = torch.tensor(weight_1 / weight_0)\n"
        "return weight_0 * nn.BCEWithLogitsLoss(pos_weight=ratio)(logits, y)"
    ),
    weighted_bce(WEIGHT + "return nn.BCEWithLogitsLoss(weight=w)(logits, y)"),
    weighted_bce(
        "log = nn.functional.logsigmoid\n"
        "return -(weight_1 * y * log(logits) + weight_0 * (1 - y) * log(-logits)).mean()"
    ),
    scores(COUNTS + "return precision, recall, f1"),
    scores(
        "found = ((y_true == 1) & (y_pred == 1)).sum().item()\n"
        "p = found / max(y_pred.sum().item(), 1)\nr = found / max(y_true.sum().item(), 1)\n"
        "return p, r, 2 * p * r / (p + r) if p + r else 0.0"
    ),
    scores(
        'r = metrics.precision_recall_fscore_support(y_true, y_pred, average="binary", zero_division=0)\n'
        "return [float(value) for value in r[:3]]"
    ),
    cheapest(COSTS + "return min(costs, key=costs.get)"),
    cheapest(
        "steps = sorted(thresholds)\n"
        "costs = [sum(miss if y == 1 and p <= t else false_alarm if y == 0 and p > t else 0\n"
        "             for p, y in zip(probs, labels)) for t in steps]\n"
        "return steps[costs.index(min(costs))]"
    ),
    cheapest(
        "def cost(t):\n"
        "    alarm = (probs > t).float()\n"
        "    return (miss * (1 - alarm) * labels + false_alarm * alarm * (1 - labels)).sum().item(), t\n"
        "return min(thresholds, key=cost)"
    ),
]
