import Domains
internal import Foundation
internal import Gzip
public import Tables
internal import Tasks
internal import VectorMath

/// A table's file on its owner's own machine: read as the service would read it, but with its layout recognised instead of
/// declared. Only the command line and its page use it.
public struct LocalTableFile: Sendable {
    private enum Content: Sendable {
        case bytes([UInt8])
        case path(String)
    }

    private let content: Content
    /// What messages call it.
    public let name: String

    /// A file of this machine; it is read piece by piece and never held whole.
    public init(path: String) {
        content = .path(path)
        name = path
    }

    public init(bytes: [UInt8], name: String) {
        content = .bytes(bytes)
        self.name = name
    }

    /// What is wrong with a file, each sentence with the file's name.
    public struct Refusal: Error, Sendable, CustomStringConvertible {
        public let name: String
        public let problems: TableProblems

        public init(name: String, problems: TableProblems) {
            self.name = name
            self.problems = problems
        }

        init(name: String, code: String = "file", expected: String, hint: String) {
            let problem = TableProblem(code: code, expected: expected, hint: hint)
            self.init(name: name, problems: TableProblems(problems: [problem], counts: [code: 1]))
        }

        public var description: String {
            "\(problems)".split(separator: "\n", omittingEmptySubsequences: false).map { "\(name): \($0)" }
                .joined(separator: "\n")
        }
    }

    /// Hands the unpacked bytes on, piece by piece.
    ///
    /// - Throws: ``Refusal`` if the file cannot be read, or what `take` throws.
    func read(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var isFirst = true
        var unpacking: GzipReader?
        // Proof: the bytes are handed on whole, within the call that lends them.
        func pass(_ bytes: UnsafeRawBufferPointer) throws {
            if isFirst, bytes.count >= 2, GzipReader.isGzip(bytes.prefix(2)) { unpacking = try GzipReader() }
            isFirst = false
            if let unpacking { try unpacking.consume(bytes, write: take) } else { try take(bytes) }
        }
        do {
            switch content {
            case .bytes(let bytes): try bytes.withUnsafeBytes { try pass($0) }
            case .path(let path):
                guard let file = FileHandle(forReadingAtPath: path) else { throw unreadable(path) }
                defer { try? file.close() }
                while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
                    try data.withUnsafeBytes { try pass($0) }
                }
            }
            try unpacking?.finish()
        } catch let error as GzipError {
            throw Refusal(
                name: name, code: "gzip", expected: "a whole gzip file", hint: "It cannot be unpacked: \(error)")
        }
    }

    private func unreadable(_ path: String) -> Refusal {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return Refusal(
            name: name, expected: "a file that can be read",
            hint: !isThere
                ? "There is no such file: check its name and folder"
                : isFolder.boolValue ? "This is a folder: name a file in it" : "Check that it is yours to read")
    }

    /// The file, if it is a Parquet file.
    ///
    /// - Throws: ``Refusal`` if it cannot be read.
    private func parquet() throws -> ParquetSource? {
        switch content {
        case .bytes(let bytes):
            guard ParquetRecords.isParquet(bytes) else { return nil }
            return ParquetSource(count: bytes.count) { Array(bytes[$0]) }
        case .path(let path):
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                throw unreadable(path)
            }
            return try ParquetSource(path: path)
        }
    }

    /// Whether the names of the columns stand beside the rows, and not in one of them.
    ///
    /// - Throws: ``Refusal`` if it cannot be read.
    func hasNamesOfItsOwn() throws -> Bool { try parquet() != nil }

    /// How the file seems to be laid out.
    ///
    /// - Throws: ``Refusal``.
    func recognised() throws -> RecognisedLayout {
        if try parquet() != nil { return RecognisedLayout(notes: ["it is a Parquet file"]) }
        var survey = FileSurvey()
        var bytes = 0
        var hasLines = false
        try read { piece in
            survey.look(piece)
            bytes += piece.count
            hasLines = hasLines || piece.contains { $0 == 0x0A || $0 == 0x0D }
            if !hasLines, bytes > 2 * RecordReader.longestRecord {
                throw Refusal(
                    name: name, code: "long_line", expected: "rows of less than a megabyte",
                    hint: "The file is one long line: check that it is a CSV file and how its lines end")
            }
        }
        survey.finish()
        do {
            return try RecognisedLayout(survey)
        } catch {
            throw Refusal(name: name, problems: error)
        }
    }

    /// Reads the records, however the file is laid out.
    ///
    /// - Throws: ``Refusal`` with every problem of the file, or what the receiver throws.
    func records(_ dialect: TableDialect, into receiver: any LocalRecordReceiver) throws {
        let reader = RecordReader(dialect)
        let sink = LocalRecordSink(receiver)
        if let source = try parquet() { return try records(of: source, into: receiver) }
        do {
            try read { piece in
                try reader.consume(piece, into: sink)
                if let failure = sink.failure { throw failure }
            }
            let hasHeader = try reader.finish(into: sink)
            if let failure = sink.failure { throw failure }
            guard hasHeader else {
                throw Refusal(
                    name: name, code: "empty_file", expected: "a header row with the column names",
                    hint: "The file holds nothing: check that it was saved and that the right one was chosen")
            }
        } catch is LocalRecordSink.Enough {
            // The receiver has seen what it wants, and whatever it reads in full tells what is wrong.
            return
        } catch let problems as TableProblems {
            throw Refusal(name: name, problems: problems)
        }
        guard sink.log.isEmpty else { throw Refusal(name: name, problems: sink.log.summary) }
    }
}

extension LocalTableFile {
    private func records(of source: ParquetSource, into receiver: any LocalRecordReceiver) throws {
        do {
            try ParquetRecords.read(source, unpack: unpackPage) {
                try receiver.begin($0, row: 1)
            } take: {
                try receiver.take($0, firstRow: $1, rowNumbers: nil)
            }
        } catch let problems as TableProblems {
            throw Refusal(name: name, problems: problems)
        }
    }
}

/// What takes the records of a local file.
protocol LocalRecordReceiver: AnyObject {
    func begin(_ names: [String], row: Int) throws
    /// - Returns: whether more rows are wanted.
    func take(_ rows: FieldGrid, firstRow: Int, rowNumbers: [Int]?) throws -> Bool
}

private final class LocalRecordSink: RecordSink {
    struct Enough: Error {}

    private let receiver: any LocalRecordReceiver
    var log = ProblemLog()
    private(set) var failure: (any Error)?

    init(_ receiver: any LocalRecordReceiver) { self.receiver = receiver }

    func take(header names: [String], row: Int) throws(TableProblems) {
        do { try receiver.begin(names, row: row) } catch { failure = error }
    }

    func take(rows: FieldGrid, firstRow: Int, rowNumbers: [Int]?, bytes: Int) throws(TableProblems) {
        guard failure == nil else { return }
        do {
            if try !receiver.take(rows, firstRow: firstRow, rowNumbers: rowNumbers) { failure = Enough() }
        } catch {
            failure = error
        }
    }

    func note(_ code: String, _ problem: () -> TableProblem) { log.add(code, column: nil, problem) }

    func stop(_ problem: TableProblem) -> TableProblems {
        log.add(problem)
        return log.summary
    }
}
