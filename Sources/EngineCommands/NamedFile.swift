import ArgumentParser

/// `NAME=FILE` on the command line.
struct NamedFile {
    let name: String
    let path: String

    init(_ text: String) throws(CommandFailure) {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else {
            throw CommandFailure("expected NAME=FILE (got '\(text)')", code: ExitCode(64))
        }
        name = String(parts[0])
        path = String(parts[1])
    }
}
