"""The habits of this code base that no linter knows. Each test names every place that breaks its habit."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("schemas", "transforms", "services", "pipelines")
MODULE_LINES_MAX = 250
FUNCTION_LINES_MAX = 40
# path -> why this module may be longer, or "path:function" -> why this function
LONGER_WITH_REASON: dict[str, str] = {
    "schemas/records.py": "one table of all records, read like a glossary",
}

LABELS = ["In", "Out", "State", "Rejects"]  # always, in this order; then "Source" where a rule has one
LABEL = re.compile(r"^ *(In|Out|State|Rejects|Source): +\S", re.MULTILINE)
STEP_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
TEXT_FILES = {".cfg", ".go", ".ini", ".json", ".md", ".mod", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml"}
SKIPPED_FOLDERS = re.compile(r"\.git|\.venv.*|\..*_cache|\.hypothesis|__pycache__|out|build|dist|.*\.egg-info")
MACHINE_PATH = re.compile(r"(?<![\w.*-])/(work|farm|root|home|Users)/")
SCRATCH_PATH = re.compile(r"(?<![\w.*-])/(tmp)/")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|(proxy|sum)\.golang\.org|repo1?\.maven|-{2}(extra-)?index-url|-{2}find-links"
)
UNSAFE_MODULES = {"pickle", "dill", "cloudpickle", "marshal", "shelve"}

N = TypeVar("N", bound=ast.AST)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _trees(*folders: str) -> dict[Path, ast.Module]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path: ast.parse(path.read_text(encoding="utf-8"), filename=str(path)) for path in paths}


def _sources() -> dict[Path, ast.Module]:
    return _trees(*PACKAGES)


@cache
def _texts() -> dict[Path, str]:
    paths: list[Path] = []
    folders = [ROOT]
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if SKIPPED_FOLDERS.fullmatch(path.name):  # `.git` is a file in a worktree
                continue
            if path.is_dir():
                folders.append(path)  # the loop goes on into what it finds
            elif path.is_file() and path.name != ".git" and (path.suffix in TEXT_FILES or not path.suffix):
                paths.append(path)
    return {path: path.read_text(encoding="utf-8", errors="replace") for path in paths}


def _modules() -> dict[Path, ast.Module]:
    return {path: tree for path, tree in _sources().items() if path.name != "__init__.py"}


def _nodes(kind: type[N], trees: dict[Path, ast.Module]) -> Iterator[tuple[Path, N]]:
    for path, tree in trees.items():
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, kind))


def _classes(base: str) -> Iterator[tuple[Path, ast.ClassDef]]:
    """Every class that names `base` among its bases, as `X`, `beam.X` or `beam.X[...]`."""
    for path, node in _nodes(ast.ClassDef, _modules()):
        if any(_last_part(b) == base for b in node.bases):
            yield path, node


def _last_part(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _imports(tree: ast.AST) -> set[str]:
    """Every module that is imported anywhere in the tree; `from a import b` gives `a` and `a.b`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _reached(path: Path) -> set[str]:
    """What a module imports, itself or through other modules of this project."""
    found: set[str] = set()
    pending = [path]
    while pending:
        for module in _imports(_sources()[pending.pop()]) - found:
            found.add(module)
            file = ROOT / (module.replace(".", "/") + ".py")
            if file in _sources():
                pending.append(file)
    return found


def _all_tidy(findings: Iterator[str] | list[str], habit: str) -> None:
    lines = sorted(findings)
    if lines:
        pytest.fail("\n  ".join([f"{habit}:", *lines]), pytrace=False)


def test_each_module_has_a_test_at_the_same_place_in_the_tree() -> None:
    mirrored = {path: ROOT / "tests" / path.relative_to(ROOT).with_name(f"test_{path.name}") for path in _modules()}
    missing = [f"{_name(test)} for {_name(path)}" for path, test in mirrored.items() if not test.is_file()]
    _all_tidy(missing, "missing tests")


def test_each_transform_says_in_out_state_rejects() -> None:
    def findings() -> Iterator[str]:
        for path, node in _classes("PTransform"):
            labels = LABEL.findall(ast.get_docstring(node) or "")
            if labels not in (LABELS, [*LABELS, "Source"]):
                yield f"{_name(path)}:{node.lineno} {node.name} has {labels}"

    _all_tidy(findings(), f"docstrings without exactly the lines {LABELS} and, where there is one, Source")


def test_each_transform_is_in_the_stage_table_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Stages$(.*?)^## ", readme, re.MULTILINE | re.DOTALL)
    assert section, "README.md has no section '## Stages' with another section after it"
    rows = "\n".join(line for line in section[1].splitlines() if line.startswith("|"))
    public = [(path, node.name) for path, node in _classes("PTransform") if not node.name.startswith("_")]
    _all_tidy([f"{name} from {_name(path)}" for path, name in public if f"`{name}`" not in rows], "not in the table")


def test_each_package_lists_its_modules_and_has_no_logic() -> None:
    def findings() -> Iterator[str]:
        for path, tree in _sources().items():
            if path.name != "__init__.py":
                continue
            words = set(re.findall(r"`(\w+)/?`", ast.get_docstring(tree) or ""))
            modules = {child.stem for child in path.parent.glob("*.py")} - {"__init__"}
            packages = {child.parent.name for child in path.parent.glob("*/__init__.py")}
            yield from (f"{_name(path)} does not list `{name}`" for name in (modules | packages) - words)
            if len(tree.body) > 1:
                yield f"{_name(path)} holds more than its docstring"

    _all_tidy(findings(), "packages")


def test_each_module_says_what_it_is() -> None:
    _all_tidy([_name(path) for path, tree in _modules().items() if not ast.get_docstring(tree)], "no docstring")


def test_rules_and_schemas_run_without_beam() -> None:
    pure = [path for path in _modules() if path.stem.endswith("_rules") or path.is_relative_to(ROOT / "schemas")]
    reach = [path for path in pure if any(name.split(".")[0] == "apache_beam" for name in _reached(path))]
    _all_tidy([_name(path) for path in reach], "import apache_beam, themselves or through another module")


def test_imports_point_one_way() -> None:
    forbidden = {
        "schemas": {"transforms", "services", "pipelines"},
        "transforms": {"services", "pipelines"},
        "services": set(),  # they read the views as `pipelines` does; its command line starts them
        "pipelines": set(),
    }
    forbidden = {package: {*names, "tests", "examples", "benchmarks"} for package, names in forbidden.items()}

    def findings() -> Iterator[str]:
        for path, tree in _sources().items():
            package = path.relative_to(ROOT).parts[0]
            roots = {name.split(".")[0] for name in _imports(tree)}
            yield from (f"{_name(path)} imports {name}" for name in roots & forbidden[package])

    _all_tidy(findings(), "schemas serve transforms, transforms serve pipelines, never the other way")


def test_modules_and_functions_fit_on_their_pages() -> None:
    def findings() -> Iterator[str]:
        for path in _modules():
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > MODULE_LINES_MAX and _name(path) not in LONGER_WITH_REASON:
                yield f"{_name(path)} has {lines} lines, at most {MODULE_LINES_MAX}"
        for path, node in _nodes(ast.FunctionDef, _modules()):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX and f"{_name(path)}:{node.name}" not in LONGER_WITH_REASON:
                yield f"{_name(path)}:{node.lineno} {node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"

    _all_tidy(findings(), "too long")


def test_bad_code_is_not_caught() -> None:
    def findings() -> Iterator[str]:
        for path, node in _nodes(ast.ExceptHandler, _sources()):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(e is None or _last_part(e) in {"Exception", "BaseException"} for e in caught):
                yield f"{_name(path)}:{node.lineno}"

    _all_tidy(findings(), "catches every exception, so also those of bad code")


def test_nothing_that_arrives_is_unpickled() -> None:
    found = {
        path: {name.split(".")[0] for name in _imports(tree)} & UNSAFE_MODULES for path, tree in _sources().items()
    }
    _all_tidy([f"{_name(path)} imports {', '.join(names)}" for path, names in found.items() if names], "can run data")


def test_dofns_are_private() -> None:
    public = [(path, node) for path, node in _classes("DoFn") if not re.fullmatch(r"_\w+Fn", node.name)]
    _all_tidy([f"{_name(path)}:{node.lineno} {node.name}" for path, node in public], "a DoFn is called _SomethingFn")


def test_steps_have_camel_case_names() -> None:
    def findings() -> Iterator[str]:
        for path, node in _nodes(ast.BinOp, _modules()):
            if isinstance(node.op, ast.RShift) and isinstance(node.left, ast.Constant):
                name = node.left.value
                if isinstance(name, str) and not STEP_NAME.fullmatch(name):
                    yield f"{_name(path)}:{node.lineno} {name!r}"

    _all_tidy(findings(), "step names are the identity of state and read LikeThis")


def test_quantities_are_exact() -> None:
    arguments = [(path, node.arg, node.annotation) for path, node in _nodes(ast.arg, _modules())]
    fields = [(path, ast.unparse(node.target), node.annotation) for path, node in _nodes(ast.AnnAssign, _modules())]
    typed = [(path, name, a) for path, name, a in arguments + fields if a is not None and "quantity" in name]
    floats = [f"{_name(path)}:{a.lineno} {name}" for path, name, a in typed if "float" in ast.unparse(a)]
    _all_tidy(floats, "quantities that are floats")


def test_nothing_sleeps_in_tests() -> None:
    calls = _nodes(ast.Call, _trees("tests"))
    sleeps = [f"{_name(path)}:{node.lineno}" for path, node in calls if _last_part(node.func) == "sleep"]
    _all_tidy(sleeps, "a test waits for a condition, not for a time")


@pytest.mark.parametrize(
    ("pattern", "applies"),
    [
        (MACHINE_PATH, lambda _: True),
        (SCRATCH_PATH, lambda path: path.suffix in {".py", ".sh", ""} and "tests" not in path.parts),
        (REGISTRY, lambda path: path.name != "go.sum"),  # which registry packages come from is the user's choice
    ],
    ids=["paths of one machine", "scratch paths", "registries"],
)
def test_no_file_names(pattern: re.Pattern[str], applies: Callable[[Path], bool]) -> None:
    texts = {path: text for path, text in _texts().items() if applies(path) and pattern.search(text)}
    lines = [(path, i, line) for path, text in texts.items() for i, line in enumerate(text.splitlines(), start=1)]
    _all_tidy([f"{_name(path)}:{i}" for path, i, line in lines if pattern.search(line)], "do not belong in a file")
