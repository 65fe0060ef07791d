"""What a check relies on: take back what a learner's code patched, and tell who only pretends."""

from __future__ import annotations

import builtins
import contextlib
import random
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

_COMPARES = ("eq", "ne", "lt", "le", "gt", "ge", "bool", "contains", "sub", "rsub", "abs")
_PRETENDS = {f"__{name}__" for name in (*_COMPARES, "class", "instancecheck")}
_GUARDED = "builtins os sys json re math linecache traceback random numpy torch torch.nn "
_GUARDED += "torch.nn.functional torch.random numpy.random helper_functions torch_course tools"


class Guard:
    """What the check relies on, as it was before the learner's code ran."""

    def __init__(self, course: dict[str, Any]) -> None:
        """Take note of modules, classes and functions, and copy the values of the set-up."""
        modules = [m for name, m in list(sys.modules.items()) if _is_guarded(name) and m]
        self._dicts = [(vars(module), dict(vars(module))) for module in modules]
        values = [value for _, saved in self._dicts for value in saved.values()]
        values += course.values()
        classes = {v for v in values if isinstance(v, type) and _is_guarded(v.__module__)}
        self._classes = [(one, dict(vars(one))) for one in classes if _changeable(one)]
        methods = [value for _, saved in self._classes for value in saved.values()]
        functions = {v for v in (*values, *methods) if type(v) is types.FunctionType}
        self._functions = [(f, f.__code__, f.__defaults__, f.__kwdefaults__) for f in functions]
        self._course, self._names = course, dict(course)
        self._values = [undo for value in course.values() if (undo := _copied(value))]
        self._chance = _chance()

    def restore(self, *, all_of_it: bool = False) -> None:
        """Take back what was patched; with all_of_it the set-up's values and chance as well."""
        for function, code, defaults, keywords in self._functions:
            if function.__code__ is not code:
                function.__code__ = code
            if function.__defaults__ is not defaults:
                function.__defaults__ = defaults
            if function.__kwdefaults__ is not keywords:
                function.__kwdefaults__ = keywords
        for current, saved in self._dicts:
            _take_back(current, saved)
        for one, saved in self._classes:
            for name in [n for n, v in saved.items() if vars(one).get(n) is not v]:
                with contextlib.suppress(AttributeError, TypeError):  # made by Python itself
                    setattr(one, name, saved[name])
            for name in vars(one).keys() - saved.keys():
                delattr(one, name)
        if all_of_it:
            self._course.clear()
            self._course.update(self._names)
            for undo in (*self._values, self._chance):
                undo()


def _take_back(current: dict[str, Any], saved: dict[str, Any]) -> None:
    """Give a module its names back; what is new stays, unless it hides a name of Python's."""
    hiding = current.keys() - saved.keys()
    for name in hiding if current is vars(builtins) else hiding & vars(builtins).keys():
        if not name.startswith("__"):
            del current[name]
    for name, value in saved.items():
        if current.get(name, saved) is not value:
            current[name] = value


def _is_guarded(module: str) -> bool:
    first = module.split(".")[0]
    return module in _GUARDED.split() or first in ("torch_course", "tools")


def _changeable(one: type) -> bool:
    return bool(one.__flags__ & (1 << 9)) and not one.__flags__ & (1 << 8)  # heap type, mutable


def _copied(value: Any) -> Callable[[], Any] | None:
    """Return what gives a value of the set-up its content back; None for what can't be changed."""
    torch, np = sys.modules.get("torch"), sys.modules.get("numpy")  # None: no set-up has needed it
    if torch and isinstance(value, torch.Tensor):
        kept, tracked = value.detach().clone(), value.requires_grad
        return lambda: _fill(value, kept, tracked)
    if torch and isinstance(value, torch.nn.Module):
        state = {name: part.detach().clone() for name, part in value.state_dict().items()}
        mode = value.training
        return lambda: (value.load_state_dict(state), value.train(mode))
    if np and isinstance(value, np.ndarray):
        numbers = value.copy()
        return lambda: np.copyto(value, numbers)
    if isinstance(value, list):
        items = list(value)
        return lambda: value.__setitem__(slice(None), items)
    if isinstance(value, dict):
        pairs = dict(value)
        return lambda: (value.clear(), value.update(pairs))
    return None


def _fill(tensor: Any, kept: Any, tracked: bool) -> None:
    """Give a tensor its numbers back, in its own memory, which others may share."""
    if tensor.shape != kept.shape or tensor.dtype != kept.dtype:
        tensor.data = kept.clone()
    tensor.data.copy_(kept)
    if tensor.is_leaf:
        tensor.requires_grad_(tracked)


def _chance() -> Callable[[], None]:
    """Return what gives the generators their states back, and torch its usual modes."""
    torch, np = sys.modules.get("torch"), sys.modules.get("numpy")
    python = random.getstate()
    numpy = np.random.get_state() if np else None
    torchs = (torch.get_rng_state(), torch.get_default_dtype()) if torch else None

    def undo() -> None:
        random.setstate(python)
        if np:
            np.random.set_state(numpy)
        if torch:
            torch.set_rng_state(torchs[0])
            torch.set_default_dtype(torchs[1])
            torch.set_grad_enabled(True)

    return undo


def all_classes() -> set[int]:
    """Return the ids of all classes there are."""
    found, todo = {id(object)}, [object]
    while todo:
        new = [one for one in type.__subclasses__(todo.pop()) if id(one) not in found]
        found |= {id(one) for one in new}
        todo += new
    return found


def _new_classes(known: set[int]) -> Iterator[type]:
    """Yield the classes that were made since, those of modules imported since left out."""
    seen, todo = {id(object)}, [object]
    while todo:
        for one in type.__subclasses__(todo.pop()):
            if id(one) not in seen:
                seen.add(id(one))
                todo.append(one)
                if _is_own(one, known):
                    yield one


def _is_own(one: type, known: set[int]) -> bool:
    """Tell whether the learner's code has made a class: no module has it under its name."""
    if id(one) in known:
        return False
    module = str(type.__getattribute__(one, "__module__"))
    place: Any = sys.modules.get(module) if module != "__main__" else None
    for part in one.__qualname__.split("."):
        place = getattr(place, part, None)
    return place is not one


def is_impostor(value: Any, known: set[int], depth: int = 3) -> bool:
    """Tell whether an answer, or a part of it, compares itself as it likes."""
    torch, np = sys.modules.get("torch"), sys.modules.get("numpy")
    kind = type(value)
    own = [one for one in kind.__mro__ if _is_own(one, known)]
    plain = (int, float, str, *([torch.Tensor] if torch else []), *([np.ndarray] if np else []))
    if own and (issubclass(kind, plain) or any(_PRETENDS & vars(one).keys() for one in own)):
        return True
    if any(_is_own(one, known) and _PRETENDS & vars(one).keys() for one in type(kind).__mro__):
        return True  # its class is of a class of theirs
    parts = value.values() if kind is dict else value if isinstance(value, tuple | list) else ()
    return depth > 0 and any(is_impostor(part, known, depth - 1) for part in list(parts)[:1000])


def has_pretenders(known: set[int]) -> bool:
    """Tell whether the learner's code has a class that compares itself, dataclasses left out."""
    return any(
        any(isinstance(vars(one).get(name), types.FunctionType) for name in _PRETENDS)
        for one in _new_classes(known)
        if "__dataclass_fields__" not in vars(one)
    )
