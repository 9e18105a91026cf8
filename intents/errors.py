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
        errno.ENAMETOOLONG: "名字太长",
        errno.EADDRINUSE: "已经被占用",
        errno.EADDRNOTAVAIL: "这台机器没有这个地址",
    }
)


def os_error_reason(error: OSError) -> str:
    """Why the system refused: in Chinese where it is common, else in its own words."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)
