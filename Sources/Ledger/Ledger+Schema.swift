internal import GRDB

/// The tables of the database, and what they refuse by themselves.
enum Schema {
    static let version = 2

    static func create(in database: Database) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard found != 1 else { throw LedgerError.digestsOfFiles }
        guard found == 0 || found == version else { throw LedgerError.unknownFormat(found) }
        guard found == 0 else { return }
        // `bytes` is the entry; the other columns are there to find it by, and are compared with it on opening.
        try database.execute(
            sql: """
                CREATE TABLE entry (
                    sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
                    task TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    bytes BLOB NOT NULL
                ) STRICT;
                CREATE INDEX entry_task ON entry (task);
                CREATE UNIQUE INDEX entry_reservation ON entry (task) WHERE kind = 'reservation';
                CREATE TABLE release (
                    task TEXT NOT NULL,
                    ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
                    bytes BLOB NOT NULL,
                    hash TEXT NOT NULL,
                    PRIMARY KEY (task, ordinal)
                ) STRICT;
                PRAGMA user_version = \(version);
                """)
        // This guards against accidents. The hashes guard against changes by the owner of the disk.
        for table in ["entry", "release"] {
            for operation in ["UPDATE", "DELETE"] {
                try database.execute(
                    sql: """
                        CREATE TRIGGER \(table)_\(operation.lowercased()) BEFORE \(operation) ON \(table)
                        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
                        """)
            }
        }
    }
}
