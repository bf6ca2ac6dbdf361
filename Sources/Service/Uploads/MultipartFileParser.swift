/// A push parser of `multipart/form-data` (RFC 7578) that hands on the bytes of one field and keeps none of them.
///
/// It holds at most one delimiter, or the headers of one part, whatever the size of the body.
struct MultipartFileParser: Sendable {
    private enum State: Sendable, Equatable {
        /// Before the first delimiter.
        case preamble
        /// Directly after a delimiter: either two dashes or the end of the line.
        case delimiterEnd
        case headers
        case wantedBody
        case otherBody
        /// After the closing delimiter.
        case epilogue
    }

    private static let headerLimit = 16 * 1024

    private let field: String
    /// Line end, two dashes, the boundary.
    private let delimiter: [UInt8]
    private var state = State.preamble
    /// What was received and not yet interpreted.
    private var pending: [UInt8]
    /// Whether the wanted field has begun.
    private(set) var hasFoundField = false

    /// - Parameters:
    ///   - boundary: the parameter of the request's content type, 1 to 70 characters (RFC 2046).
    ///   - field: the name of the field whose content is wanted.
    init(boundary: String, field: String) throws(MultipartError) {
        guard (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw MultipartError.badBoundary
        }
        self.field = field
        self.delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter may stand at the very beginning: as if a line had ended before it.
        self.pending = [0x0D, 0x0A]
    }

    /// Takes the next bytes of the body, cut anywhere.
    ///
    /// - Parameter content: receives the content of the wanted field, piece by piece.
    mutating func consume(
        _ bytes: some Sequence<UInt8>, content: (ArraySlice<UInt8>) throws -> Void
    ) throws {
        pending.append(contentsOf: bytes)
        var position = 0
        while try step(&position, content) {}
        pending.removeFirst(position)
    }

    /// Ends the body.
    ///
    /// - Throws: if the closing delimiter or the field is missing.
    func finish() throws(MultipartError) {
        guard state == .epilogue else { throw MultipartError.truncated }
        guard hasFoundField else { throw MultipartError.fieldMissing }
    }

    /// Works on what is pending from `position` on.
    ///
    /// - Returns: whether another step may get further.
    private mutating func step(_ position: inout Int, _ content: (ArraySlice<UInt8>) throws -> Void) throws -> Bool {
        switch state {
        case .preamble, .otherBody:
            return skipToDelimiter(&position) { _ in }
        case .wantedBody:
            let start = position
            var end = position
            let found = skipToDelimiter(&position) { end = $0 }
            if end > start { try content(pending[start..<end]) }
            return found
        case .delimiterEnd:
            return try endDelimiter(&position)
        case .headers:
            return try readHeaders(&position)
        case .epilogue:
            position = pending.count
            return false
        }
    }

    /// Moves past the next delimiter, or as far as no delimiter can have begun.
    private mutating func skipToDelimiter(_ position: inout Int, decided: (Int) -> Void) -> Bool {
        var candidate = position
        while let start = pending[candidate...].firstIndex(of: 0x0D) {
            let available = min(delimiter.count, pending.count - start)
            if pending[start..<(start + available)].elementsEqual(delimiter[..<available]) {
                decided(start)
                guard available == delimiter.count else {
                    position = start
                    return false
                }
                position = start + delimiter.count
                state = .delimiterEnd
                return true
            }
            candidate = start + 1
        }
        position = pending.count
        decided(position)
        return false
    }

    private mutating func endDelimiter(_ position: inout Int) throws(MultipartError) -> Bool {
        // RFC 2046 lets blanks follow a delimiter before its line ends.
        var cursor = position
        while cursor < pending.count, pending[cursor] == 0x20 || pending[cursor] == 0x09 { cursor += 1 }
        guard cursor - position <= 64 else { throw MultipartError.malformed }
        guard pending.count - cursor >= 2 else { return false }
        switch (pending[cursor], pending[cursor + 1]) {
        case (UInt8(ascii: "-"), UInt8(ascii: "-")): state = .epilogue
        case (0x0D, 0x0A): state = .headers
        default: throw MultipartError.malformed
        }
        position = cursor + 2
        return true
    }

    private mutating func readHeaders(_ position: inout Int) throws(MultipartError) -> Bool {
        var lines: [String] = []
        var cursor = position
        while let end = pending[cursor...].firstIndex(of: 0x0A) {
            guard end > cursor, pending[end - 1] == 0x0D else { throw MultipartError.malformed }
            if end - 1 == cursor {
                position = end + 1
                try beginPart(lines)
                return true
            }
            lines.append(String(decoding: pending[cursor..<(end - 1)], as: UTF8.self))
            cursor = end + 1
        }
        guard pending.count - position <= MultipartFileParser.headerLimit else { throw MultipartError.headersTooLong }
        return false
    }

    private mutating func beginPart(_ lines: [String]) throws(MultipartError) {
        var name: String?
        for line in lines {
            let header = HeaderValue.split(line)
            guard let header, header.name == "content-disposition" else { continue }
            let disposition = HeaderValue(header.value)
            guard disposition.token == "form-data" else { throw MultipartError.malformed }
            name = disposition.parameters["name"]
        }
        guard let name else { throw MultipartError.malformed }
        if name == field {
            guard !hasFoundField else { throw MultipartError.fieldRepeated }
            hasFoundField = true
            state = .wantedBody
        } else {
            state = .otherBody
        }
    }
}

/// Why a form is refused. It quotes nothing from the form.
enum MultipartError: Error, Sendable, Equatable {
    case badBoundary
    case malformed
    case headersTooLong
    case truncated
    case fieldMissing
    case fieldRepeated
}
