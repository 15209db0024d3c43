"""Where rows live: engine, tables, migrations, encryption at rest, Redis. Knows nothing of Bitrix24."""
