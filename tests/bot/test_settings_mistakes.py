"""What people really get wrong in `.env` and the environment: each is one line that names the setting, never its value."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from bot.messages import ChatIdentity
from bot.settings import Settings, SettingsError, load_settings
from bot.settings_file import OF_COMPOSE
from tests.processes import command

ROOT = Path(__file__).parents[2]
TOKEN = "123456:AbCdEfGhIjKlMnOpQrStUvWx"
PASSWORD = "opensesame"
DATABASE = f"postgresql+asyncpg://youshu:{PASSWORD}@db/youshu"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("YOUSHU_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def loaded(text: str | bytes) -> Settings:
    """The settings of a `.env` with this content."""
    Path(".env").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return load_settings()


def told(text: str | bytes = b"") -> list[str]:
    """What is said of a `.env` with this content, a line each."""
    with pytest.raises(SettingsError) as error:
        loaded(text)
    said = str(error.value)
    assert TOKEN not in said
    assert PASSWORD not in said
    return said.splitlines()


@pytest.mark.parametrize(
    "content",
    [
        b"# \xb4\xed\nYOUSHU_LOG_LEVEL=INFO\n",
        f"# 令牌\nYOUSHU_TELEGRAM_TOKEN={TOKEN}\n".encode("gb18030"),
        f"# 令牌\r\nYOUSHU_TELEGRAM_TOKEN={TOKEN}\r\n".encode("utf-16"),
        f"YOUSHU_TELEGRAM_TOKEN={TOKEN}\r\n".encode("utf-16-le"),
        f"# 令牌\nYOUSHU_TELEGRAM_TOKEN={TOKEN}\n".encode("utf-16-be"),
    ],
    ids=["the audit's", "GBK", "UTF-16", "UTF-16 without a mark", "UTF-16, the other way round"],
)
def test_another_encoding_is_one_line_that_names_the_file_and_the_way_out(content: bytes) -> None:
    (line,) = told(content)
    assert line.startswith(".env：")
    assert "另存为" in line
    assert "UTF-8" in line


def test_every_command_says_it_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"# \xb4\xed\nYOUSHU_LOG_LEVEL=INFO\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command("check"), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"\.env：从第 1 行起不是 UTF-8 编码；.*\n", done.stderr)


def test_what_the_environment_says_wrong_is_said_beside_a_file_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("YOUSHU_PORT", "web")
    # Its secret may stand in the file.
    monkeypatch.setenv("YOUSHU_TELEGRAM_WEBHOOK_URL", "https://bot.example.com/telegram")
    first, second = told(b"\xb4\xed\n")
    assert first.startswith(".env：")
    assert second == "YOUSHU_PORT：请写一个整数"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    settings = loaded(f"YOUSHU_TELEGRAM_TOKEN={TOKEN}\r\nYOUSHU_PORT=8081\r\n".encode("utf-8-sig"))
    assert settings.telegram_token is not None
    assert settings.telegram_token.get_secret_value() == TOKEN
    assert settings.port == 8081


def test_what_is_well_written_is_read_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_OF_YOUSHU", "/srv")
    monkeypatch.setenv("YOUSHU_PORT", "9000")
    monkeypatch.setenv("YOUSHU_LOG_FORMAT", "")
    settings = loaded(
        "# 说明：全角的字在这里没关系\n\nexport YOUSHU_HOST = '127.0.0.2' # 说明\nYOUSHU_PORT=1\nyoushu_log_level=debug\n"
        "YOUSHU_FAQ=${HOME_OF_YOUSHU}/内容：新/faq.yaml\nYOUSHU_PUBLIC_URL=\nYOUSHU_LOG_FORMAT=json\n"
        "SOMEBODY_ELSES=1\nPORT=2\nYOUSHU_CONTENT=.\nYOUSHU_ADMINS=telegram:1, telegram:2\n"
    )
    assert (settings.host, settings.port, settings.log_level, settings.log_format) == (
        "127.0.0.2",
        9000,
        "DEBUG",
        "json",
    )
    assert settings.faq == Path("/srv/内容：新/faq.yaml")
    assert settings.admins == {ChatIdentity("telegram", "1"), ChatIdentity("telegram", "2")}


@pytest.mark.parametrize("content", [None, b"", b"\n\n# \n"])
def test_no_file_an_empty_one_and_a_folder_are_no_mistake(content: bytes | None) -> None:
    if content is None:
        assert load_settings() == Settings()
        Path(".env").mkdir()
        assert load_settings() == Settings()
    else:
        assert loaded(content) == Settings()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"YOUSHU_TELEGRAM_TOKEN：{TOKEN}", "YOUSHU_TELEGRAM_TOKEN：.env 第 2 行名字后面的“：”要改成半角的“=”"),
        (f"YOUSHU_TELEGRAM_TOKEN＝{TOKEN}", "YOUSHU_TELEGRAM_TOKEN：.env 第 2 行名字后面的“＝”要改成半角的“=”"),
        (f"YOUSHU_TELEGRAM_TOKEN: {TOKEN}", "YOUSHU_TELEGRAM_TOKEN：.env 第 2 行名字后面的“:”要改成半角的“=”"),
        (f"YOUSHU_TELEGRAM_TOKE：{TOKEN}", "YOUSHU_TELEGRAM_TOKEN：.env 第 2 行名字后面的“：”要改成半角的“=”"),
        (
            f"YOUSHU_TELEGRAM_TOKEN {TOKEN}",
            "YOUSHU_TELEGRAM_TOKEN：.env 第 2 行没有“=”，请写成 YOUSHU_TELEGRAM_TOKEN=值",
        ),
        ("YOUSHU_TELEGRAM_TOKEN", "YOUSHU_TELEGRAM_TOKEN：.env 第 2 行没有“=”，请写成 YOUSHU_TELEGRAM_TOKEN=值"),
        (f'YOUSHU_TELEGRAM_TOKEN="{TOKEN}', "YOUSHU_TELEGRAM_TOKEN：.env 第 2 行的引号没有成对；不用引号就行"),
        (f"YOUSHU_TELEGRAM_TOKEN=“{TOKEN}”", "YOUSHU_TELEGRAM_TOKEN：值的前后多了引号，请去掉"),
        (
            f"YOUSHU_TELEGRAM_TOKEN={TOKEN.replace(':', '：')}",
            "YOUSHU_TELEGRAM_TOKEN：值里有全角的“：”，请改成半角的“:”",
        ),
        (f"YOUSHU_TELEGRAM_TOKEN={TOKEN}９", "YOUSHU_TELEGRAM_TOKEN：值里有全角的字母、数字或空格，请改成半角的"),
        ("YOUSHU_HOST=127。0。0。1", "YOUSHU_HOST：值里有全角的“。”，请改成半角的“.”"),
        ("ＹＯＵＳＨＵ_ＰＯＲＴ=1", "YOUSHU_PORT：.env 第 2 行的名字里有全角的或看不见的字符，请重新打一遍"),
        ("YOUSHU_\u200bPORT=1", "YOUSHU_PORT：.env 第 2 行的名字里有全角的或看不见的字符，请重新打一遍"),
        ("＃YOUSHU_PORT=1", ".env 第 2 行：行首的“＃”是全角的，请改成半角的“#”"),
        ("这里填端口", ".env 第 2 行：读不懂；说明文字的行首要加“#”，设置要写成 YOUSHU_名字=值"),
        (f"令牌={TOKEN}", ".env 第 2 行：读不懂；说明文字的行首要加“#”，设置要写成 YOUSHU_名字=值"),
    ],
)
def test_a_line_written_wrong_is_said_with_its_setting_and_never_its_value(line: str, said: str) -> None:
    assert told(f"\n{line}\nYOUSHU_PORT=8081\n") == [said]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("YOUSHU_TELEGRAM_TOKE", "YOUSHU_TELEGRAM_TOKEN"),
        ("YOUSHU_TELEGRAMTOKEN", "YOUSHU_TELEGRAM_TOKEN"),
        ("YOUSHU-TELEGRAM-TOKEN", "YOUSHU_TELEGRAM_TOKEN"),
        ("YOUSHU_ADMIN", "YOUSHU_ADMINS"),
        ("YOUSHU_LOGLEVEL", "YOUSHU_LOG_LEVEL"),
        ("YOUSHU_RETENTION", "YOUSHU_RETENTION_DAYS"),
        ("YOUSHU_PROT", "YOUSHU_PORT"),
        ("YOUSHU_DATEBASE_URL", "YOUSHU_DATABASE_URL"),
    ],
)
def test_a_name_that_is_almost_right_is_said_with_the_nearest(
    name: str, near: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(f"{name}={TOKEN}\n") == [f"{name}：没有这一项（.env 第 1 行）；您是不是想写 {near}"]
    if "-" not in name:
        monkeypatch.setenv(name, TOKEN)
        assert told() == [f"{name}：没有这一项（环境变量）；您是不是想写 {near}"]


def test_a_name_without_our_prefix_and_one_that_is_near_none() -> None:
    assert told(f"TELEGRAM_TOKEN={TOKEN}\nYUSHU_PORT=1\nYOUSHU_COLOUR_OF_PAGE=red\n") == [
        "TELEGRAM_TOKEN：没有这一项（.env 第 1 行）；您是不是想写 YOUSHU_TELEGRAM_TOKEN",
        "YUSHU_PORT：没有这一项（.env 第 2 行）；您是不是想写 YOUSHU_PORT",
        "YOUSHU_COLOUR_OF_PAGE：没有这一项（.env 第 3 行）；请对照 .env.example",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "YOUSHU_TEST_REQUIRE",
        *OF_COMPOSE,
        "YOUSHU_SERVICE_HOST",
        "YOUSHU_SERVICE_PORT",
        "YOUSHU_SERVICE_PORT_HTTP",
        "YOUSHU_PORT_8080_TCP",
        "YOUSHU_PORT_8080_TCP_ADDR",
        "YOUSHU_PORT_8080_TCP_PORT",
    ],
)
def test_what_others_set_in_the_environment_is_left_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Kubernetes sets most of these wherever a Service is named youshu.
    monkeypatch.setenv(name, "tcp://10.0.0.1:8080")
    assert load_settings() == Settings()


def test_what_compose_reads_is_no_mistake() -> None:
    settings = {f"YOUSHU_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"\$\{(YOUSHU_\w+)", (ROOT / "compose.yaml").read_text("utf-8")))
    assert named - settings == OF_COMPOSE


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("telegram:1，telegram:2", "值里有全角的“，”，请改成半角的“,”"),
        ("telegram：1", "值里有全角的“：”，请改成半角的“:”"),
        ("telegram:1、telegram:2", "值里有全角的“、”，请改成半角的“,”"),
        ("“telegram:1”", "值的前后多了引号，请去掉"),
        ("telegram:@zhang", "第 1 个的用户编号是一串数字，不是 @用户名"),
        ("telegram:zhang", "第 1 个的用户编号是一串数字，不是 @用户名"),
        ("telegram:-100200", "第 1 个的用户编号是一串数字，不是 @用户名"),
        ("telegram:1,Telegram:2", "第 2 个的渠道要写成小写的 telegram，前后没有空格"),
        ("telegram :1", "第 1 个的渠道要写成小写的 telegram，前后没有空格"),
        ("telegram: 1", "第 1 个的冒号后面有空格，请去掉"),
        ("qq:1", "第 1 个的渠道写得不对，只能是 telegram"),
        ("web:somebody", "第 1 个的渠道写得不对，只能是 telegram"),
        ("123456", "第 1 个没有冒号"),
        ("telegram:", "第 1 个的用户编号是一串数字，不是 @用户名"),
        ("telegram:1;telegram:2", "第 1 个的用户编号是一串数字，不是 @用户名"),
        ("telegram:1 telegram:2", "第 1 个的用户编号是一串数字，不是 @用户名"),
    ],
)
def test_operators_written_wrong_are_said_one_by_one(written: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOUSHU_ADMINS", written)
    (line,) = told()
    assert line.startswith(f"YOUSHU_ADMINS：{said}")
    monkeypatch.delenv("YOUSHU_ADMINS")
    assert told(f"YOUSHU_ADMINS={written}\n") == [line]


def test_several_operators_written_wrong_are_one_line_of_all() -> None:
    (line,) = told("YOUSHU_ADMINS=telegram:1,telegram:@zhang,Telegram:3\n")
    assert line.startswith("YOUSHU_ADMINS：第 2 个的用户编号")
    assert "；第 3 个的渠道" in line
    assert "zhang" not in line


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("youshu.db", "请写成 sqlite+aiosqlite:///youshu.db 这样，不能只写文件名"),
        ("sqlite:youshu.db", "请写成 sqlite+aiosqlite:///youshu.db 这样，不能只写文件名"),
        ("sqlite+aiosqlite：///youshu.db", "请写成 sqlite+aiosqlite:///youshu.db 这样，不能只写文件名"),
        ("sqlite:///a.db", "SQLite 要写成 sqlite+aiosqlite:///youshu.db 这样，冒号后面三条斜杠"),
        ("sqlite+aiosqlite://a.db", "SQLite 要写成 sqlite+aiosqlite:///youshu.db 这样，冒号后面三条斜杠"),
        (f"mysql://youshu:{PASSWORD}@db/youshu", "只能用 SQLite"),
        ("aiosqlite:///a.db", "只能用 SQLite"),
        (DATABASE.replace("+asyncpg", ""), "PostgreSQL 要写成 postgresql+asyncpg://用户:密码@主机/库"),
        (DATABASE.replace("postgresql+asyncpg", "postgres"), "PostgreSQL 要写成 postgresql+asyncpg://"),
        (DATABASE.replace("asyncpg", "psycopg"), "PostgreSQL 要写成 postgresql+asyncpg://"),
        (DATABASE.replace("@db", "@home@db"), "主机或端口写得不对；用户名和密码里的 @ : / 要写成 %40 %3A %2F"),
        (DATABASE.replace(PASSWORD, f"{PASSWORD}/x"), "主机或端口写得不对"),
        (DATABASE.replace("@db", "@db:port"), "主机或端口写得不对"),
    ],
)
def test_a_database_url_that_cannot_work_is_said_at_once(url: str, said: str) -> None:
    (line,) = told(f"YOUSHU_DATABASE_URL={url}\n")
    assert line.startswith(f"YOUSHU_DATABASE_URL：{said}")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:///youshu.db",
        "sqlite+aiosqlite:////data/资料：一/youshu.db",
        r"sqlite+aiosqlite:///C:\youshu\youshu.db",
        "sqlite+aiosqlite://",
        DATABASE,
        DATABASE.replace("@db", "@db:5432") + "?ssl=require",
        DATABASE.replace("@db", "@[::1]:5432"),
        "postgresql+asyncpg://postgres@/none?host=/run/postgresql",
        "postgresql+asyncpg:///youshu",
    ],
)
def test_a_database_url_that_can_work_is_taken(url: str) -> None:
    assert loaded(f"YOUSHU_DATABASE_URL={url}\n").database_url.get_secret_value() == url


def test_a_driver_that_is_not_installed_is_said_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.settings.find_spec", {}.get)
    (line,) = told(f"YOUSHU_DATABASE_URL={DATABASE}\n")
    assert line.startswith("YOUSHU_DATABASE_URL：还没有装 PostgreSQL 的驱动")
    assert line.endswith("-m pip install asyncpg")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("YOUSHU_REPLICAS=0", "YOUSHU_REPLICAS：最小是 1"),
        ("YOUSHU_REPLICAS=3", "YOUSHU_REPLICAS：大于 1 要用 PostgreSQL"),
        (
            f"YOUSHU_REPLICAS=3\nYOUSHU_DATABASE_URL={DATABASE}\nYOUSHU_TELEGRAM_TOKEN={TOKEN}",
            "YOUSHU_REPLICAS：大于 1 时 Telegram 要用 webhook",
        ),
        (f"YOUSHU_REDIS_URL=cache:{PASSWORD}", "YOUSHU_REDIS_URL：请写成 redis://主机:6379/0 这样"),
    ],
)
def test_what_several_processes_lack_is_said_at_once(settings: str, said: str) -> None:
    (line,) = told(f"{settings}\n")
    assert line.startswith(said)


def test_a_second_opinion_without_its_libraries_is_said_with_the_line_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.settings.find_spec", {"sklearn": "there"}.get)
    (line,) = told("YOUSHU_SEMANTIC=true\n")
    assert line.startswith("YOUSHU_SEMANTIC：还没有装第二意见要的库")
    assert line.endswith("-m pip install 'youshu[semantic]'")


def test_a_library_for_several_processes_that_is_missing_is_said_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.settings.find_spec", {"asyncpg": "there"}.get)
    lines = told(f"YOUSHU_DATABASE_URL={DATABASE}\nYOUSHU_REPLICAS=2\nYOUSHU_REDIS_URL=redis://127.0.0.1\n")
    assert [line.partition("：")[0] for line in lines] == ["YOUSHU_REDIS_URL", "YOUSHU_REPLICAS"]
    assert all(line.endswith("-m pip install 'youshu[scale]'") for line in lines)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", f"rediss://:{PASSWORD}@cache:6379", "valkey://cache"])
def test_several_processes_are_taken_with_what_they_share(url: str) -> None:
    webhook = f"YOUSHU_TELEGRAM_TOKEN={TOKEN}\nYOUSHU_TELEGRAM_WEBHOOK_URL=https://a.example.com/telegram\n"
    secret = "YOUSHU_TELEGRAM_WEBHOOK_SECRET=secret\n"
    settings = loaded(f"YOUSHU_DATABASE_URL={DATABASE}\nYOUSHU_REPLICAS=3\nYOUSHU_REDIS_URL={url}\n{webhook}{secret}")
    assert settings.several
    assert not loaded(b"").several


@pytest.mark.parametrize("host", ["http://127.0.0.1", "127.0.0.1:8080", "127.0.0.1/", "0.0.0.0 8080", "[::1]", "本机"])
def test_an_address_with_more_than_an_address_is_said_by_its_name(host: str) -> None:
    (line,) = told(f"YOUSHU_HOST={host}\n")
    assert line.startswith("YOUSHU_HOST：只写地址")


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.1.2", "::1", "::", "localhost", "my-nas.lan"])
def test_an_address_is_taken(host: str) -> None:
    assert loaded(f"YOUSHU_HOST={host}\n").host == host


def test_all_that_is_wrong_is_said_at_once_the_cause_and_not_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOUSHU_LOG_FORMAT", "purple")
    lines = told(
        f"YOUSHU_TELEGRAM_TOKEN：{TOKEN}\nYOUSHU_TELEGRAM_WEBHOOK_URL=https://bot.example.com/telegram\n"
        "YOUSHU_TELEGRAM_WEBHOOK_SECRE=opensesame\nYOUSHU_ADMINS=telegram:@zhang\nYOUSHU_DATABASE_URL=a.db\n"
        "YOUSHU_HOST=http://x\nYOUSHU_PORT=0\nYOUSHU_LOG_LEVEL=“INFO”\n"
    )
    assert sorted(line.partition("：")[0] for line in lines) == [
        "YOUSHU_ADMINS",
        "YOUSHU_DATABASE_URL",
        "YOUSHU_HOST",
        "YOUSHU_LOG_FORMAT",
        "YOUSHU_LOG_LEVEL",
        "YOUSHU_PORT",
        "YOUSHU_TELEGRAM_TOKEN",
        "YOUSHU_TELEGRAM_WEBHOOK_SECRE",
    ]


def test_what_the_command_line_says_stands_for_the_setting() -> None:
    Path(".env").write_text("YOUSHU_HOST=“0.0.0.0”\nYOUSHU_PORT=web\n", encoding="utf-8")
    settings = load_settings(host="127.0.0.1", port=8081)
    assert (settings.host, settings.port) == ("127.0.0.1", 8081)
