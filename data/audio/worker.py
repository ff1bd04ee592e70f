"""The process that decodes FFmpeg's formats, from this side: begun, asked, kept for the next file, ended."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from swara.data.errors import MissingPackage

from .reader import Refused

__all__ = ["Worker"]

SILENT_S = 20.0
"""The process is given up when it says nothing for so long."""

FILES_EACH = 100
"""A new process after so many files: what FFmpeg loses of its memory would count against the bound."""

_MOST_BYTES = 64 << 20


class Worker:
    """A process that decodes, from this side.

    It answers one reader at a time; between readers one is kept for the next, up to `FILES_EACH` files; one
    that is not done with its file is not used again.
    """

    _idle: Worker | None = None
    _lock = Lock()

    def __init__(self) -> None:
        found = importlib.util.find_spec("av")
        if found is None or found.origin is None:
            from swara.data.installation import install_command

            raise MissingPackage(
                "reading this format takes PyAV, which is not installed",
                fix=f"Install it with: {install_command('av')}",
            )
        self._way, theirs = socket.socketpair()
        self._way.settimeout(SILENT_S)
        packages = str(Path(found.origin).parents[1])
        # Isolated from folder and environment (-I), without site (-S): it needs PyAV alone.
        words = [sys.executable, "-I", "-S", "-B", str(Path(__file__).with_name("av_worker.py")), packages]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own script, in our own Python
                words, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        self._files = 0
        self._at_rest = True

    @classmethod
    def ready(cls) -> Worker:
        """Return the one that waits, if it is well, else a new one."""
        with cls._lock:
            kept, cls._idle = cls._idle, None
        if kept is not None and kept._process.poll() is None:
            return kept
        if kept is not None:
            kept.stop()
        return cls()

    def ask(self, file: BinaryIO, wanted: dict[str, Any]) -> None:
        """Hand an open file over, with what is wanted of it."""
        self._at_rest = False
        self._files += 1
        request = json.dumps(wanted).encode()
        try:
            socket.send_fds(self._way, [struct.pack("<I", len(request))], [file.fileno()])
            self._way.sendall(request)
        except OSError as error:
            raise Refused(self._last_words()) from error

    def message(self) -> tuple[bytes, bytes]:
        """Return the next message, a letter and its content."""
        letter, size = struct.unpack("<cI", self._received(5))
        if size > _MOST_BYTES:
            raise Refused("the decoder answers with too much")
        content = self._received(size)
        self._at_rest = letter in (b"e", b"x")
        return letter, bytes(content)

    def release(self) -> None:
        """Keep this process for the next reader, or end it."""
        with Worker._lock:
            if self._at_rest and self._files < FILES_EACH and Worker._idle is None:
                Worker._idle = self
                return
        self.stop()

    def stop(self) -> None:
        """End the process, now."""
        self._way.close()
        self._process.kill()
        self._process.wait()

    @classmethod
    def stop_idle(cls) -> None:
        """End the process that is kept."""
        kept, cls._idle = cls._idle, None
        if kept is not None:
            kept.stop()

    @classmethod
    def forget(cls) -> None:
        """Leave the process to the parent, in a child of a fork."""
        cls._lock = Lock()
        kept, cls._idle = cls._idle, None
        if kept is not None:
            kept._way.close()
            kept._process.returncode = 0  # no child of this process: nothing to wait for

    def _received(self, size: int) -> bytearray:
        found = bytearray(size)
        view, at = memoryview(found), 0
        while at < size:
            try:
                got = self._way.recv_into(view[at:])
            except TimeoutError as error:
                raise Refused(f"the decoder was silent for {SILENT_S:g} s") from error
            except OSError as error:
                raise Refused(self._last_words()) from error
            if not got:
                raise Refused(self._last_words())
            at += got
        return found

    def _last_words(self) -> str:
        """Say how the process ended."""
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            code = 0
        if code == -getattr(signal, "SIGXCPU", 0):
            return "decoding it takes longer than any recording does"
        return "the decoder broke down over it"


atexit.register(Worker.stop_idle)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Worker.forget)
