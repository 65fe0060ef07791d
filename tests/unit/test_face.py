"""helper_functions is a thin face: short, lazy, and to its users a module like any other."""

import inspect
import os
import pickle
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

import helper_functions
import torch_course.exercises
from helper_functions import PictureFolder, TensorLoader, load_picture

FILE = Path(helper_functions.__file__)
NAMES = helper_functions.__all__


def printed(code, *options, cwd=FILE.parent):
    """Return what a fresh Python process prints."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [sys.executable, *options, "-c", code]
    return subprocess.check_output(command, text=True, cwd=cwd, env=environment).strip()


def test_it_is_short_and_says_of_each_name_what_for_and_where():
    lines = FILE.read_text(encoding="utf-8").splitlines()
    assert len(lines) - len(NAMES) <= 33, "it is a list of names, and how they are found"
    rows = [re.fullmatch(r'    "(\w+)": "\w+",  # .{10,}; \d\d', line) for line in lines]
    assert [row[1] for row in rows if row] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there_and_its_docstring_names_the_notebook_of_the_face(name):
    value = getattr(helper_functions, name)
    if not (inspect.isfunction(value) or inspect.isclass(value)):
        return  # a constant has no docstring
    (notebook,) = re.findall(rf'"{name}": .*; (\d\d)$', FILE.read_text("utf-8"), re.MULTILINE)
    assert f"(notebook {notebook})" in value.__doc__
    assert value.__module__.startswith("torch_course.")


def test_a_name_is_taken_from_its_module_when_it_is_first_asked_for_and_kept(monkeypatch):
    monkeypatch.delitem(vars(helper_functions), "check", raising=False)
    assert helper_functions.check is torch_course.exercises.check
    assert vars(helper_functions)["check"] is torch_course.exercises.check


def test_dir_help_and_star_import_know_every_name():
    assert set(NAMES) <= set(dir(helper_functions))
    assert len(dir(helper_functions)) == len(set(dir(helper_functions)))
    page = pydoc.render_doc(helper_functions, renderer=pydoc.plaintext)
    space = {}
    exec("from helper_functions import *", space)
    for name in NAMES:
        assert name in page
        assert space[name] is getattr(helper_functions, name)


def completions(text, jedi):
    """Return what the tab key offers after a text."""
    shell = InteractiveShell.instance()
    shell.user_ns["helper_functions"], shell.Completer.use_jedi = helper_functions, jedi
    with provisionalcompleter():
        found = [one.text for one in shell.Completer.completions(text, len(text))]
    return [name.lstrip(".") for name in found]


@pytest.mark.parametrize("jedi", [True, False])
@pytest.mark.parametrize("text", ["helper_functions.", "from helper_functions import "])
def test_the_tab_key_lists_and_completes_names(text, jedi):
    assert set(NAMES) <= set(completions(text, jedi))
    assert completions(f"{text}split_p", jedi) == ["split_pictures"]


def test_a_name_that_is_not_there_is_an_error_like_any_modules():
    with pytest.raises(AttributeError, match="module 'helper_functions' has no attribute 'tarin'"):
        helper_functions.tarin  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'tarin'"):
        exec("from helper_functions import tarin")


class Received(Dataset):
    """Pickled whole, class by class and object by object; its items come from the objects."""

    def __init__(self, folder, loader):
        self.folder, self.loader = folder, loader
        self.classes = {PictureFolder: folder, TensorLoader: loader}

    def __len__(self):
        return len(self.folder)

    def __getitem__(self, i):
        """Return a picture's tensor and class, and all that the loader cuts."""
        assert all(type(thing) is kind for kind, thing in self.classes.items())
        return *self.folder[i], torch.cat([X for X, _ in self.loader])


def test_workers_get_objects_of_its_classes_however_they_start(tmp_path):
    """As on Windows and macOS, where a worker is a new Python that imports what it unpickles."""
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        Image.new("RGB", (3, 2), (9, 100 * label, 0)).save(tmp_path / name / "a.png")
    folder = PictureFolder(tmp_path, transform=v2.ToImage())
    data = Received(folder, TensorLoader(torch.arange(3.0), torch.ones(3), batch_size=2))
    loader = DataLoader(data, batch_size=2, num_workers=1, multiprocessing_context="spawn")
    ((X, y, cut),) = loader
    assert X[:, :, 0, 0].tolist() == [[9, 0, 0], [9, 100, 0]]
    assert (X.shape, y.tolist(), cut.tolist()) == ((2, 3, 2, 3), [0, 1], [[0, 1, 2]] * 2)


@pytest.mark.parametrize(
    "value", [PictureFolder, TensorLoader, load_picture], ids=lambda value: value.__name__
)
def test_a_class_or_function_is_the_same_one_after_pickling(value):
    assert pickle.loads(pickle.dumps(value)) is value


LOADED = """
import sys
heavy = ("torch", "torchvision", "sklearn", "pandas", "matplotlib", "IPython")
loaded = lambda: [name for name in heavy if name in sys.modules]
path = list(sys.path)
import helper_functions
print(loaded(), sys.path == path)
from helper_functions import check
print(loaded())
from helper_functions import accuracy, get_device, set_seeds, show, train
print(loaded())
"""


def test_importing_it_loads_nothing_and_a_name_only_what_it_needs():
    assert printed(LOADED).splitlines() == ["[] True", "[]", "['torch']"]


def test_an_environment_that_was_made_before_the_package_finds_it(tmp_path):
    """Installed there is helper_functions.py alone: no site-packages, another folder."""
    code = (
        "import importlib.util, sys;"
        f"spec = importlib.util.spec_from_file_location('helper_functions', {str(FILE)!r});"
        "face = importlib.util.module_from_spec(spec);"
        "spec.loader.exec_module(face);"
        "face.check('00.1', lambda: 1, (lambda a: a == 1, ''))"
    )
    assert printed(code, "-I", "-S", cwd=tmp_path) == "00.1: correct"
