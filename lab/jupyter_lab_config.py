"""How JupyterLab opens the course: on the start page, with the notebook's contents at the left.

    jupyter lab --config=lab/jupyter_lab_config.py

`make lab` names this folder to Jupyter, which finds the file by its name. Settings come from beside
it; where windows stand is kept under my/. Nothing is written to your home.
"""

import json
import os
from pathlib import Path

from jupyterlab_server.workspaces_handler import WorkspacesManager

LAB = Path(__file__).resolve().parent
HERE = LAB.parent
WORKSPACES = HERE / "my" / ".jupyterlab" / "workspaces"

c = get_config()  # noqa: F821  Jupyter gives it to this file
c.LabApp.app_settings_dir = str(LAB)
c.LabApp.workspaces_dir = str(WORKSPACES)
if not any(WORKSPACES.glob("course-*")):  # later, yours stays as you left it
    WORKSPACES.mkdir(parents=True, exist_ok=True)
    first = json.loads((LAB / "course.jupyterlab-workspace").read_text(encoding="utf-8"))
    WorkspacesManager(str(WORKSPACES)).save("course", json.dumps(first))
start = "my/start.ipynb" if (HERE / "my" / "start.ipynb").exists() else "notebooks/start.ipynb"
c.ServerApp.root_dir = str(HERE)
c.LabApp.default_url = f"/lab/workspaces/course/tree/{start}"

# OpenMP's threads are to sleep while they wait, or a second busy program makes training crawl.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # on Linux, not before a moment has passed
