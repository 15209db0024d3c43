"""The one error that REST methods raise; an empty code is a real answer of a real portal."""

from typing import Any


class RestFault(Exception):
    """A refusal: `{"error": code, "error_description": text, ...extra}` with an HTTP status."""

    def __init__(self, code: str, description: str = "", status: int = 400, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.status = status
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return {"error": self.code, "error_description": self.description, **self.extra}
