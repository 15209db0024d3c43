"""What a thief would have of each store, as bytes, and the search for secrets in it."""

import base64
import itertools
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.support.redis import RedisServer

Places = dict[str, bytes]


def forms(secret: str) -> list[bytes]:
    """How a secret could stand in a file: as it is, in hex, backwards, in base64 wherever it begins there."""
    raw = secret.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode(), raw[::-1]]
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        found.append(text[4 if before else 0 : -4])
    return found


def searched(places: Places, secrets: dict[str, str]) -> Iterator[str]:
    """Each secret in each place."""
    for (place, content), (kind, secret) in itertools.product(places.items(), secrets.items()):
        yield f"{kind} in {place}" if any(form in content for form in forms(secret)) else ""


def sqlite_places(path: Path) -> Places:
    """The write-ahead log, the file once all of it has arrived there, a backup and a dump."""
    connection = sqlite3.connect(path)
    backup = path.with_name("backup.sqlite")
    with sqlite3.connect(backup) as other:
        connection.backup(other)
    other.close()
    dump = "\n".join(connection.iterdump()).encode()
    log = path.with_name(f"{path.name}-wal").read_bytes()
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.close()
    assert not busy
    return {"log": log, "file": path.read_bytes(), "backup": backup.read_bytes(), "dump": dump}


def postgres_dump(url: str) -> Places:
    """What `pg_dump` makes of it."""
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    found = subprocess.run(["pg_dump", plain], capture_output=True, check=True)
    return {"pg_dump": found.stdout}


def redis_dump(server: RedisServer) -> Places:
    """The file that Redis saves, uncompressed so that nothing in it looks different."""
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        usual = client.config_get("rdbcompression")
        client.config_set("rdbcompression", "no")
        client.save()
        client.config_set("rdbcompression", usual["rdbcompression"])
        where = client.config_get("dir")["dir"], client.config_get("dbfilename")["dbfilename"]
    saved = Path(*where)
    content = saved.read_bytes()
    saved.unlink()
    return {"Redis": content}


def spooled(folder: Path) -> Places:
    """The files of events that wait for the database."""
    return {"spool": b"\n".join(path.read_bytes() for path in folder.iterdir())}
