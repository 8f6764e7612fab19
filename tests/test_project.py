"""What the project promises outside the package: commands, locks, licence, documents."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import phonoscope
from phonoscope.cli.exits import Status
from phonoscope.cli.main import app

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def locked(name):
    """Package, version and marker of every pin in a lock file."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    pins = [
        Requirement(line.split("\\")[0].split("#")[0].strip())
        for line in text.splitlines()
        if re.match(r"[a-zA-Z0-9]", line)
    ]
    return {
        (canonicalize_name(pin.name), str(pin.marker or "")): str(pin.specifier)[2:] for pin in pins
    }


def asked(*, extras, groups):
    project = PROJECT["project"]
    lines = list(project["dependencies"])
    lines += [line for extra in extras for line in project["optional-dependencies"][extra]]
    lines += [line for group in groups for line in PROJECT["dependency-groups"][group]]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize(
    ("lock", "extras", "groups"),
    [
        ("run.txt", ["web"], []),
        ("dev.txt", list(PROJECT["project"]["optional-dependencies"]), ["dev"]),
    ],
)
def test_locks_hold_what_the_project_asks_for(lock, extras, groups):
    pins = locked(lock)
    for requirement in asked(extras=extras, groups=groups):
        versions = [
            v for (name, _), v in pins.items() if name == canonicalize_name(requirement.name)
        ]
        assert versions, f"{requirement} is not in requirements/{lock}: run `make lock`"
        for version in versions:
            assert requirement.specifier.contains(version), f"{requirement}: run `make lock`"


def test_the_lock_of_the_tests_holds_the_lock_of_the_program():
    everything = locked("dev.txt")
    for pin, version in locked("run.txt").items():
        # Where only Windows needs a package to run, the tests may need it everywhere.
        everywhere = everything.get((pin[0], ""))
        assert everything.get(pin, everywhere) == version, pin
    for (name, marker), version in locked("build.txt").items():
        assert everything.get((name, marker), version) == version, name


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt", "build.txt", "lock.txt"])
def test_every_pin_has_hashes_and_no_lock_names_a_host(lock):
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    pins = re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.M)[1:]
    assert pins
    for pin in pins:
        assert "--hash=sha256:" in pin, pin.splitlines()[0]
    assert "://" not in text


def test_what_builds_the_package_is_pinned():
    built_by = {Requirement(line).name for line in PROJECT["build-system"]["requires"]}
    assert built_by <= {name for name, _ in locked("build.txt")}


def test_the_first_screen_of_the_readme_shows_the_product():
    first_screen = README.partition("\n## ")[0]
    pictures = re.findall(r'src(?:set)?="([^"]+)"', first_screen)
    assert len(pictures) == 2
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")
    assert re.findall(r"^    (make \w+)", first_screen, re.M) == ["make demo", "make test"]
    assert len(re.findall(r"^- ", first_screen, re.M)) == 3


def commands_in(document):
    """Command lines of Phonoscope in the shell blocks of a document, as lists of words."""
    for block in re.findall(r"^```sh\n(.*?)^```", document, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["phonoscope"]:
                yield words[1:]


def parsed(words):
    """Let the command line parse its words; it raises where they are wrong."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
    words = words[: words.index(">")] if ">" in words else words
    return command.make_context(name, words)


@pytest.mark.parametrize("words", list(commands_in(README)), ids=" ".join)
def test_every_command_of_the_readme_is_one(words):
    assert parsed(words).params


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))
    phony = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M)[1].split())
    assert phony == targets
    documents = [README, (ROOT / "CONTRIBUTING.md").read_text(), (ROOT / ".ci" / "run").read_text()]
    for document in documents:
        assert set(re.findall(r"(?:`|^\s+)make ([a-z-]+)", document, re.M)) <= targets


def test_make_demo_hands_over_any_name_of_a_folder(tmp_path):
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "phonoscope"
    program.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    program.chmod(0o755)
    (tmp_path / "run.stamp").touch()
    for music, said in (("", ""), ('it\'s my "music"', '<--music><it\'s my "music">')):
        done = subprocess.run(
            ["make", "--silent", "demo", f"VENV={tmp_path}", f"MUSIC={music}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout == f"<demo><--into><demo>{said}", done.stderr


@pytest.mark.parametrize("script", [".ci/run", "requirements/venv.sh"])
def test_shell_scripts_parse(script):
    shell = "bash" if script == ".ci/run" else "sh"
    subprocess.run([shell, "-n", ROOT / script], check=True)


def test_a_python_that_is_too_old_is_refused_in_words(tmp_path):
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["sh", ROOT / "requirements" / "venv.sh", tmp_path / "v", old],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "3.11" in done.stderr
    assert not (tmp_path / "v").exists()


def test_a_python_without_venv_is_told_the_package(tmp_path):
    bare = tmp_path / "bare-python"
    bare.write_text(
        '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *print*) echo 3.11;; *) exit 0;; esac\n'
    )
    bare.chmod(0o755)
    done = subprocess.run(
        ["sh", ROOT / "requirements" / "venv.sh", tmp_path / "v", bare],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "apt-get install python3.11-venv" in done.stderr


def test_the_reference_lists_every_exit_status():
    listed = re.findall(r"^ +(\d+) {2,}\S", (ROOT / "docs" / "cli.md").read_text("utf-8"), re.M)
    assert [int(number) for number in listed] == [status.value for status in Status]


def test_the_licence_is_apache_and_its_meeting_with_the_gpl_is_explained():
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert PROJECT["project"]["license"] == "Apache-2.0"
    for document in (README, (ROOT / "NOTICE").read_text(encoding="utf-8")):
        assert "GPL" in document
        assert "mutagen" in document
    for name in PROJECT["project"]["license-files"]:
        assert (ROOT / name).is_file()


def test_links_between_documents_lead_somewhere():
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


TOP_FOLDERS = {
    "phonoscope", "tests", "bench", "docs", "examples", "requirements", "tools", ".ci", ".github"
}  # fmt: skip


def paths_named_in(text):
    """Paths inside the repository that a document names in code: `like/this.py`."""
    for path in re.findall(r"`([\w./*-]+)`", text):
        inside = re.match(
            r"(phonoscope|tests|bench|docs|requirements|examples|tools|\.ci|\.github)/", path
        )
        if inside or re.fullmatch(r"[a-z_]+(/[a-z_0-9]+)+\.py", path):
            yield path


def is_there(path, document):
    """Whether a path exists, relative to the repository, the package or the document."""
    return any(list(base.glob(path)) for base in (ROOT, ROOT / "phonoscope", document.parent))


DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench" / "README.md"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_exists(document):
    named = set(paths_named_in(document.read_text(encoding="utf-8")))
    assert [path for path in sorted(named) if not is_there(path, document)] == []


def test_the_modules_that_the_architecture_names_exist():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = "|".join(path.parent.name for path in (ROOT / "phonoscope").glob("*/__init__.py"))
    named = set(re.findall(rf"(?<![\w/.])(?:{packages})(?:/[a-z_0-9]+)+", text))
    assert len(named) > 50
    package = ROOT / "phonoscope"
    assert [
        name
        for name in sorted(named)
        if not (package / name).is_dir() and not list(package.glob(f"{name}.*"))
    ] == []


def test_paths_in_documents_are_found():
    text = "`phonoscope/api.py`, `scan/pool.py`, `tests/`, `a/b` and `text/plain`"
    assert list(paths_named_in(text)) == ["phonoscope/api.py", "scan/pool.py", "tests/"]


def test_the_floors_that_are_drawn_are_the_floors_that_are_checked():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawing = re.search(r"^```text\n(.*?)```", text, re.M | re.S)[1]
    (contract,) = (c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    floors = [re.split(r"\W+", layer) for layer in contract["layers"]]
    rows = re.findall(r"^    (\S.*)$", drawing.replace("\\\n", " "), re.M)
    drawn = [re.findall(r"\w+", row)[: len(floor)] for row, floor in zip(rows, floors, strict=True)]
    assert [sorted(names) for names in drawn] == [sorted(floor) for floor in floors]


def test_every_file_of_the_fast_tests_exists():
    files = (ROOT / "tests" / "fast.txt").read_text(encoding="utf-8").split()
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert files == sorted(set(files))


def test_nothing_is_skipped_or_expected_to_fail():
    ways = re.compile(r"pytest\.(skip|xfail|importorskip)\(|mark\.(skip|skipif|xfail)\b|[+]SKIP\b")
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "phonoscope").rglob("*.py")]
    found = [path for path in files if ways.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_every_public_name_is_in_the_python_reference():
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^::: phonoscope\.(\w+)$", page, re.M)) == sorted(phonoscope.__all__)


@pytest.mark.slow
def test_the_documentation_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        loads = re.findall(
            r"<(?:script|img|link|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//[^>]*>",
            page.read_text(encoding="utf-8"),
        )
        assert loads == [], page.name


def test_the_changelog_has_versions_and_among_them_this_one():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", changelog, re.M)
    assert headings
    for heading in headings:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\]( - (Unreleased|\d{4}-\d{2}-\d{2}))?", heading)
    assert any(heading.startswith(f"[{PROJECT['project']['version']}]") for heading in headings)


def test_the_image_and_the_hooks_use_what_exists():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for source in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.M):
        for path in source.split():
            assert (ROOT / path).exists(), path
    assert re.search(r"^USER phonoscope$", dockerfile, re.M)
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"repo: (\S+)", hooks)) == {"local"}
