import Foundation

/// What whoever owns the disk can do to a state folder while no service runs: a ledger has no key, so that every hash in it
/// can be made anew.
struct HostDisk {
    /// The state folder.
    let state: URL

    init(of folder: URL) { state = folder.appending(path: "state") }

    /// A copy of the whole folder.
    func copy() throws -> URL {
        let copy = state.deletingLastPathComponent().appending(path: "copy-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: state, to: copy)
        return copy
    }

    /// Puts a copy in the folder's place.
    func restore(_ copy: URL) throws {
        try FileManager.default.removeItem(at: state)
        try FileManager.default.copyItem(at: copy, to: state)
    }

    /// Deletes every entry behind the last one of this kind, as a crash at that moment would leave the ledger.
    func cut(after kind: String) throws {
        try run(
            "last = max(s for s, e in entries if e['kind'] == '\(kind)')\n"
                + "base.execute('DELETE FROM entry WHERE sequence > ?', (last,))")
    }

    /// Deletes the releases and leaves the entries.
    func deleteReleases() throws { try run("base.execute('DELETE FROM release')") }

    /// Adds to every noisy count, and makes the hashes of the releases anew.
    ///
    /// - Parameter rechains: whether the ledger's entries are made anew too, so that the file agrees with itself.
    func rewriteCounts(rechains: Bool) throws {
        try run(
            """
            reservation = next((s, hashed(line(e))) for s, e in entries if e['kind'] == 'reservation')
            chain, hashes = reservation[1], []
            rows = base.execute('SELECT task, ordinal, bytes FROM release ORDER BY ordinal').fetchall()
            for task, ordinal, release in rows:
                document = json.loads(release)
                def add(value, name=''):
                    if isinstance(value, dict):
                        return {key: add(one, key) for key, one in value.items()}
                    if isinstance(value, list):
                        return [add(one, name) for one in value]
                    return value + 40 if name == 'counts' else value
                document = add(document)
                changed = json.dumps(document, separators=(',', ':')).encode()
                chain = hashlib.sha256(bytes.fromhex(chain) + changed).hexdigest()
                hashes.append(chain)
                base.execute('UPDATE release SET bytes = ?, hash = ? WHERE ordinal = ?', (changed, chain, ordinal))
            if \(rechains ? "True" : "False"):
                drawn, previous = iter(hashes), '0' * 64
                for sequence, entry in entries:
                    if entry['kind'] == 'measurement':
                        entry['details']['transcript'] = next(drawn)
                    entry['previous'] = previous
                    changed = line(entry)
                    previous = hashed(changed)
                    base.execute('UPDATE entry SET bytes = ? WHERE sequence = ?', (changed, sequence))
            """)
    }

    /// How many rows a table of the ledger has.
    func count(_ table: String) throws -> Int {
        Int(try run("print(base.execute('SELECT count(*) FROM \(table)').fetchone()[0])")) ?? -1
    }

    /// Runs Python on the database, with all of its triggers gone.
    @discardableResult
    private func run(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let start = """
            import hashlib, json, re, sqlite3, sys
            base = sqlite3.connect(sys.argv[1])
            for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                base.execute(f'DROP TRIGGER {name}')
            def line(e):
                return json.dumps(e, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()
            def hashed(b):
                return hashlib.sha256(b).hexdigest()
            entries = [(s, json.loads(b)) for s, b in
                       base.execute('SELECT sequence, bytes FROM entry ORDER BY sequence').fetchall()]

            """
        let end = "\nbase.commit()\nbase.close()\n"
        process.arguments = [
            "python3", "-c", start + script + end, state.appending(path: "ledger.sqlite").path,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
