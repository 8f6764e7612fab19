"""The Tab key: in a real bash, and the files that are installed for each shell."""

import shlex
import stat
import subprocess

import pytest

from tests.helpers.program import PROGRAM, ROOT, environment, run


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home folder with ``phonoscope`` in its ``bin``."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "bin").mkdir()
    program = folder / "bin" / "phonoscope"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


def completed(home, *words):
    """What bash offers for the last word; it asks the function that bash itself would call."""
    line = shlex.join(words)
    script = f"""
        eval "$(phonoscope completion bash)"
        COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}
        $(complete -p phonoscope | sed 's/.*-F \\([^ ]*\\) .*/\\1/') phonoscope
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    env = environment()
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**env, "PATH": f"{home / 'bin'}:{env['PATH']}", "HOME": str(home)},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["phonoscope", "com"], ["compact", "completion"]),
        (["phonoscope", "label", "re"], ["read", "remove"]),
        (["phonoscope", "check", "--fa"], ["--fail-on", "--false-alarms"]),
        (["phonoscope", "scan", "--engine", ""], ["local", "spark"]),
        # No name: bash then offers files.
        (["phonoscope", "check", "song"], []),
    ],
)
def test_bash_completes_commands_options_and_choices(home, words, offered):
    assert completed(home, *words) == offered


@pytest.mark.parametrize(
    ("shell", "files"),
    [
        ("bash", [".bash_completions/phonoscope.sh", ".bashrc"]),
        ("zsh", [".zfunc/_phonoscope", ".zshrc"]),
        ("fish", [".config/fish/completions/phonoscope.fish"]),
    ],
)
def test_completion_is_installed_for_the_shell_that_is_named_or_used(tmp_path, shell, files):
    for number, arguments in enumerate((["--install"], [shell, "--install"])):
        home = tmp_path / str(number)
        home.mkdir()
        done = run(
            "completion", *arguments, HOME=str(home), SHELL=f"/usr/bin/{shell}",
            PYTHONPATH=str(ROOT),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{home / files[0]}\n"
        installed = (home / files[0]).read_text()
        assert installed.strip() == run("completion", shell).stdout.strip()
        for file in files[1:]:
            assert (
                "completion" in (home / file).read_text() or ".zfunc" in (home / file).read_text()
            )


def test_an_unknown_shell_is_status_2(tmp_path):
    done = run(
        "completion", "--install", HOME=str(tmp_path), SHELL="/bin/tcsh", PYTHONPATH=str(ROOT)
    )
    assert done.returncode == 2
    assert "fish" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_package_itself_is_the_program():
    done = subprocess.run(
        [PROGRAM[0], "-m", "phonoscope", "--version"],
        capture_output=True, text=True, check=False, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout == run("--version").stdout
