/// Reads a stream of Arrow with columns of whole numbers of 64 bits and of texts: all that statements ask for.
///
/// The bytes come from another machine: every place that they name is compared with their end. Layout: Arrow columnar format 1.5,
/// "IPC Streaming Format"; FlatBuffers' internals.
struct ArrowAnswer {
    private enum Kind { case number, text }

    private let bytes: [UInt8]
    private var place = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Throws: `SparkError.answer`.
    static func read(_ bytes: [UInt8]) throws(SparkError) -> SparkAnswer {
        var reader = ArrowAnswer(bytes)
        return try reader.read()
    }

    private mutating func read() throws(SparkError) -> SparkAnswer {
        var kinds: [Kind]?
        var answer: SparkAnswer?
        while place < bytes.count {
            guard try word32(place) == 0xFFFF_FFFF else { throw .answer("it is no stream of Arrow") }
            let length = Int(try word32(place + 4))
            let start = place + 8
            // The end of the stream.
            if length == 0 { break }
            guard length <= bytes.count - start else { throw .answer("a message is cut off") }
            let message = try table(at: try jump(start))
            let bodyStart = start + length
            let bodyLength = try message.long(3, self) ?? 0
            guard bodyLength >= 0, bodyLength <= bytes.count - bodyStart else { throw .answer("a body is cut off") }
            guard let header = try message.table(2, self) else { throw .answer("a message has no header") }
            switch try message.byte(1, self) {
            case 1: kinds = try schema(header)
            case 3:
                guard let kinds else { throw .answer("rows come before their columns") }
                let part = try rows(header, kinds, body: bodyStart..<(bodyStart + Int(bodyLength)))
                if answer == nil { answer = part } else { try answer?.append(part) }
            default: throw .answer("it holds a message that is neither columns nor rows")
            }
            place = bodyStart + Int(bodyLength)
        }
        guard let kinds else { throw .answer("it names no columns") }
        return answer ?? SparkAnswer(columns: kinds.map { $0 == .number ? .numbers([]) : .texts([]) })
    }

    private func schema(_ header: Table) throws(SparkError) -> [Kind] {
        var kinds: [Kind] = []
        guard let fields = try header.vector(1, self, size: 4) else { return [] }
        for field in 0..<fields.count {
            let field = try table(at: try jump(fields.start + 4 * field))
            guard let type = try field.table(3, self), try field.table(4, self) == nil else {
                throw .answer("a column has no plain type")
            }
            switch try field.byte(2, self) {
            case 2:
                guard try type.word(0, self) == 64 else { throw .answer("numbers are not of 64 bits") }
                kinds.append(.number)
            case 5: kinds.append(.text)
            default: throw .answer("a column holds neither whole numbers nor texts")
            }
        }
        return kinds
    }

    private func rows(_ header: Table, _ kinds: [Kind], body: Range<Int>) throws(SparkError) -> SparkAnswer {
        let count = try header.long(0, self) ?? 0
        guard count >= 0, count <= 1 << 31 else { throw .answer("it has \(count) rows") }
        guard try header.table(3, self) == nil else { throw .answer("its buffers are packed") }
        guard let nodes = try header.vector(1, self, size: 16), let buffers = try header.vector(2, self, size: 16),
            nodes.count == kinds.count
        else { throw .answer("its rows do not fit its columns") }
        var next = 0
        func buffer() throws(SparkError) -> Range<Int> {
            guard next < buffers.count else { throw .answer("a column lacks a buffer") }
            let offset = try long64(buffers.start + 16 * next)
            let length = try long64(buffers.start + 16 * next + 8)
            next += 1
            guard offset >= 0, length >= 0, offset <= body.count, length <= body.count - Int(offset) else {
                throw .answer("a buffer lies outside")
            }
            return (body.lowerBound + Int(offset))..<(body.lowerBound + Int(offset) + Int(length))
        }
        var columns: [SparkAnswer.Column] = []
        for (place, kind) in kinds.enumerated() {
            guard try long64(nodes.start + 16 * place) == count else {
                throw .answer("a column is shorter than its rows")
            }
            let missing = try long64(nodes.start + 16 * place + 8)
            let validity = try buffer()
            guard missing == 0 || validity.count >= (Int(count) + 7) / 8 else { throw .answer("a buffer is too short") }
            func isThere(_ row: Int) -> Bool {
                missing == 0 || bytes[validity.lowerBound + row / 8] >> (row % 8) & 1 == 1
            }
            switch kind {
            case .number:
                let values = try buffer()
                guard values.count >= Int(count) * 8 else { throw .answer("a buffer is too short") }
                var numbers: [Int64?] = []
                numbers.reserveCapacity(Int(count))
                for row in 0..<Int(count) {
                    numbers.append(isThere(row) ? try long64(values.lowerBound + 8 * row) : nil)
                }
                columns.append(.numbers(numbers))
            case .text:
                let (ends, text) = (try buffer(), try buffer())
                guard count == 0 || ends.count >= Int(count + 1) * 4 else { throw .answer("a buffer is too short") }
                var texts: [String?] = []
                for row in 0..<Int(count) {
                    let first = Int(try word32(ends.lowerBound + 4 * row))
                    let last = Int(try word32(ends.lowerBound + 4 * row + 4))
                    guard first <= last, last <= text.count else { throw .answer("a text lies outside") }
                    let part = bytes[(text.lowerBound + first)..<(text.lowerBound + last)]
                    texts.append(isThere(row) ? String(decoding: part, as: UTF8.self) : nil)
                }
                columns.append(.texts(texts))
            }
        }
        return SparkAnswer(columns: columns)
    }

    // FlatBuffers: a table begins with the way back to a list of the places of its fields.

    private struct Table {
        let start: Int
        let fields: Int
        let count: Int

        /// Where a field lies; nil where it has its default.
        private func place(_ field: Int, _ reader: ArrowAnswer) throws(SparkError) -> Int? {
            guard field < count else { return nil }
            let offset = Int(try reader.word16(fields + 4 + 2 * field))
            return offset == 0 ? nil : start + offset
        }

        func byte(_ field: Int, _ reader: ArrowAnswer) throws(SparkError) -> UInt8 {
            guard let place = try place(field, reader) else { return 0 }
            return UInt8(try reader.little(place, 1))
        }

        func word(_ field: Int, _ reader: ArrowAnswer) throws(SparkError) -> UInt32 {
            guard let place = try place(field, reader) else { return 0 }
            return try reader.word32(place)
        }

        func long(_ field: Int, _ reader: ArrowAnswer) throws(SparkError) -> Int64? {
            guard let place = try place(field, reader) else { return nil }
            return try reader.long64(place)
        }

        func table(_ field: Int, _ reader: ArrowAnswer) throws(SparkError) -> Table? {
            guard let place = try place(field, reader) else { return nil }
            return try reader.table(at: try reader.jump(place))
        }

        func vector(
            _ field: Int, _ reader: ArrowAnswer, size: Int
        ) throws(SparkError) -> (start: Int, count: Int)? {
            guard let place = try place(field, reader) else { return nil }
            let start = try reader.jump(place)
            let count = Int(try reader.word32(start))
            guard count <= (reader.bytes.count - start) / size else { throw .answer("a list is cut off") }
            return (start + 4, count)
        }
    }

    private func table(at start: Int) throws(SparkError) -> Table {
        let back = Int(Int32(bitPattern: try word32(start)))
        let fields = start - back
        let size = Int(try word16(fields))
        guard size >= 4 else { throw .answer("a table is cut off") }
        return Table(start: start, fields: fields, count: (size - 4) / 2)
    }

    private func jump(_ place: Int) throws(SparkError) -> Int { place + Int(try word32(place)) }

    private func word16(_ place: Int) throws(SparkError) -> UInt16 { UInt16(try little(place, 2)) }
    private func word32(_ place: Int) throws(SparkError) -> UInt32 { UInt32(try little(place, 4)) }
    private func long64(_ place: Int) throws(SparkError) -> Int64 { Int64(bitPattern: try little(place, 8)) }

    private func little(_ place: Int, _ count: Int) throws(SparkError) -> UInt64 {
        guard place >= 0, count <= bytes.count - place else { throw .answer("a number lies outside") }
        var value: UInt64 = 0
        for byte in 0..<count { value |= UInt64(bytes[place + byte]) << UInt64(8 * byte) }
        return value
    }
}
