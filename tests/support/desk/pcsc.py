# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of PC/SC with nothing between it and libpcsclite: codes as they are (winscard.h)."""
import ctypes
import os

SUCCESS = 0
NO_SMARTCARD = 0x8010000C
TIMEOUT = 0x8010000A
NOT_TRANSACTED = 0x80100016
READER_UNAVAILABLE = 0x80100017
UNKNOWN_READER = 0x80100009
NO_READERS_AVAILABLE = 0x8010002E
COMM_ERROR = 0x8010002F
UNRESPONSIVE_CARD = 0x80100066
UNPOWERED_CARD = 0x80100067
RESET_CARD = 0x80100068
REMOVED_CARD = 0x80100069

STATE_PRESENT = 0x20
SHARE_SHARED = 2
PROTOCOL_T1 = 2
LEAVE, RESET = 0, 1
SCOPE_SYSTEM = 2
MAX_ANSWER = 65538
MAX_ATR = 33


class ReaderState(ctypes.Structure):
    _fields_ = [("reader", ctypes.c_char_p), ("user", ctypes.c_void_p), ("current", ctypes.c_ulong),
                ("event", ctypes.c_ulong), ("atr_len", ctypes.c_ulong),
                ("atr", ctypes.c_ubyte * MAX_ATR)]


class Request(ctypes.Structure):
    _fields_ = [("protocol", ctypes.c_ulong), ("len", ctypes.c_ulong)]


class PcscError(Exception):
    def __init__(self, call, code):
        super().__init__(f"{call}: {code:08X}")
        self.code = code


class Pcsc:
    """One context. stack: whose pcscd. A call that fails raises PcscError."""

    def __init__(self, stack):
        # libpcsclite asks the environment of the process itself, the C library's.
        os.environ["PCSCLITE_CSOCK_NAME"] = stack.path("pcsc", "socket")
        self.lib = ctypes.CDLL("libpcsclite.so.1")
        self.context = ctypes.c_long()
        self.card = ctypes.c_long()
        self._call("SCardEstablishContext", ctypes.c_ulong(SCOPE_SYSTEM), None, None,
                   ctypes.byref(self.context))

    def _call(self, name, *arguments):
        code = getattr(self.lib, name)(*arguments) & 0xFFFFFFFF
        if code != SUCCESS:
            raise PcscError(name, code)

    def close(self):
        self.lib.SCardReleaseContext(self.context)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def readers(self):
        text = ctypes.create_string_buffer(4096)
        size = ctypes.c_ulong(len(text))
        try:
            self._call("SCardListReaders", self.context, None, text, ctypes.byref(size))
        except PcscError as error:
            if error.code != NO_READERS_AVAILABLE:
                raise
            return []
        return [name.decode() for name in text.raw[:size.value].split(b"\0") if name]

    def state(self, reader):
        """(event state, ATR) of now."""
        one = ReaderState(reader=reader.encode())
        self._call("SCardGetStatusChange", self.context, ctypes.c_ulong(0), ctypes.byref(one),
                   ctypes.c_ulong(1))
        return one.event, bytes(one.atr[:one.atr_len])

    def has_card(self, reader):
        return bool(self.state(reader)[0] & STATE_PRESENT)

    def connect(self, reader):
        protocol = ctypes.c_ulong()
        self._call("SCardConnect", self.context, reader.encode(), ctypes.c_ulong(SHARE_SHARED),
                   ctypes.c_ulong(PROTOCOL_T1), ctypes.byref(self.card), ctypes.byref(protocol))

    def reconnect(self):
        protocol = ctypes.c_ulong()
        self._call("SCardReconnect", self.card, ctypes.c_ulong(SHARE_SHARED),
                   ctypes.c_ulong(PROTOCOL_T1), ctypes.c_ulong(RESET), ctypes.byref(protocol))

    def disconnect(self, how=LEAVE):
        self.lib.SCardDisconnect(self.card, ctypes.c_ulong(how))

    def transmit(self, command):
        """The answer, status word and all."""
        send = Request(PROTOCOL_T1, ctypes.sizeof(Request))
        answer = ctypes.create_string_buffer(MAX_ANSWER)
        size = ctypes.c_ulong(len(answer))
        self._call("SCardTransmit", self.card, ctypes.byref(send), command,
                   ctypes.c_ulong(len(command)), None, answer, ctypes.byref(size))
        return answer.raw[:size.value]
