"""Why the system refused something, as an operator reads it."""

import errno
import os
from pathlib import Path

from intents.errors import os_error_reason, os_error_remedy


def refusal(path: Path) -> OSError:
    try:
        path.read_bytes()
    except OSError as error:
        return error
    raise AssertionError(path)


def test_what_often_happens_is_said_in_chinese(tmp_path: Path) -> None:
    assert os_error_reason(refusal(tmp_path / "faq.yaml")) == "找不到这个文件"
    assert os_error_reason(refusal(tmp_path)) == "这是一个文件夹"
    (tmp_path / "faq.yaml").touch()
    assert os_error_reason(refusal(tmp_path / "faq.yaml" / "faq.yaml")) == "上一级不是文件夹"
    assert os_error_reason(refusal(tmp_path / ("长" * 300))) == "名字太长"


def test_what_is_rare_is_said_in_the_systems_words() -> None:
    assert os_error_reason(OSError(errno.EXDEV, os.strerror(errno.EXDEV))) == os.strerror(errno.EXDEV)
    assert os_error_reason(OSError("out of the ordinary")) == "out of the ordinary"


def test_on_windows_a_file_that_another_program_has_open_is_told_as_that() -> None:
    error = PermissionError(errno.EACCES, "Permission denied")
    error.winerror = 32  # type: ignore[attr-defined]  # set by Windows alone
    assert os_error_reason(error) == "正被别的程序打开"
    assert "关掉" in os_error_remedy(error)
