-- A record as the second format was, dumped. It stays as it is, whatever the format becomes. It holds what `format-1.sql` does:
-- it was brought to format 2 by a Terrace of that time.
-- The key is 32 bytes of 7.
PRAGMA journal_mode = WAL;
PRAGMA application_id = 0x54455252;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('format',2);
INSERT INTO meta VALUES('key',X'0582a3baf9a4ebcc7491587358505e19');
CREATE TABLE environment (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    lineage      TEXT NOT NULL,
    serial       INTEGER NOT NULL DEFAULT 0,
    chain_length INTEGER NOT NULL DEFAULT 0,      -- ended runs
    chain_head   BLOB NOT NULL DEFAULT x''        -- hash of the last of them
, sighted_by INTEGER) STRICT;
INSERT INTO environment VALUES(1,'test','27bc55be-45b8-4dfa-bc32-fc179ff239c1',3,4,X'fb722ad2599a272af00c35968981d2aec053bc4aded81e55e1b12288c98a66b2',NULL);
INSERT INTO environment VALUES(2,'staging','75201296-0379-432e-a32c-f06a5a5751b5',1,1,X'0b5d28725fdadba2377fec349e66c3a478aae6a64479178670dd2821b14f799d',NULL);
CREATE TABLE term (
    id          INTEGER PRIMARY KEY,
    environment INTEGER NOT NULL,
    text        TEXT NOT NULL,
    UNIQUE (environment, text)
) STRICT;
INSERT INTO term VALUES(1,1,'a.a');
INSERT INTO term VALUES(2,1,'provider["registry.terraform.io/hashicorp/aws"]');
INSERT INTO term VALUES(3,1,'module.m["x"].a.b');
INSERT INTO term VALUES(4,1,'a.c');
INSERT INTO term VALUES(5,1,'a.d');
INSERT INTO term VALUES(6,2,'a.a');
INSERT INTO term VALUES(7,2,'provider["registry.terraform.io/hashicorp/aws"]');
CREATE TABLE object (
    id                    INTEGER PRIMARY KEY,    -- environment << 40 | n
    block                 INTEGER NOT NULL,
    key                   ANY NOT NULL,
    deposed               TEXT NOT NULL,
    since                 INTEGER NOT NULL,       -- serial
    run                   INTEGER NOT NULL,
    provider              INTEGER NOT NULL,
    schema_version        INTEGER NOT NULL,
    tainted               INTEGER NOT NULL,
    create_before_destroy INTEGER NOT NULL,
    dependencies          BLOB NOT NULL,          -- term ids, 4 bytes each, little-endian
    sealed                INTEGER NOT NULL,       -- 1: attributes, 2: private
    private               BLOB,
    attributes            BLOB NOT NULL
) STRICT;
INSERT INTO object VALUES(1099511627777,1,-1,'',3,5,2,1,0,0,X'',0,NULL,X'32');
INSERT INTO object VALUES(1099511627778,3,0,'',1,1,2,1,0,0,X'',1,NULL,X'1dc9dbd78cfc3048c7e85e2dae2fe2a10f80b63b940707c07be5964604f3753182a7549dce95ee355dde763dfc1c');
INSERT INTO object VALUES(1099511627779,4,-1,'',2,3,2,1,0,0,X'',0,NULL,X'33');
INSERT INTO object VALUES(2199023255553,6,-1,'',1,6,7,1,0,0,X'',0,NULL,X'31');
CREATE TABLE object_past (
    id                    INTEGER PRIMARY KEY,
    environment           INTEGER NOT NULL,
    until                 INTEGER NOT NULL,
    block                 INTEGER NOT NULL,
    key                   ANY NOT NULL,
    deposed               TEXT NOT NULL,
    since                 INTEGER NOT NULL,
    run                   INTEGER NOT NULL,
    provider              INTEGER NOT NULL,
    schema_version        INTEGER NOT NULL,
    tainted               INTEGER NOT NULL,
    create_before_destroy INTEGER NOT NULL,
    dependencies          BLOB NOT NULL,
    sealed                INTEGER NOT NULL,
    private               BLOB,
    attributes            BLOB NOT NULL
) STRICT;
INSERT INTO object_past VALUES(1,1,3,1,-1,'',1,1,2,1,0,0,X'',0,NULL,X'31');
CREATE TABLE output (
    environment INTEGER NOT NULL,
    name        TEXT NOT NULL,
    since       INTEGER NOT NULL,
    sensitive   INTEGER NOT NULL,
    sealed      INTEGER NOT NULL,
    value       BLOB NOT NULL,
    PRIMARY KEY (environment, name)
) STRICT;
INSERT INTO output VALUES(1,'url',1,0,0,X'22687474703a2f2f7822');
CREATE TABLE output_past (
    id          INTEGER PRIMARY KEY,
    environment INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    name        TEXT NOT NULL,
    since       INTEGER NOT NULL,
    sensitive   INTEGER NOT NULL,
    sealed      INTEGER NOT NULL,
    value       BLOB NOT NULL
) STRICT;
CREATE TABLE run (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    environment   INTEGER NOT NULL,
    token         INTEGER,                        -- of the lease; null: the run only observes
    kind          TEXT NOT NULL,
    plan          TEXT,
    revision      TEXT,
    actor         TEXT NOT NULL,
    note          TEXT,
    started       INTEGER NOT NULL,
    serial_before INTEGER NOT NULL,
    serial_after  INTEGER,                        -- null until something is changed
    ended         INTEGER,
    outcome       TEXT,
    counts        TEXT,
    journal       BLOB,                           -- digest of its intents, results, events and checks
    position      INTEGER,                        -- in the environment's chain, from 1
    hash          BLOB
, configuration BLOB) STRICT;
INSERT INTO run VALUES(1,1,1,'apply','p7f3a91','r1','ada','first',1000,0,1,2000,'succeeded','{"created":1}',X'88d1f2fc2eecc5232b37505778bb64a6b81c016912b601b276458b73661e64b2',1,X'3b25830cae9b50e2608fa883b091b0fde7e783a1a852efb6873dd216534e2979',NULL);
INSERT INTO run VALUES(2,1,1,'apply','p7f3a91',NULL,'ada',NULL,1000,1,NULL,2000,'interrupted','{"created":1}',X'e038ed9add92b5f6e6f4020f89d4a1bb7fcc3134b6693fb77558e2f2e03a463c',2,X'ae2a51682800a1b70fb7872151ce894cbb9a883a37ef23a798924eac2d868160',NULL);
INSERT INTO run VALUES(3,1,1,'recover',NULL,NULL,'ada',NULL,1000,1,2,2000,'succeeded','{"created":1}',X'e3d10a030f77d9365792111dacdd68aa39d5c66f6c2e8c8431d79d8a9ac2f75b',3,X'f6a3c909c485919818d7a97302f9eda75275d8dd7111542da1671126040c4200',NULL);
INSERT INTO run VALUES(4,1,NULL,'drift',NULL,NULL,'ada',NULL,1000,2,NULL,2000,'succeeded','{}',X'967c89cc549b127ab0c7fa7a3e083db68feda9bd79f7b22ab214097b6e1a28a2',4,X'fb722ad2599a272af00c35968981d2aec053bc4aded81e55e1b12288c98a66b2',NULL);
INSERT INTO run VALUES(5,1,1,'apply','p7f3a91',NULL,'ada',NULL,1000,2,3,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO run VALUES(6,2,1,'promote','p7f3a91',NULL,'ada',NULL,1000,0,1,2000,'succeeded','{"created":1}',X'e32075491878388605fbcd06d3ac284fc41cef02546a29f6e692b519ab8ce966',1,X'0b5d28725fdadba2377fec349e66c3a478aae6a64479178670dd2821b14f799d',NULL);
CREATE TABLE intent (
    id          INTEGER PRIMARY KEY,              -- run << 32 | n
    environment INTEGER NOT NULL,
    token       INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    block       INTEGER NOT NULL,
    key         ANY NOT NULL,
    deposed     TEXT NOT NULL,
    action      TEXT NOT NULL,
    marker      TEXT NOT NULL,
    intended    INTEGER NOT NULL,
    payload     BLOB NOT NULL,                    -- digest of prior and planned
    settled_by  INTEGER,                          -- run; null: open
    settled     INTEGER,
    how         TEXT,
    detail      TEXT
) STRICT;
INSERT INTO intent VALUES(4294967297,1,1,1,1,-1,'','create','marker-1',1500,X'c0998589114cfa881fef7a381334dd16a0ffe8e76f5c142a7e51a0fcf5197874',1,1600,'done',NULL);
INSERT INTO intent VALUES(4294967298,1,1,2,3,0,'','create','marker-2',1500,X'c0998589114cfa881fef7a381334dd16a0ffe8e76f5c142a7e51a0fcf5197874',1,1600,'done',NULL);
INSERT INTO intent VALUES(8589934593,1,1,1,4,-1,'','create','marker-1',1500,X'c0998589114cfa881fef7a381334dd16a0ffe8e76f5c142a7e51a0fcf5197874',3,9,'adopted',NULL);
INSERT INTO intent VALUES(21474836481,1,1,1,1,-1,'','create','marker-1',1500,X'c0998589114cfa881fef7a381334dd16a0ffe8e76f5c142a7e51a0fcf5197874',5,1600,'done',NULL);
INSERT INTO intent VALUES(21474836482,1,1,2,5,-1,'','create','marker-2',1500,X'c0998589114cfa881fef7a381334dd16a0ffe8e76f5c142a7e51a0fcf5197874',NULL,NULL,NULL,NULL);
CREATE TABLE intent_payload (
    id      INTEGER PRIMARY KEY,
    sealed  INTEGER NOT NULL,                     -- 1: prior, 2: planned
    prior   BLOB,
    planned BLOB
) STRICT;
INSERT INTO intent_payload VALUES(21474836482,0,NULL,X'706c616e6e6564');
CREATE TABLE event (
    id   INTEGER PRIMARY KEY,                     -- run << 32 | n
    at   INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
INSERT INTO event VALUES(4294967297,5,'{"a":1}');
INSERT INTO event VALUES(17179869185,7,'{}');
CREATE TABLE check_result (
    id     INTEGER PRIMARY KEY,                   -- run << 32 | n
    name   TEXT NOT NULL,
    passed INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    detail TEXT NOT NULL
, environment INTEGER) STRICT;
INSERT INTO check_result VALUES(4294967297,'health',1,6,'200',1);
CREATE TABLE lease (
    environment INTEGER PRIMARY KEY,
    token       INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    holder      TEXT NOT NULL,                    -- JSON
    since       INTEGER NOT NULL,
    expires     INTEGER NOT NULL
) STRICT;
INSERT INTO lease VALUES(1,1,1,'{"actor":"ada","what":"apply","process":{"host":"build","boot":"1 pid:[1]","pid":16780,"started":1485166}}',0,100);
INSERT INTO lease VALUES(2,1,0,'{"actor":"ada","what":"apply","process":{"host":"build","boot":"1 pid:[1]","pid":16780,"started":1485166}}',0,100);
CREATE TABLE plan (
    id          TEXT PRIMARY KEY,
    environment INTEGER NOT NULL,
    serial      INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    sealed      INTEGER NOT NULL,
    bytes       BLOB NOT NULL
) STRICT;
INSERT INTO "plan" VALUES('p7f3a91c',1,3,4,1,X'029103404609acedebacf8d6618dbca46fa382b2188029d6d51486aa02c35c8a715393bd5cef1f4d32d5edc9');
CREATE TABLE blob (
    digest BLOB PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;
INSERT INTO blob VALUES(X'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73',X'636f6e74656e74');
CREATE TABLE revision (
    number   INTEGER PRIMARY KEY,
    digest   BLOB NOT NULL UNIQUE,                -- of the manifest
    manifest BLOB NOT NULL,                       -- digest of a blob
    run      INTEGER NOT NULL UNIQUE,
    actor    TEXT NOT NULL,
    created  INTEGER NOT NULL,
    source   TEXT,                                -- JSON
    note     TEXT
) STRICT;
CREATE TABLE configuration (
    environment INTEGER NOT NULL,
    digest      BLOB NOT NULL,                    -- fingerprint of the plain bytes
    key         BLOB NOT NULL,                    -- id of the key it was made with
    sealed      INTEGER NOT NULL,
    bytes       BLOB NOT NULL,
    PRIMARY KEY (environment, digest)
) STRICT;
CREATE TABLE sighting (
    environment INTEGER NOT NULL,
    block       INTEGER NOT NULL,
    key         ANY NOT NULL,
    class       TEXT NOT NULL,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    looks       INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    last_healed INTEGER,
    quarantined INTEGER NOT NULL,
    seen        BLOB NOT NULL,                    -- digest
    PRIMARY KEY (environment, block, key, class)
) STRICT;
CREATE TABLE notification (
    key BLOB PRIMARY KEY,                         -- digest
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('run',6);
CREATE UNIQUE INDEX object_address ON object (block, key, deposed);
CREATE INDEX object_past_until ON object_past (environment, until);
CREATE INDEX output_past_until ON output_past (environment, until);
CREATE UNIQUE INDEX run_chain ON run (environment, position) WHERE position IS NOT NULL;
CREATE INDEX run_environment ON run (environment, id);
CREATE INDEX intent_open ON intent (environment) WHERE settled_by IS NULL;
CREATE INDEX intent_settled_later ON intent (settled_by) WHERE settled_by <> (id >> 32);
CREATE INDEX plan_environment ON plan (environment, created);
CREATE INDEX run_kind ON run (environment, kind);
CREATE INDEX run_revision ON run (revision) WHERE revision IS NOT NULL;
CREATE INDEX run_unended ON run (environment) WHERE ended IS NULL;
CREATE INDEX run_deployed ON run (environment) WHERE outcome = 'succeeded'
    AND (kind IN ('apply', 'promote', 'rollback') OR kind = 'heal' AND revision IS NOT NULL);
CREATE INDEX check_result_name ON check_result (environment, name);
COMMIT;
