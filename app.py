"""Launcher for `python app.py`; everything else lives in the package of the same name."""

from app import run

if __name__ == "__main__":
    run()
