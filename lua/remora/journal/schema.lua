-- The tables of the journal and how an older file is brought up to date. Data only.

return {
  -- Each entry moves the file from the version before it (PRAGMA user_version) to its own.
  [[
  CREATE TABLE run (
    id          INTEGER PRIMARY KEY,
    started     REAL NOT NULL,          -- unix seconds
    ended       REAL,
    command     TEXT NOT NULL,
    playbook    TEXT NOT NULL,
    files       TEXT NOT NULL,          -- JSON list of paths
    platform    TEXT NOT NULL,
    business    INTEGER,
    user        TEXT NOT NULL,
    host        TEXT NOT NULL,
    exit_code   INTEGER
  ) STRICT;
  CREATE TABLE call (
    id          INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES run (id),
    stage       TEXT NOT NULL,
    name        TEXT NOT NULL,
    arguments   TEXT NOT NULL,          -- JSON as sent, without credentials
    objects     INTEGER NOT NULL,
    labels      TEXT NOT NULL,          -- JSON list of what it changes
    intended    REAL NOT NULL,
    ended       REAL,
    outcome     TEXT CHECK (outcome IN ('done', 'refused', 'unknown')),
    code        TEXT,                   -- of the fault
    message     TEXT
  ) STRICT;
  CREATE INDEX call_of_run ON call (run);
  ]],
  [[
  ALTER TABLE run ADD COLUMN pid INTEGER;
  ALTER TABLE run ADD COLUMN options TEXT NOT NULL DEFAULT '{}';  -- JSON: what going on takes
  ALTER TABLE run ADD COLUMN plan TEXT;                           -- JSON: as it was shown
  ALTER TABLE run ADD COLUMN resumed_by INTEGER REFERENCES run (id);
  ALTER TABLE call ADD COLUMN attempts INTEGER;
  ALTER TABLE call ADD COLUMN changes TEXT NOT NULL DEFAULT '[]'; -- JSON list, one for each item
  ALTER TABLE call ADD COLUMN failed TEXT;       -- JSON list of items, from 1; null: all or none
  ALTER TABLE call ADD COLUMN work TEXT NOT NULL DEFAULT '{}';    -- JSON: what finding it takes
  -- What was found when an effect that no answer told of was looked for.
  ALTER TABLE call ADD COLUMN settled TEXT CHECK (settled IN ('found', 'absent'));
  ]],
  [[
  -- What each playbook file said when the platform was last as it says.
  CREATE TABLE applied (
    platform    TEXT NOT NULL,
    business    INTEGER NOT NULL,
    file        TEXT NOT NULL,
    sections    TEXT NOT NULL,          -- JSON, in normal form
    at          REAL NOT NULL,          -- unix seconds
    user        TEXT NOT NULL,
    PRIMARY KEY (platform, business, file)
  ) STRICT, WITHOUT ROWID;
  ]],
  [[
  -- An intent is long and never changes; how it went comes beside it.
  ALTER TABLE call RENAME TO intent;
  CREATE TABLE outcome (
    call        INTEGER PRIMARY KEY REFERENCES intent (id),
    ended       REAL NOT NULL,          -- unix seconds
    outcome     TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'unknown')),
    code        TEXT,                   -- of the fault
    message     TEXT,
    attempts    INTEGER,
    failed      TEXT                    -- JSON list of items, from 1; null: all or none
  ) STRICT;
  INSERT INTO outcome SELECT id, ended, outcome, code, message, attempts, failed
    FROM intent WHERE outcome IS NOT NULL;
  ALTER TABLE intent DROP COLUMN ended;
  ALTER TABLE intent DROP COLUMN outcome;
  ALTER TABLE intent DROP COLUMN code;
  ALTER TABLE intent DROP COLUMN message;
  ALTER TABLE intent DROP COLUMN attempts;
  ALTER TABLE intent DROP COLUMN failed;
  CREATE VIEW call AS SELECT intent.*, ended, outcome, code, message, attempts, failed
    FROM intent LEFT JOIN outcome ON outcome.call = intent.id;
  ]],
  [[
  -- The step of the run's plan that it carries out, from 1: arguments, labels, changes and work are
  -- there and not here. Null: no plan has it, as when a refused batch is taken apart.
  ALTER TABLE intent ADD COLUMN step INTEGER;
  ]],
  [[
  -- JSON list: what an undo does not bring back, or only as something else.
  ALTER TABLE run ADD COLUMN lost TEXT NOT NULL DEFAULT '[]';
  ]],
  [[
  -- The commit that the playbooks were of. Null: they lay on the disk.
  ALTER TABLE run ADD COLUMN revision TEXT;
  ]],
  [[
  -- Plans are long: whoever lists runs, or ends one, has nothing to do with them.
  CREATE TABLE plan (
    run         INTEGER PRIMARY KEY REFERENCES run (id),
    plan        TEXT NOT NULL           -- JSON, as of plans.lua
  ) STRICT;
  INSERT INTO plan SELECT id, plan FROM run WHERE plan IS NOT NULL;
  ALTER TABLE run DROP COLUMN plan;
  ]],
  [[
  -- The changes and steps of a plan, but for what `plan` itself has of them: so long that nobody
  -- should have to hold all of them as one text.
  CREATE TABLE plan_part (
    run         INTEGER NOT NULL REFERENCES run (id),
    number      INTEGER NOT NULL,       -- from 1, in the order of the plan
    part        TEXT NOT NULL,          -- JSON, as of plans.lua
    PRIMARY KEY (run, number)
  ) STRICT;
  ]],
  [[
  -- When the process with that number began, by its machine's own count: numbers are given again,
  -- in a container that is started anew mostly the same one.
  ALTER TABLE run ADD COLUMN pid_since TEXT;
  ]],
  [[
  -- Steps in plan_part lack of their arguments what follows from their changes. Nothing is to be
  -- done; but who does not know that must not read them.
  ]],
  [[
  -- Why a run did not go on although it could have. Null: it did, or nobody said.
  ALTER TABLE run ADD COLUMN halt TEXT;
  ]],
}
