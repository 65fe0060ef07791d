"""What the notebooks share: each name is taken from its module of torch_course when it is used.

Importing this starts nothing, downloads nothing, changes no setting; `help(train)` says more.
"""

import importlib.util
import sys
from pathlib import Path

_MODULES = {  # name: module; what it is for, and the notebook that teaches it
    "get_device": "environment",  # the device to compute on; 00
    "set_seeds": "environment",  # chance that repeats itself; 00
    "DATA_DIR": "data",  # the folder of the data that ships with the course; 04
    "check": "exercises",  # an exercise's verdict, and what is wrong first; 00
    "hint": "exercises",  # the next hint for an exercise; 00
    "torch_calls": "exercises",  # which of torch's functions an answer calls; 03
    "progress": "progress",  # what you have solved, drawn; 00
    "next_exercise": "progress",  # where to go on; 00
    "show": "figures",  # display a figure with a text for those who can't see it; 00
    "plot_tensors": "drawings",  # small tensors as boxes with their numbers; 00
    "plot_pictures": "drawings",  # pictures side by side; 00
    "plot_bars": "drawings",  # a bar for each class, beside the picture; 03
    "COLORS": "figures",  # colors that all can tell apart; 00
    "play": "play",  # a figure with sliders; 01
    "plot_predictions": "figures",  # data and a regression's predictions; 01
    "plot_lines": "figures",  # lines told apart by color and style; 01
    "plot_loss_curves": "figures",  # training and validation loss by epoch; 01
    "plot_decision_boundary": "planes",  # the class predicted at every point of the plane; 02
    "plot_classes": "planes",  # points of the plane, by class; 03
    "plot_boundaries": "planes",  # the boundaries of several models; 03
    "train_step": "training",  # an epoch of the five steps; 01
    "train": "training",  # epochs, with their history; 01
    "test_step": "evaluation",  # means over a data set, in eval mode; 01
    "accuracy": "evaluation",  # whether each prediction is right; 02
    "describe_predictions": "evaluation",  # predictions in words: constant ones too; 05
    "save_checkpoint": "checkpoints",  # a run, saved whole or not at all; 01
    "load_checkpoint": "checkpoints",  # and resumed as if it had never stopped; 01
    "TensorLoader": "loaders",  # mini-batches from tensors in memory; 04
    "tiny_vgg": "models",  # the small convolutional network TinyVGG; 04
    "small_resnet": "models",  # a small network with residual connections; 04
    "load_picture": "pictures",  # a picture file as RGB, upright, on white; 05
    "PictureFolder": "pictures",  # a data set of pictures in class folders; 05
    "describe_pictures": "pictures",  # what a folder of pictures holds, in words; 05
    "split_pictures": "pictures",  # training, validation and test set of a folder; 05
}
__all__ = list(_MODULES)

# An environment that was made before the package existed knows this file alone.
if importlib.util.find_spec("torch_course") is None:
    sys.path.append(str(Path(__file__).resolve().parent))


def __getattr__(name: str) -> object:
    """Take a name from its module when it is first asked for, and keep it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"torch_course.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the shared names for tab completion and help()."""
    return [*{*globals(), *_MODULES}]
