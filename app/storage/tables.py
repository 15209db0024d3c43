"""Every table of the app in one place. Times are aware UTC; every row is keyed by portal, most by operator.

Columns that end in `_sealed` hold AES-256-GCM ciphertext (see crypto.py); nothing else here is secret.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

from app.storage.column_types import AutoId, UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def _portal() -> Column[str]:
    return Column("member_id", String(64), primary_key=True)


def _operator() -> list[Column[Any]]:
    return [_portal(), Column("user_id", BigInteger, primary_key=True, autoincrement=False)]


installations = Table(
    "installations",
    metadata,
    _portal(),
    Column("domain", String(255), nullable=False),
    Column("client_endpoint", String(512), nullable=False),
    Column("oauth_server", String(255), nullable=False),
    Column("status", String(8), nullable=False),
    Column("scope", Text, nullable=False),
    Column("version", String(64), nullable=False),
    Column("installed_by", BigInteger, nullable=False),
    Column("application_token_sealed", LargeBinary),
    Column("generation", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("wiping", Boolean, nullable=False, server_default=false()),
    Column("silent_scope", String(16), nullable=False),
    Column("silent_doubts", Integer, nullable=False),
    Column("silent_learnt_at", UtcTime),
    Column("pins_recent", Boolean),
    Column("pins_recent_at", UtcTime),
    Column("updated_at", UtcTime, nullable=False),
)

operator_tokens = Table(
    "operator_tokens",
    metadata,
    *_operator(),
    Column("access_sealed", LargeBinary, nullable=False),
    Column("refresh_sealed", LargeBinary, nullable=False),
    Column("name", String(255), nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("language", String(8), nullable=False),
    Column("needs_reopen", Boolean, nullable=False),
    Column("refused_code", String(64)),
    Column("refused_at", UtcTime),
    Column("refreshed_at", UtcTime, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(160), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcTime, nullable=False),
)

oauth_states = Table(
    "oauth_states",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("domain", String(255), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

browser_sessions = Table(
    "browser_sessions",
    metadata,
    Column("sid_hash", String(64), primary_key=True),
    Column("member_id", String(64), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)

event_queue = Table(
    "event_queue",
    metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("member_id", String(64), nullable=False),
    Column("event", String(64), nullable=False),
    Column("payload_sealed", LargeBinary, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
)

applied_events = Table(
    "applied_events",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("at", UtcTime, nullable=False, index=True),
)

journal_entries = Table(
    "journal_entries",
    metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    Column("public_id", String(32), nullable=False, unique=True),
    Column("member_id", String(64), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("run", String(64)),
    Column("action", String(32), nullable=False),
    Column("source", String(16), nullable=False),
    Column("undoes", String(32)),
    Column("at", UtcTime, nullable=False),
    Column("undo_until", UtcTime),
)
Index("ix_journal_operator", journal_entries.c.member_id, journal_entries.c.user_id, journal_entries.c.id)
Index(
    "ix_journal_run",
    journal_entries.c.member_id,
    journal_entries.c.user_id,
    journal_entries.c.run,
    unique=True,
)

journal_results = Table(
    "journal_results",
    metadata,
    Column("entry_id", AutoId, primary_key=True),
    Column("session_id", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, primary_key=True),
    Column("member_id", String(64), nullable=False),
    Column("client_name", String(255), nullable=False),
    Column("name_folded", String(512), nullable=False, server_default=""),
    Column("outcome", String(16), nullable=False),
    Column("code", String(64)),
    Column("at", UtcTime, nullable=False),
    Column("undone", Boolean, nullable=False),
)
Index("ix_journal_results_chat", journal_results.c.member_id, journal_results.c.chat_id)

runs = Table(
    "runs",
    metadata,
    *_operator(),
    Column("run", String(64), primary_key=True),
    Column("action", String(32), nullable=False),
    Column("total", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

run_targets = Table(
    "run_targets",
    metadata,
    *_operator(),
    Column("run", String(64), primary_key=True),
    Column("chat_id", BigInteger, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("done", Boolean, nullable=False),
)

top_dialogs = Table(
    "top_dialogs",
    metadata,
    *_operator(),
    Column("chat_id", BigInteger, primary_key=True),
    Column("session_id", BigInteger, nullable=False),
    Column("rank", Integer, nullable=False),
)

silent_marks = Table(
    "silent_marks",
    metadata,
    *_operator(),
    Column("session_id", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("next_try", UtcTime),
    Column("unseen", Boolean, nullable=False, server_default=false()),
)

dialog_memory = Table(
    "dialog_memory",
    metadata,
    _portal(),
    Column("session_id", BigInteger, primary_key=True),
    Column("waiting_since", UtcTime),
    Column("human_text", Text),
    Column("human_at", UtcTime),
    Column("human_author_id", BigInteger),
    Column("human_author_name", String(255)),
    Column("human_is_client", Boolean),
    Column("seen_at", UtcTime, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    *_operator(),
    Column("values", JSON, nullable=False),
)

portal_settings = Table(
    "portal_settings",
    metadata,
    _portal(),
    Column("values", JSON, nullable=False),
)

views = Table(
    "views",
    metadata,
    _portal(),
    Column("view_id", String(32), primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("name", String(60), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("filter", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    *_operator(),
    Column("snapshot_id", String(32), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("dialogs", JSON, nullable=False),
)
