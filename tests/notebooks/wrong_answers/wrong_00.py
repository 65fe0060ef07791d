"""Wrong answers to the exercises of notebook 00: (id, source, hint that must come)."""

WRONG = [
    (
        "00.1",
        """
def countdown(n):
    return torch.arange(n, 1, -1)
""",
        "Which end does arange leave out?",
    ),
    (
        "00.1",
        """
def countdown(n):
    return torch.linspace(n, 1, n)
""",
        "integer dtype",
    ),
    (
        "00.1",
        """
def countdown(n):
    return torch.arange(n)
""",
        "The first number of countdown(3) is 3.",
    ),
    (
        "00.1",
        """
def countdown(n):
    return list(range(n, 0, -1))
""",
        "must return a tensor",
    ),
    (
        "00.2",
        """
def safe_mean(x):
    return x.sum() / x.numel()
""",
        "For a float16 tensor",
    ),
    (
        "00.2",
        """
def safe_mean(x):
    return x.mean().float()
""",
        "stopped. NotImplementedError: mean()",
    ),
    (
        "00.2",
        """
def safe_mean(x):
    return x.float().mean().item()
""",
        "not a Python number",
    ),
    (
        "00.2",
        """
def safe_mean(x):
    return x.half().mean().float()
""",
        "which dtypes came between",
    ),
    (
        "00.2",
        """
def safe_mean(x):
    return (x.sum() // len(x)).float()
""",
        "7/3 is not 2",
    ),
    (
        "00.3",
        """
def distances(a, b):
    return (a - b).abs()
""",
        "stopped. RuntimeError: The size of tensor",
    ),
    (
        "00.3",
        """
def distances(a, b):
    return (b.unsqueeze(1) - a).abs()
""",
        "yours are swapped",
    ),
    (
        "00.3",
        """
def distances(a, b):
    return a.unsqueeze(1) - b
""",
        "never negative",
    ),
    (
        "00.4",
        """
def row_shares(X):
    return X / X.sum(dim=1).reshape(2, 1)
""",
        "one of 3 rows and 2 columns",
    ),
    (
        "00.4",
        """
def row_shares(X):
    return X.softmax(dim=1)
""",
        "one of 3 rows and 2 columns",
    ),
    (
        "00.4",
        """
def row_shares(X):
    return X / X.sum(dim=1)
""",
        "which shape does the sum need",
    ),
    (
        "00.4",
        """
def row_shares(X):
    return X / X.sum(dim=0)
""",
        "Each column adds up to 1",
    ),
    (
        "00.4",
        """
def row_shares(X):
    return X / X.sum()
""",
        "all numbers together",
    ),
    (
        "00.5",
        """
def layer(X, W, b):
    return X @ W + b
""",
        "stopped. RuntimeError: mm: mat1 and mat2",
    ),
    (
        "00.5",
        """
def layer(X, W, b):
    return X @ W.T
""",
        "lacks b",
    ),
    (
        "00.5",
        """
def layer(X, W, b):
    return X @ W.reshape(W.shape[1], W.shape[0]) + b
""",
        "don't deal its numbers out anew",
    ),
    (
        "00.5",
        """
def layer(X, W, b):
    return (W @ X.T) + b.unsqueeze(1)
""",
        "should give shape (4, 2)",
    ),
    (
        "00.6",
        """
def shares_memory(array, tensor):
    before = tensor
    array += 1
    changed = not torch.equal(tensor, before)
    array -= 1
    return changed
""",
        "Is it still the caller's array that changes",
    ),
    (
        "00.6",
        """
def shares_memory(array, tensor):
    before = tensor.clone()
    array += 1
    changed = not torch.equal(tensor, before)
    array = array - 1
    return changed
""",
        "come out as it went in",
    ),
    (
        "00.6",
        """
def shares_memory(array, tensor):
    return torch.equal(torch.from_numpy(array), tensor)
""",
        "torch.tensor copies",
    ),
    (
        "00.6",
        """
def shares_memory(array, tensor):
    return True
""",
        "torch.tensor copies",
    ),
    (
        "00.7",
        """
def shuffled(n, seed):
    torch.manual_seed(seed)
    return torch.randperm(n)
""",
        "default generator moved",
    ),
    (
        "00.7",
        """
def shuffled(n, seed):
    return torch.randperm(n)
""",
        "Seed 1 gave two different orders",
    ),
    (
        "00.7",
        """
def shuffled(n, seed):
    return torch.randperm(n, generator=torch.Generator())
""",
        "Seeds 1 and 2 give the same order",
    ),
    (
        "00.7",
        """
def shuffled(n, seed):
    return torch.randint(n, (n,), generator=torch.Generator().manual_seed(seed))
""",
        "exactly once",
    ),
    (
        "00.8",
        """
def postcard(picture, amount):
    photo = torch.tensor(picture).reshape(3, picture.shape[0], picture.shape[1])
    return (photo.flip(2).int() + amount.view(3, 1, 1)).clamp(0, 255).to(torch.uint8)
""",
        "reshape regroups numbers",
    ),
    (
        "00.8",
        """
def postcard(picture, amount):
    photo = torch.tensor(picture).permute(2, 0, 1).flip(1)
    return (photo.int() + amount.view(3, 1, 1)).clamp(0, 255).to(torch.uint8)
""",
        "It isn't flipped left to right",
    ),
    (
        "00.8",
        """
def postcard(picture, amount):
    photo = torch.tensor(picture).permute(2, 0, 1).flip(2)
    return (photo.int() + amount.view(3, 1, 1)).to(torch.uint8)
""",
        "should end up as 255",
    ),
    (
        "00.8",
        """
def postcard(picture, amount):
    photo = torch.tensor(picture).permute(2, 0, 1).flip(2)
    return (photo.int() + amount).clamp(0, 255).to(torch.uint8)
""",
        "stopped. RuntimeError: The size of tensor",
    ),
    (
        "00.3",
        """
def distances(a, b):
    return (a.unsqueeze(1) - b).abs().int()
""",
        "what happens to the decimals",
    ),
    (
        "00.4",
        """
def row_shares(X):
    return torch.nn.functional.normalize(X, p=1, dim=1)
""",
        "the shares -0.5 and 1.5",
    ),
    (
        "00.4",
        """
def row_shares(X):
    X /= X.sum(dim=1, keepdim=True)
    return X
""",
        "X itself has changed",
    ),
    (
        "00.6",
        """
def shares_memory(array, tensor):
    before = tensor.clone()
    array += 1
    changed = not torch.equal(tensor, before)
    if changed:
        array -= 1
    return changed
""",
        "as it went in, then too",
    ),
    (
        "00.7",
        """
def shuffled(n, seed):
    random.seed(seed)
    order = list(range(n))
    random.shuffle(order)
    return torch.tensor(order)
""",
        "A default generator moved",
    ),
]
