"""HTTP/1.1 as uvicorn speaks it, except that what is not HTTP gets the one error envelope too."""

from __future__ import annotations

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from everlore.core.errors import InvalidInput


class Http(H11Protocol):
    """One connection."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not a request, or one whose head is too large, and close the connection."""
        error = InvalidInput(
            "this is not a proper HTTP/1.1 request", field="request", hint="post long texts as a JSON body"
        )
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=msgspec.json.encode(error.as_dict())),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
