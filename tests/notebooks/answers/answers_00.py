"""Answers to the exercises of notebook 00: wrong ones with their hints, unusual right ones."""

from textwrap import dedent


def function(head, *lines):
    """Return the source of a function."""
    return "\n    ".join([f"def {head}:", *(line for text in lines for line in text.split("\n"))])


def body(number, head, lines, *hint):
    """Return an answer: its exercise, the source of the function, and the hint, if it is wrong."""
    return number, function(head, dedent(lines).strip("\n")), *hint


def countdown(lines, *hint):
    return body("00.1", "countdown(n)", lines, *hint)


def safe_mean(lines, *hint):
    return body("00.2", "safe_mean(x)", lines, *hint)


def distances(lines, *hint):
    return body("00.3", "distances(a, b)", lines, *hint)


def row_shares(lines, *hint):
    return body("00.4", "row_shares(X)", lines, *hint)


def weekly_bills(lines, *hint):
    return body("00.5", "weekly_bills(orders, menus, tips)", lines, *hint)


def shares_memory(lines, *hint):
    return body("00.6", "shares_memory(array, tensor)", lines, *hint)


def shuffled(lines, *hint):
    return body("00.7", "shuffled(n, seed)", lines, *hint)


def postcard(lines, *hint):
    return body("00.8", "postcard(picture, amount)", lines, *hint)


PHOTO = "photo = torch.tensor(picture).permute(2, 0, 1)\n"
IN_PLACE = """
before = tensor.clone()
array += 1
changed = not torch.equal(tensor, before)
"""

WRONG = [
    countdown("pass", "returns nothing yet"),
    countdown("return list(range(n, 0, -1))", "must return a tensor"),
    countdown("return torch.linspace(n, 1, n)", "integer dtype"),
    countdown("return torch.arange(n)", "It counts up, from 0"),
    countdown("return torch.arange(1, n + 1)", "their order isn't"),
    countdown("return torch.arange(n, -1, -1)", "0 is one step too far"),
    countdown("return torch.arange(n, 1, -1)", "which end does arange leave out"),
    countdown("return torch.arange(n - 1, -1, -1)", "yours:    tensor([2, 1, 0])"),
    countdown("return torch.tensor([3, 2, 1])", "countdown(6) is not"),
    countdown(
        "return torch.cat([torch.tensor([n, n - 1]), torch.arange(n - 2, 0, -1)])",
        "stopped. RuntimeError",
    ),
    countdown("return torch.arange(max(n, 2), 0, -1)", "countdown(1) should hold"),
    countdown("return torch.arange(n, 0, -1).to(torch.int8)", "what can its dtype hold"),
    safe_mean("x.float().mean()", "returns nothing yet"),
    safe_mean("return x.float().mean().item()", "not a Python number"),
    safe_mean("return x.double().mean()", "dtype should be float32"),
    safe_mean("return (x.sum() // len(x)).float()", "7/3 is not 2"),
    safe_mean("return x.float().median()", "1, 2 and 6:"),
    safe_mean("return x.float().sum()", "1, 2 and 6:"),
    safe_mean("return torch.tensor([x.float().mean().item()])", "one number, shape ()"),
    safe_mean(
        "if x.is_floating_point():\n    return x.mean().float()\nreturn x.float().mean()",
        "was rounded: which comes first",
    ),
    safe_mean("return x.half().mean().float()", "but rounded"),
    safe_mean("return x.bfloat16().mean().float()", "but rounded"),
    safe_mean("return x.long().float().mean()", "in a (3, 5) table it is wrong"),
    safe_mean("return x.float().mean(dim=0)", "in a (3, 5) table it is wrong"),
    safe_mean("return x.sum() / x.numel()", "For a float16 tensor"),
    safe_mean(
        "if x.numel() == 32:\n    return (x.sum() / x.numel()).float()\nreturn x.float().mean()",
        "A float16 sum overflows",
    ),
    safe_mean("return x.mean().float()", "stopped. NotImplementedError: mean()"),
    safe_mean(
        "if x.is_floating_point():\n    return x.float().mean()\n"
        "return x.to(torch.int16).float().mean()",
        "Large integers go wrong",
    ),
    distances("(a.unsqueeze(1) - b).abs()", "returns nothing yet"),
    distances("return (a.unsqueeze(1) - b).abs().tolist()", "must return a tensor"),
    distances("return (a - b).abs()", "stopped. RuntimeError: The size of tensor"),
    distances("return (b.unsqueeze(1) - a).abs()", "yours are swapped"),
    distances("return (a.unsqueeze(1) - b).abs().mean()", "should give a table of shape (5, 3)"),
    distances("return a.unsqueeze(1) - b", "never negative"),
    distances("return (a.unsqueeze(1) - b).abs().int()", "after the decimal point"),
    distances("return (a.unsqueeze(1) - b) ** 2", "Some distances are wrong"),
    distances("return (a.unsqueeze(1) - b).abs().round(decimals=2)", "Some distances are wrong"),
    distances("return (a.unsqueeze(1) - b.reshape(1, 3)).abs()", "stopped. RuntimeError"),
    distances("return a.unsqueeze(1).abs() - b.abs()", "never negative"),
    distances("return (a.unsqueeze(1).abs() - b.abs()).abs()", "Some distances are wrong"),
    distances(
        "if len(a) == len(b):\n    return (a - b).abs()\nreturn (a.unsqueeze(1) - b).abs()",
        "With as many points in a as in b",
    ),
    row_shares("X = X / X.sum(dim=1, keepdim=True)", "must return a tensor"),
    row_shares("return (X / X.sum(dim=1, keepdim=True)).flatten()", "should have the shape of X"),
    row_shares("return X / X.sum()", "All numbers together"),
    row_shares("return X / X.sum(dim=0)", "Each column adds up to 1"),
    row_shares("return X / X.mean(dim=1, keepdim=True)", "a division by the mean"),
    row_shares("return X / X.sum(dim=1)", "which shape does the sum need"),
    row_shares("return X.softmax(dim=1)", "Each row adds up to 1, but"),
    row_shares("return X**2 / (X**2).sum(dim=1, keepdim=True)", "Each row adds up to 1, but"),
    row_shares("return X / X.sum(dim=1).reshape(4, 1)", "stopped. RuntimeError"),
    row_shares(
        "if X.shape == (1, 2):\n    return X / X.sum()\n"
        "return X / X.sum(dim=1, keepdim=True) if len(X) == len(X.T) else X / X.sum(dim=0)",
        "one of 4 rows and 2 columns",
    ),
    row_shares("X /= X.sum(dim=1, keepdim=True)\nreturn X", "X itself has changed"),
    weekly_bills("orders @ menus.mT + tips.unsqueeze(1)", "returns nothing yet"),
    weekly_bills("return (orders @ menus.mT + tips.unsqueeze(1)).tolist()", "must return a tensor"),
    weekly_bills("return orders @ menus", "stopped. RuntimeError"),
    weekly_bills("return orders[0] @ menus[0].T + tips.unsqueeze(1)", "should be (2, 3, 3)"),
    weekly_bills("return orders @ menus.mT", "lack the tips"),
    weekly_bills("return orders @ menus.mT + tips", "Each restaurant got its own tip"),
    weekly_bills("return orders @ menus[0].T + tips.unsqueeze(1)", "at the prices of day 0"),
    weekly_bills("return menus @ orders.mT + tips", "yours are swapped"),
    weekly_bills(
        "days, restaurants, dishes = menus.shape\n"
        "return orders @ menus.reshape(days, dishes, restaurants) + tips.unsqueeze(1)",
        "reshape regroups the prices",
    ),
    weekly_bills("return (orders @ menus.mT + tips.unsqueeze(1)).int()", "yours are whole numbers"),
    weekly_bills("return orders @ menus.mT - tips.unsqueeze(1)", "Right shape, wrong bills"),
    weekly_bills("return orders @ menus.mT + tips[0]", "Right shape, wrong bills"),
    weekly_bills("return menus @ orders.mT", "Right shape, wrong bills"),
    weekly_bills(
        "if len(orders) == 3:\n    return orders @ menus.mT\n"
        "return torch.stack([orders[d] @ menus[d].T for d in range(2)]) + tips.view(3, 1)",
        "With 3 days, 2 guests and 5 restaurants",
    ),
    shares_memory("return torch.tensor(True)", "Return True or False."),
    shares_memory("array + 1", "Return True or False."),
    shares_memory(
        "before = tensor.clone()\narray = array + 1\nreturn not torch.equal(tensor, before)",
        "never writes into the caller's array",
    ),
    shares_memory("return False", "never writes into the caller's array"),
    shares_memory(
        "before = tensor\narray += 1\nchanged = not torch.equal(tensor, before)\n"
        "array -= 1\nreturn changed",
        "compare the tensor now with a copy from before",
    ),
    shares_memory(f"{IN_PLACE}array = array - 1\nreturn changed", "come out as it went in."),
    shares_memory(f"{IN_PLACE}return changed", "come out as it went in."),
    shares_memory("return torch.equal(torch.from_numpy(array), tensor)", "torch.tensor copies"),
    shares_memory("return True", "torch.tensor copies"),
    shares_memory(
        f"{IN_PLACE}if changed:\n    array -= 1\nreturn changed", "After a False the array"
    ),
    shares_memory(
        f"{IN_PLACE}if not changed:\n    return False\narray -= 1\nreturn True",
        "After a False the array",
    ),
    shares_memory(
        "array += 1\nsame = torch.equal(torch.from_numpy(array), tensor)\narray -= 1\nreturn same",
        "Zeros beside ones",
    ),
    shares_memory("return array.ctypes.data == tensor.data_ptr()", "overlap in two places"),
    shares_memory(
        "before = tensor.clone()\narray += 1\nchanged = torch.equal(tensor, before)\n"
        "array -= 1\nreturn changed",
        "compare the tensor now with a copy from before",
    ),
    shares_memory(f"{IN_PLACE}array[:] = before\nreturn changed", "Zeros beside ones: the array"),
    shares_memory(
        "before = tensor.clone()\narray[-1] += 1\nchanged = not torch.equal(tensor, before)\n"
        "array[-1] -= 1\nreturn changed",
        "Shifted the other way",
    ),
    shares_memory("return np.may_share_memory(array, tensor.numpy())", "no number in common"),
    shuffled("torch.randperm(n)", "returns nothing yet"),
    shuffled("return random.Random(seed).sample(range(n), n)", "must return a tensor"),
    shuffled(
        "return torch.randperm(n, generator=torch.Generator().manual_seed(seed)).float()",
        "integer dtype",
    ),
    shuffled(
        "return torch.randint(n, (n,), generator=torch.Generator().manual_seed(seed))",
        "exactly once",
    ),
    shuffled(
        "return 1 + torch.randperm(n, generator=torch.Generator().manual_seed(seed))",
        "exactly once",
    ),
    shuffled("return torch.arange(n)", "still in order"),
    shuffled("return torch.randperm(n)", "Seed 1 gave two different orders"),
    shuffled("return torch.randperm(n, generator=torch.Generator())", "give the same order"),
    shuffled("torch.manual_seed(seed)\nreturn torch.randperm(n)", "default generator moved"),
    shuffled(
        "random.seed(seed)\norder = list(range(n))\nrandom.shuffle(order)\n"
        "return torch.tensor(order)",
        "A default generator moved",
    ),
    shuffled(
        "np.random.seed(seed)\nreturn torch.from_numpy(np.random.permutation(n))",
        "A default generator moved",
    ),
    shuffled(
        "kept = torch.initial_seed()\ntorch.manual_seed(seed)\norder = torch.randperm(n)\n"
        "torch.manual_seed(kept)\nreturn order",
        "A default generator moved",
    ),
    shuffled("return torch.arange(n).roll(seed)", "don't reach them all"),
    shuffled(
        "generator = torch.Generator().manual_seed(seed)\n"
        "turned = torch.arange(n).roll(int(torch.randint(n, (1,), generator=generator)))\n"
        "return turned.flip(0) if torch.rand(1, generator=generator) < 0.5 else turned",
        "don't reach them all",
    ),
    postcard("pass", "returns nothing yet"),
    postcard("return picture[:, ::-1].transpose(2, 0, 1)", "must return a tensor"),
    postcard(
        "photo = torch.tensor(picture).flip(1).int() + amount\n"
        "return photo.clamp(0, 255).to(torch.uint8)",
        "should become (3, 4, 5)",
    ),
    postcard(
        f"{PHOTO}return (photo.flip(2).int() + amount.view(3, 1, 1)).clamp(0, 255)",
        "dtype should be uint8",
    ),
    postcard(
        f"{PHOTO}return (photo.int() + amount.view(3, 1, 1)).clamp(0, 255).to(torch.uint8)",
        "It isn't flipped left to right",
    ),
    postcard(
        f"{PHOTO}photo = photo.flip(1).int() + amount.view(3, 1, 1)\n"
        "return photo.clamp(0, 255).to(torch.uint8)",
        "Top and bottom are swapped",
    ),
    postcard(
        f"{PHOTO}photo = photo.flip(1, 2).int() + amount.view(3, 1, 1)\n"
        "return photo.clamp(0, 255).to(torch.uint8)",
        "Top and bottom are swapped",
    ),
    postcard(
        f"{PHOTO}photo = photo.flip(2) / 255 + amount.view(3, 1, 1) / 255\n"
        "return (photo.clamp(0, 1) * 254).to(torch.uint8)",
        "Was it reshaped?",
    ),
    postcard(
        "photo = torch.tensor(picture).reshape(3, picture.shape[0], picture.shape[1]).flip(2)\n"
        "return (photo.int() + amount.view(3, 1, 1)).clamp(0, 255).to(torch.uint8)",
        "Was it reshaped?",
    ),
    postcard(
        f"{PHOTO}photo = photo.flip(2).int() + amount.view(3, 1, 1)\nreturn photo.to(torch.uint8)",
        "the count starts again at 0",
    ),
    postcard(
        f"{PHOTO}photo = photo.flip(2).int() + amount.flip(0).view(3, 1, 1)\n"
        "return photo.clamp(0, 255).to(torch.uint8)",
        "The first number that differs",
    ),
    postcard(
        f"{PHOTO}return (photo.flip(2).int() + amount).clamp(0, 255).to(torch.uint8)",
        "stopped. RuntimeError: The size of tensor",
    ),
    postcard(
        "picture[:] = picture[:, ::-1].copy()\n"
        f"{PHOTO}return (photo.int() + amount.view(3, 1, 1)).clamp(0, 255).to(torch.uint8)",
        "The picture itself was changed",
    ),
    postcard(
        f"{PHOTO}amount += 1\nphoto = photo.flip(2).int() + (amount - 1).view(3, 1, 1)\n"
        "return photo.clamp(0, 255).to(torch.uint8)",
        "amount itself was changed",
    ),
]

RIGHT = [
    distances("return (a.double().unsqueeze(1) - b.double()).abs()"),
    row_shares("return X.double() / X.double().sum(dim=1, keepdim=True)"),
    weekly_bills("return orders.double() @ menus.double().mT + tips.double().unsqueeze(1)"),
    countdown("return torch.arange(1, n + 1).flip(0)"),
    countdown("return n - torch.arange(n)"),
    countdown("return torch.tensor([n - i for i in range(n)])"),
    countdown("return torch.linspace(n, 1, n).round().to(torch.int32)"),
    safe_mean("return x.mean(dtype=torch.float32)"),
    safe_mean("return x.double().mean().float()"),
    safe_mean("return x.float().sum() / x.numel()"),
    distances("return (b - a[:, None]).abs()"),
    distances("return torch.cdist(a.unsqueeze(1), b.unsqueeze(1))"),
    distances("return torch.stack([(x - b).abs() for x in a])"),
    distances("return ((a.view(-1, 1) - b.view(1, -1)) ** 2).sqrt()"),
    row_shares("return (X.T / X.sum(dim=1)).T"),
    row_shares("return X.log().softmax(dim=1)"),
    row_shares("return torch.stack([row / row.sum() for row in X])"),
    row_shares("return torch.nn.functional.normalize(X, p=1, dim=1)"),
    weekly_bills('return torch.einsum("dgk,drk->dgr", orders, menus) + tips[:, None]'),
    weekly_bills("return torch.bmm(orders, menus.transpose(1, 2)) + tips.view(1, -1, 1)"),
    weekly_bills("return (orders.unsqueeze(2) * menus.unsqueeze(1)).sum(dim=3) + tips.view(-1, 1)"),
    weekly_bills("return (menus @ orders.mT + tips).mT"),
    shares_memory("return np.shares_memory(array, tensor.numpy())"),
    shares_memory(
        "before = tensor.tolist()\narray[:] = array + 1\nchanged = tensor.tolist() != before\n"
        "array[:] = array - 1\nreturn changed"
    ),
    shares_memory(
        "kept = array.copy()\nbefore = tensor.clone()\nnp.add(array, 1, out=array)\n"
        "changed = bool((tensor != before).any())\narray[...] = kept\nreturn changed"
    ),
    shuffled("return torch.from_numpy(np.random.default_rng(seed).permutation(n))"),
    shuffled("return torch.tensor(random.Random(seed).sample(range(n), n))"),
    shuffled("return torch.rand(n, generator=torch.Generator().manual_seed(seed)).argsort()"),
    postcard(
        "photo = torch.from_numpy(picture).movedim(2, 0).flip(-1)\n"
        "return (photo + amount[:, None, None]).clip(0, 255).to(torch.uint8)"
    ),
    postcard(
        "wide = picture[:, ::-1].astype(int) + amount.numpy()\n"
        "return torch.tensor(np.clip(wide, 0, 255).transpose(2, 0, 1).astype(np.uint8))"
    ),
    postcard(
        "h, w, _ = picture.shape\nout = torch.zeros(3, h, w, dtype=torch.uint8)\n"
        "for c in range(3):\n"
        "    channel = torch.tensor(picture[:, ::-1, c].astype(float))\n"
        "    out[c] = (channel + amount[c]).clamp(0, 255)\n"
        "return out"
    ),
]
