"""Settings: every default in one commented place.

In order of precedence: arguments and flags, the environment (``PHONOSCOPE_WORKERS=4``), the
user's file (``settings.toml`` in the platform's configuration folder), the defaults below. Each
scan stores the settings it ran with.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from phonoscope import defaults

SETTINGS_FILE = Path(platformdirs.user_config_dir("phonoscope")) / "settings.toml"

TRUST_BYTES = 16 << 20
"""A file of trusted certificates is read up to this many bytes; the C2PA's list has 100 kB."""


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """Everything that a user can set; see the descriptions of the fields."""

    model_config = SettingsConfigDict(
        env_prefix="PHONOSCOPE_", frozen=True, extra="forbid", toml_file=SETTINGS_FILE
    )

    workers: int = Field(
        default_factory=_usable_cores, ge=1, le=1024, description="Worker processes of a scan."
    )
    file_time_limit_s: float = Field(
        default=defaults.FILE_TIME_LIMIT_S,
        gt=0,
        description="Seconds that one file may take. Then its worker is stopped, and the file "
        "becomes a row with the error 'time-limit'. Ten hours of stereo take about 100 s.",
    )
    worker_memory_mb: int = Field(
        default=2048,
        ge=512,
        description="Memory that a worker may use on top of what it needs to start, MB (2^20 "
        "bytes). A file that needs more becomes a row with the error 'memory-limit'.",
    )
    batch_files: int = Field(
        default=256,
        ge=1,
        le=100_000,
        description="Files in a batch. A batch is written at once; a kill loses at most one.",
    )
    batch_seconds: float = Field(
        default=60.0,
        gt=0,
        description="A batch is written after this many seconds, even when it isn't full.",
    )
    false_alarms: float = Field(
        default=defaults.FALSE_ALARMS,
        gt=0,
        le=0.5,
        description="Share of human music that may be called generated: above 0, at most 0.5. "
        "A smaller share accuses fewer people wrongly and misses more machines.",
    )
    query_memory_mb: int = Field(
        default=4096,
        ge=256,
        description="Memory that a query may use before it spills to disk, MB.",
    )
    trust: Path | None = Field(
        default=None,
        description="PEM file of certificates whose signatures (C2PA) are trusted. By default "
        "none is: a signature is then 'valid' at best, and its signer unknown.",
    )

    ddex: Path | None = Field(
        default=None,
        description="TOML file of rules for what DDEX messages declare about machines. See "
        "phonoscope/disclosure/ddex.toml, the default, for how to write one.",
    )

    @field_validator("trust")
    @classmethod
    def _holds_certificates(cls, path: Path | None) -> Path | None:
        # Checked now, not at the first signed file of a scan of millions.
        if path is not None:
            try:
                with path.open("rb") as file:
                    found = b"-----BEGIN CERTIFICATE-----" in file.read(TRUST_BYTES)
            except OSError as error:
                raise PydanticCustomError(
                    "unreadable", "The file can't be read: {reason}.", {"reason": error.strerror}
                ) from error
            if not found:
                raise PydanticCustomError("no-certificate", "The file has no PEM certificate.")
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
