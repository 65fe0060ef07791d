"""Notebook 05 runs on a folder of other pictures when its one path is changed."""

import nbformat
from nbclient import NotebookClient
from torchvision.datasets import FashionMNIST

from helper_functions import DATA_DIR, split_pictures
from tools.books import ROOT, printed, tags

BOOK = ROOT / "notebooks" / "05_custom_datasets.ipynb"
PATH = 'PICTURES = DATA_DIR / "clipart"'


def test_one_path_changed_is_enough(tmp_path):
    """Two classes of FashionMNIST in class folders that are not split."""
    clothes = FashionMNIST(root=DATA_DIR, train=False)
    for label in (7, 8):  # sneakers and bags
        folder = tmp_path / "my" / "clothes" / clothes.classes[label].lower()
        folder.mkdir(parents=True)
        for index in (clothes.targets == label).nonzero().flatten()[:30].tolist():
            clothes[index][0].save(folder / f"{index}.bmp")
    (folder / "notes.txt").write_text("no picture")
    sizes = split_pictures(tmp_path / "my" / "clothes")[0].counts()
    book = nbformat.read(BOOK, as_version=4)
    (cell,) = [c for c in book.cells if c.cell_type == "code" and PATH in c.source]
    cell.source = cell.source.replace(PATH, 'PICTURES = Path("clothes")')
    book.cells = [c for c in book.cells if not {"exercise", "check"} & set(tags(c))]
    client = NotebookClient(
        book, kernel_name="python3", resources={"metadata": {"path": str(tmp_path / "my")}}
    )
    client.execute()
    printed_by = [printed(c) for c in book.cells if c.cell_type == "code"]
    text = "".join(printed_by)
    assert "left out: bag/notes.txt is no picture that Pillow can read" in text
    assert f"train {sizes}" in text
    assert "linear on features" in text
    drawings = ("animals", "food", "vehicles")
    about_the_drawings = [part for part in printed_by if any(name in part for name in drawings)]
    assert all("recall of vehicles" in part for part in about_the_drawings), "the stored table's"
