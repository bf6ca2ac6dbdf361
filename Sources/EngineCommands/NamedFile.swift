import ArgumentParser

/// `NAME=FILE` on the command line.
package struct NamedFile {
    package let name: String
    package let path: String

    package init(_ text: String) throws(CommandFailure) {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else {
            throw CommandFailure("expected NAME=FILE (got '\(text)')", code: ExitCode(64))
        }
        name = String(parts[0])
        path = String(parts[1])
    }
}
