"""Settings: every default in one commented place.

Strongest first: arguments and flags, environment (``PHONOSCOPE_WORKERS=4``), the user's
file (``settings.toml`` in the platform's configuration folder), the defaults below. The
resolved settings are stored with each scan.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from phonoscope import defaults

SETTINGS_FILE = Path(platformdirs.user_config_dir("phonoscope")) / "settings.toml"

TRUST_BYTES = 16 << 20
"""A file of trusted certificates is read up to this many bytes; the C2PA's list has some 100 KB."""


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """Everything a user may set; see the field descriptions."""

    model_config = SettingsConfigDict(
        env_prefix="PHONOSCOPE_", frozen=True, extra="forbid", toml_file=SETTINGS_FILE
    )

    workers: int = Field(
        default_factory=_usable_cores, ge=1, le=1024, description="Worker processes of a scan."
    )
    file_time_limit_s: float = Field(
        default=defaults.FILE_TIME_LIMIT_S,
        gt=0,
        description="Seconds one file may take before its worker is stopped and the file "
        "becomes a row with the error 'time-limit'. Ten hours of stereo take about 100 s.",
    )
    worker_memory_mb: int = Field(
        default=2048,
        ge=512,
        description="Memory a worker may take above what it needs to start, MB (2^20 bytes); "
        "a file that needs more becomes a row with the error 'memory-limit'.",
    )
    batch_files: int = Field(
        default=256,
        ge=1,
        le=100_000,
        description="Files in a batch: what is written at once, and at most lost by a kill.",
    )
    batch_seconds: float = Field(
        default=60.0,
        gt=0,
        description="A batch is written after this many seconds even when it is not full.",
    )
    false_alarms: float = Field(
        default=defaults.FALSE_ALARMS,
        gt=0,
        le=0.5,
        description="Share of human music that may be called generated: above 0, at most 0.5. "
        "Smaller accuses fewer people wrongly and misses more machines.",
    )
    query_memory_mb: int = Field(
        default=4096, ge=256, description="Memory a query may take before it spills to disk, MB."
    )
    trust: Path | None = Field(
        default=None,
        description="PEM file of certificates whose signatures (C2PA) are trusted. None is by "
        "default: a signature is then 'valid' at best, its signer not known.",
    )

    ddex: Path | None = Field(
        default=None,
        description="TOML file of rules for what DDEX messages declare of machines; the one that "
        "is shipped, phonoscope/disclosure/ddex.toml, says how to write it.",
    )

    @field_validator("trust")
    @classmethod
    def _holds_certificates(cls, path: Path | None) -> Path | None:
        # Now, and not at the first signed file of a scan of millions.
        if path is not None:
            try:
                with path.open("rb") as file:
                    found = b"-----BEGIN CERTIFICATE-----" in file.read(TRUST_BYTES)
            except OSError as error:
                raise ValueError(f"it cannot be read: {error.strerror}") from error
            if not found:
                raise ValueError("it holds no certificate in PEM")
        return path

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, the user's file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
