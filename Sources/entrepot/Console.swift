import Foundation

/// Talk to the person at the terminal: always on stderr, so that stdout carries data only.
enum Console {
    /// Whether stderr is a terminal: only there do lines overwrite each other.
    static let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1

    /// Whether to use colour: on a terminal, unless `NO_COLOR` is set (no-color.org).
    static let hasColour = isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

    /// One line of talk.
    static func say(_ text: String) { write(text + "\n") }

    /// The heading of a step of a story.
    static func step(_ number: Int, _ text: String) {
        say(hasColour ? "\n\u{1B}[1m\(number). \(text)\u{1B}[0m" : "\n\(number). \(text)")
    }

    /// A line that the next one overwrites; nothing where stderr is not a terminal.
    static func progress(_ text: String) {
        if isTerminal { write("\r\u{1B}[K" + text) }
    }

    /// Clears the progress line.
    static func endProgress() {
        if isTerminal { write("\r\u{1B}[K") }
    }

    private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
