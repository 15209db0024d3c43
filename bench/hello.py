"""The floor that everything is held against: the smallest Flask app, under the same server and settings."""

from flask import Flask


def create_app() -> Flask:
    """One route that says hello."""
    app = Flask(__name__, static_folder=None)

    @app.get("/healthz")
    def hello() -> str:
        return "hello"

    return app
