"""The base of all expected failures, and why the operating system refused something, in Chinese."""

import errno
from collections.abc import Mapping
from types import MappingProxyType


class ExpectedError(Exception):
    """A failure that people can mend, so that it needs no traceback."""

    @property
    def user_message(self) -> str:
        """What people are told, in Chinese, one reason a line."""
        return str(self)


_REASONS: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOENT: "找不到这个文件",
        errno.EISDIR: "这是一个文件夹",
        errno.ENOTDIR: "上一级不是文件夹",
        errno.EACCES: "没有权限",
        errno.EPERM: "没有权限",
        errno.EROFS: "那里只能读",
        errno.ENOSPC: "磁盘满了",
        errno.EDQUOT: "磁盘配额满了",
        errno.ENAMETOOLONG: "名字太长",
        errno.EADDRINUSE: "已经被占用",
        errno.EADDRNOTAVAIL: "这台机器没有这个地址",
    }
)


_OPEN_ELSEWHERE = frozenset({32, 33})
"""Windows: another program has the file open (ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION)."""


def os_error_reason(error: OSError) -> str:
    """Why the system refused: in Chinese where it is common, else in its own words."""
    if getattr(error, "winerror", None) in _OPEN_ELSEWHERE:
        return "正被别的程序打开"
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


_REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOENT: "请检查文件和文件夹在不在",
        errno.ENOTDIR: "请检查路径",
        errno.ENOSPC: "请先腾出空间，再试一次",
        errno.EDQUOT: "请先腾出空间，再试一次",
        errno.EROFS: "请换到能写的地方，或把那里改成可写",
    }
)


def os_error_remedy(error: OSError) -> str:
    """What to do so that a write succeeds next time, in Chinese."""
    if getattr(error, "winerror", None) in _OPEN_ELSEWHERE:
        return "请先在那个程序里关掉它，再试一次"
    return _REMEDIES.get(error.errno or 0, "请检查文件和所在文件夹的写权限")
