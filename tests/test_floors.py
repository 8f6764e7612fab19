"""One direction, no circle: a module imports only from floors below its own."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "phonoscope"
FLOORS = [
    {"errors", "interval", "settings", "types", "words"},
    {"audio"},
    {"labels"},
    {"evidence"},
    {"verdict"},
    {"examination"},
    {"catalogue"},
    {"engines"},
    {"matching"},
    {"findings", "listening"},
    {"api"},
    {"web"},
    {"cli"},
]
"""Bottom to top. ``phonoscope/__init__.py`` is the door, over all of them.

Both faces stand on the API; ``phonoscope serve`` starts the pages, so they lie below it.
"""

LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}


def module_of(path, package=PACKAGE):
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source, module, is_package):
    """Every module a source names in an import, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")[: None if is_package and node.level == 1 else -node.level]
                base = ".".join([*above, *filter(None, [node.module])])
            if base != "phonoscope":
                yield base, node.lineno
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def floor_of(module):
    parts = module.split(".")
    return parts[1] if parts[0] == "phonoscope" and len(parts) > 1 else None


def uphill(package=PACKAGE):
    """Every import that does not go down, in words."""
    found = []
    for path in sorted(package.rglob("*.py")):
        module = module_of(path, package)
        ours = floor_of(module)
        if ours is None:
            continue
        for name, line in imports_of(path.read_text("utf-8"), module, path.name == "__init__.py"):
            if name.split(".")[0] != "phonoscope":
                continue
            # What is no floor is the door, or a name that only the door knows.
            theirs = floor_of(name)
            if theirs != ours and LEVEL.get(theirs, len(FLOORS)) >= LEVEL[ours]:
                found.append(f"{module}:{line} imports {name}")
    return found


def circles(package=PACKAGE):
    """Modules that import each other in a circle when they are loaded."""
    modules = {module_of(path, package): path for path in package.rglob("*.py")}
    needs = {}
    for module, path in modules.items():
        tree = ast.parse(path.read_text("utf-8"))
        top = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        lazy = {
            id(inner)
            for n in ast.walk(tree)
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
            or (isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test))
            for inner in ast.walk(n)
        }
        source = "\n".join(ast.unparse(n) for n in top if id(n) not in lazy)
        named = {name for name, _ in imports_of(source, module, path.name == "__init__.py")}
        needs[module] = {name for name in named if name in modules and name != module}
        # A package's own file is loaded before what is in it; that is no circle.
        needs[module] -= {module.rpartition(".")[0]}
    return [sorted(ring) for ring in _rings(needs)]


def _rings(needs):
    """Strongly connected sets of more than one module (Tarjan 1972)."""
    order, low, stack, found = {}, {}, [], []

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in needs.get(node, ()):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            ring = set()
            while True:
                ring.add(stack.pop())
                if node in ring:
                    break
            if len(ring) > 1:
                found.append(ring)

    for node in needs:
        if node not in order:
            visit(node)
    return found


def test_every_part_of_the_package_has_a_floor():
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert parts - {"__init__", "__pycache__", "py"} <= set(LEVEL)


def test_nothing_imports_uphill_or_sideways():
    assert uphill() == []


def test_nothing_imports_in_a_circle():
    assert circles() == []


@pytest.mark.parametrize(
    "planted",
    [
        "from phonoscope.catalogue.store import Store",
        "import phonoscope.api",
        "from phonoscope import engines",
        "import phonoscope",
        "from phonoscope import examine",
        "from ..catalogue import store",
        "def lazily():\n    from phonoscope.verdict import generated",
        "if TYPE_CHECKING:\n    from phonoscope.examination import Examination",
    ],
)
def test_a_planted_import_uphill_is_found(tmp_path, planted):
    package = tmp_path / "phonoscope"
    (package / "evidence").mkdir(parents=True)
    (package / "evidence" / "__init__.py").write_text("")
    (package / "evidence" / "honest.py").write_text("from phonoscope.audio.block import Block\n")
    assert uphill(package) == []
    (package / "evidence" / "planted.py").write_text(planted + "\n")
    assert len(uphill(package)) >= 1


def test_a_planted_import_sideways_and_a_circle_are_found(tmp_path):
    package = tmp_path / "phonoscope"
    for name, content in {
        "findings/one": "from phonoscope.listening import plays",
        "listening/plays": "",
        "audio/one": "from phonoscope.audio import two",
        "audio/two": "from phonoscope.audio.one import thing",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / f"{name}.py").write_text(content + "\n")
    assert uphill(package) != []
    assert circles(package) == [["phonoscope.audio.one", "phonoscope.audio.two"]]
