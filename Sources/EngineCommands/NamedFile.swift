import ArgumentParser

/// `NAME=FILE` on the command line, or another text with one sign of = in it.
package struct NamedFile {
    package let name: String
    package let path: String

    /// - Parameter form: as the help writes it.
    package init(_ text: String, form: String = "NAME=FILE") throws(CommandFailure) {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else {
            throw CommandFailure("expected \(form) (got '\(text)')", code: ExitCode(64))
        }
        name = String(parts[0])
        path = String(parts[1])
    }
}
