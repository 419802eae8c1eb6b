-- The demo application's own tables; the audit log makes its own.
CREATE TABLE IF NOT EXISTS api_keys (
    id INTEGER PRIMARY KEY, org TEXT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL,
    secret TEXT NOT NULL, enabled INTEGER NOT NULL, expires_on TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS security_groups (
    id INTEGER PRIMARY KEY, org TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, rules TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS end_users (
    id INTEGER PRIMARY KEY, org TEXT NOT NULL, email TEXT NOT NULL, full_name TEXT NOT NULL, role TEXT NOT NULL,
    status TEXT NOT NULL, city TEXT NOT NULL, country TEXT NOT NULL
);
