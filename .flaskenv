# `flask run` has a name of its own for the port; it does not follow the PORT of .env, only the environment's.
FLASK_RUN_PORT=${PORT:-8000}
