import Bytes
import Foundation

/// Talk to the person at the terminal: always on stderr, so that stdout carries data only.
package enum Console {
    /// Whether stderr is a terminal: only there do lines overwrite each other.
    package static let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1

    /// Whether to use colour: on a terminal, unless `NO_COLOR` is set (no-color.org).
    package static let hasColour = isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

    /// One line of talk. Whatever texts of others are in it, none moves the cursor or hides.
    package static func say(_ text: String) { write(ShownText.block(text) + "\n") }

    /// A question whose answer is typed behind it, on the same line.
    package static func prompt(_ text: String) { write(ShownText.line(text)) }

    /// Prints an answer on stdout, where a person or a program reads it; in JSON the escapes are JSON's own.
    package static func show(_ answer: some CustomStringConvertible, terminator: String = "\n") {
        print(ShownText.block(answer.description), terminator: terminator)
    }

    /// Prints data on stdout, byte for byte where it is a file or a program, and as a person may see it on a terminal.
    package static func show(_ data: String, isData: Bool) {
        let isShown = isData && isatty(FileHandle.standardOutput.fileDescriptor) == 1
        print(isShown ? ShownText.block(data) : data, terminator: "")
    }

    /// The heading of a step of a story.
    package static func step(_ number: Int, _ text: String) {
        let line = "\(number). \(ShownText.line(text))"
        write(hasColour ? "\n\u{1B}[1m\(line)\u{1B}[0m\n" : "\n\(line)\n")
    }

    /// A line that the next one overwrites; nothing where stderr is not a terminal.
    package static func progress(_ text: String) {
        if isTerminal { write("\r\u{1B}[K" + ShownText.line(text)) }
    }

    /// Clears the progress line.
    package static func endProgress() {
        if isTerminal { write("\r\u{1B}[K") }
    }

    private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// How far a long transfer has come, on one line of the terminal.
package struct ProgressBar {
    private let name: String
    private let started = ContinuousClock.now
    /// What was there when it began.
    private var first: Int?
    private var shown = ""

    package init(_ name: String) { self.name = name }

    package mutating func show(_ done: Int, of size: Int) {
        let begun = first ?? done
        first = begun
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let text = Self.text(name, done, of: size, rate: seconds > 0.5 ? Double(done - begun) / seconds : nil)
        if text != shown { Console.progress(text) }
        shown = text
    }

    /// - Parameter rate: bytes a second, once it is known.
    package static func text(_ name: String, _ done: Int, of size: Int, rate: Double?) -> String {
        let share = size > 0 ? Double(done) / Double(size) : 1
        let filled = Int(share * 24)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
        var text = "\(name) \(bar) \(Int(share * 100)) %  \(megabytes(done)) of \(megabytes(size)) MB"
        if let rate, rate > 0 {
            let left = Int((Double(size - done) / rate).rounded(.up))
            text += "  \(megabytes(Int(rate))) MB/s  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
        }
        return text
    }

    private static func megabytes(_ bytes: Int) -> String {
        let tenths = bytes / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
