"""Settings of one installation, read once from the environment and never changed afterwards.

Reading creates nothing: `app/upkeep/setup/secrets.py` writes the secret at set-up. What makes an installation unsafe is
told by `Settings.problems()`; the factory refuses to start on a non-empty answer and `louda doctor` prints it.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
SECRET_FILE = "secret.key"  # noqa: S105 - the name of a file
SECRET_BYTES_AT_LEAST = 32
PURGE_DAYS_AT_MOST = 90
ENVIRONMENTS = ("development", "production", "testing")
ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not chosen
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})


class SettingsError(ValueError):
    """A variable holds a value that cannot be read; the message names the variable and what it accepts."""


LANES = ("quick", "print", "plan", "other")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations.

    `public_url` is the address residents reach (it is printed in QR codes); `trusted_proxies` counts the reverse
    proxies in front of the server whose X-Forwarded-* headers are believed.
    """

    env: str
    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    data_dir: Path
    documents_dir: Path
    backups_dir: Path
    trusted_hosts: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://localhost:8000"
    trusted_proxies: int = 0
    purge_after_days: int = 30
    is_debug: bool = False
    osrm_url: str = ""
    """Address of an OSRM server for road distances; without it and `valhalla_url` they are estimated."""
    valhalla_url: str = ""
    is_log_json: bool = False
    """Whether each line of the log is a JSON object."""
    drain_s: int = 0
    """How long a web server that was told to stop says "not ready" before it takes no more requests."""
    is_print_fast: bool = True
    """Whether the patches of the print engine are used; the same sheets come out without them, later."""
    is_webhook_private_allowed: bool = False
    """Whether messages to other systems may go to addresses that are not of the public internet."""
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    """Liveness, readiness and figures are answered here, beside the pages; 0 for nowhere."""
    seal_key: str = field(default="", repr=False)
    """Keys the seals of the event log; without it the secret does."""
    store_url: str = field(default="", repr=False)
    """`s3://bucket/prefix`: finished files lie there, for several machines; empty: in the data folder."""
    lanes: tuple[str, ...] = LANES
    """The kinds of waiting jobs that the worker of this process takes: see core/queue/worker."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `environ` (default: the process environment).

        Raises SettingsError for a value that cannot be read. A missing secret is not an error here: it is a problem.
        """
        values = os.environ if environ is None else environ
        env = _one_of(values, "LOUDA_ENV", ENVIRONMENTS)
        data_dir = Path(values.get("LOUDA_DATA_DIR") or ROOT / "var").expanduser().absolute()
        host = values.get("HOST") or "127.0.0.1"
        port = _whole_number(values, "PORT", 8000, range(1, 65536))
        public_url = _public_url(values, host, port)
        return cls(
            env=env,
            secret_key=_secret_key(values, env, data_dir),
            database_url=values.get("LOUDA_DATABASE_URL") or f"sqlite:///{data_dir / 'louda.db'}",
            data_dir=data_dir,
            documents_dir=data_dir / "documents",
            backups_dir=data_dir / "backups",
            trusted_hosts=_trusted_hosts(values, env, host, public_url),
            host=host,
            port=port,
            public_url=public_url,
            trusted_proxies=_whole_number(values, "LOUDA_TRUSTED_PROXIES", 0, range(6)),
            purge_after_days=_whole_number(values, "LOUDA_PURGE_AFTER_DAYS", 30, range(1, 36501)),
            is_debug=values.get("FLASK_DEBUG", "").strip().lower() in TRUE_WORDS,
            osrm_url=_service_url(values, "LOUDA_OSRM_URL"),
            valhalla_url=_service_url(values, "LOUDA_VALHALLA_URL"),
            is_log_json=_one_of(values, "LOUDA_LOG_FORMAT", ("text", "json")) == "json",
            drain_s=_whole_number(values, "LOUDA_DRAIN_S", 0, range(61)),
            is_print_fast=_whole_number(values, "LOUDA_PRINT_FAST", 1, range(2)) == 1,
            is_webhook_private_allowed=_whole_number(values, "LOUDA_WEBHOOK_PRIVATE", 0, range(2)) == 1,
            metrics_host=values.get("LOUDA_METRICS_HOST") or "127.0.0.1",
            metrics_port=_whole_number(values, "LOUDA_METRICS_PORT", min(port + 1, 65535), range(65536)),
            seal_key=values.get("LOUDA_SEAL_KEY", ""),
            store_url=_store_url(values),
            lanes=_some_of(values, "LOUDA_LANES", LANES),
        )

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def seal_secret(self) -> str:
        """What the seals of the event log are keyed with. Whoever changes the secret sets the seal key to the old one,
        or the log of before cannot be checked any more."""
        return self.seal_key or self.secret_key

    @property
    def is_secure(self) -> bool:
        """True when residents reach the installation by https, so cookies can carry Secure and `__Host-`."""
        return self.public_url.startswith("https://")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, or None for another engine and for a database in memory."""
        path = self.database_url.partition(":///")[2].partition("?")[0]
        return Path(path) if self.is_sqlite and path and path != ":memory:" else None

    def cookie_name(self, base: str) -> str:
        """The name of a cookie: browsers accept the `__Host-` prefix only together with Secure, that is on https."""
        return f"__Host-{base}" if self.is_secure else base

    def problems(self) -> tuple[str, ...]:
        """Why this installation must not start, one sentence each in Chinese and English; empty when it may."""
        return (*self._problems_everywhere(), *(self._problems_in_production() if self.is_production else ()))

    def _problems_everywhere(self) -> Iterator[str]:
        if len(self.secret_key.encode()) < SECRET_BYTES_AT_LEAST:
            yield (
                f"密钥不足 {SECRET_BYTES_AT_LEAST} 字节：请运行 ./louda run 生成，或设置 LOUDA_SECRET_KEY。"
                f" The secret has fewer than {SECRET_BYTES_AT_LEAST} bytes: run ./louda run or set LOUDA_SECRET_KEY."
            )
        if self.purge_after_days > PURGE_DAYS_AT_MOST:
            yield (
                f"个人信息最多保存 {PURGE_DAYS_AT_MOST} 天：请把 LOUDA_PURGE_AFTER_DAYS 调小。"
                f" Personal data is kept {PURGE_DAYS_AT_MOST} days at most: lower LOUDA_PURGE_AFTER_DAYS."
            )

    def _problems_in_production(self) -> Iterator[str]:
        if self.is_debug:
            yield "正式环境不能打开调试：请去掉 FLASK_DEBUG。 Debug must be off in production: unset FLASK_DEBUG."
        if not self.trusted_hosts:
            yield (
                "没有可信主机名：请设置 LOUDA_TRUSTED_HOSTS，例如 louda.example.cn。"
                " No trusted host name: set LOUDA_TRUSTED_HOSTS, for example louda.example.cn."
            )
        if not self.is_secure:
            yield (
                "正式环境不能使用明文 http：请把 LOUDA_PUBLIC_URL 设为 https:// 开头的地址。"
                " Plain http is refused in production: set LOUDA_PUBLIC_URL to an https:// address."
            )
        for path in filter(is_open_to_everyone, self.private_paths()):
            yield (
                f"其他用户可以读取 {path}：请运行 chmod o-rwx 收回权限。"
                f" Other users can read {path}: take the permission away with chmod o-rwx."
            )

    def private_paths(self) -> tuple[Path, ...]:
        """The files and folders that hold personal data or secrets, whether they exist yet or not."""
        files = (self.data_dir / SECRET_FILE, self.sqlite_path)
        return (*(path for path in files if path), self.documents_dir, self.backups_dir)


def is_open_to_everyone(path: Path) -> bool:
    """True if the path exists and users other than owner and group may read, write or enter it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return bool(stat.S_IMODE(mode) & stat.S_IRWXO)


def _one_of(values: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = values.get(name) or choices[0]
    if value not in choices:
        raise SettingsError(f"{name}={value!r}：只能是 {' | '.join(choices)}。 Must be one of these words.")
    return value


def _some_of(values: Mapping[str, str], name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Words separated by commas; all of them where none is said."""
    words = tuple(word.strip() for word in values.get(name, "").split(",") if word.strip())
    if strange := [word for word in words if word not in choices]:
        raise SettingsError(f"{name}={strange[0]!r}：只能是 {' | '.join(choices)}。 Must be one of these words.")
    return words or choices


def _whole_number(values: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = values.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) in allowed):
        low, high = allowed[0], allowed[-1]
        raise SettingsError(f"{name}={text!r}：应为 {low} 到 {high} 的整数。 Must be a whole number in this range.")
    return int(text)


def _store_url(values: Mapping[str, str]) -> str:
    url = (values.get("LOUDA_STORE_URL") or "").rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme != "s3" or not parts.hostname or parts.query):
        raise SettingsError(f"LOUDA_STORE_URL={url!r}：应为 s3://桶/前缀。 Must be s3://bucket/prefix.")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT"):
        endpoint = values.get(name, "")
        if url and endpoint and not endpoint.startswith(("http://", "https://")):
            raise SettingsError(f"{name}={endpoint!r}：应为 http(s)://主机名。 Must be an http(s) address.")
    return url


def _public_url(values: Mapping[str, str], host: str, port: int) -> str:
    shown_host = "localhost" if host in {*ANYWHERE, "127.0.0.1", "::1"} else host
    url = (values.get("LOUDA_PUBLIC_URL") or f"http://{shown_host}:{port}").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"LOUDA_PUBLIC_URL={url!r}：应为 http(s)://主机名。 Must be an http(s) address.")
    return url


def _service_url(values: Mapping[str, str], name: str) -> str:
    url = (values.get(name) or "").strip().rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise SettingsError(f"{name}={url!r}：应为 http(s)://主机名。 Must be an http(s) address.")
    return url


def _trusted_hosts(values: Mapping[str, str], env: str, host: str, public_url: str) -> tuple[str, ...]:
    """Names the server answers to. Outside production, what a laptop needs is trusted without being listed."""
    named = tuple(name.strip() for name in values.get("LOUDA_TRUSTED_HOSTS", "").split(",") if name.strip())
    if named or env == "production":
        return named
    local = ("localhost", "127.0.0.1", "[::1]", urlsplit(public_url).hostname or "", host)
    return tuple(dict.fromkeys(name for name in local if name and name != "::"))


def _secret_key(values: Mapping[str, str], env: str, data_dir: Path) -> str:
    given = values.get("LOUDA_SECRET_KEY", "")
    if given:
        return given
    if env == "testing":
        return secrets.token_hex(SECRET_BYTES_AT_LEAST)
    try:
        return (data_dir / SECRET_FILE).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
