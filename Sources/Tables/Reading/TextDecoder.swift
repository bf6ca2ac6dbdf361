import Domains

/// Turns the bytes of a file into UTF-8 with line feeds, piece by piece, wherever the pieces are cut.
///
/// A byte order mark of UTF-8 goes before a declared encoding, so that a file which was converted since is still read.
struct TextDecoder {
    private var encoding: TableDialect.Encoding
    private let hasCarriageReturns: Bool
    /// Bytes of a character that has not come to its end, or of the mark at the front.
    private var rest: [UInt8] = []
    private var isAtFront = true
    private var isBigEndian = false
    /// The first half of a character beyond the basic plane.
    private var highSurrogate: UInt32?
    private var lastWasReturn = false

    init(_ dialect: TableDialect) {
        encoding = dialect.encoding
        hasCarriageReturns = dialect.hasCarriageReturns
    }

    // Proof: the bytes are copied whole within the call that lends them.

    /// The text of the next bytes as far as its characters are whole.
    mutating func decode(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var input = rest
        input.append(contentsOf: bytes)
        rest = []
        if isAtFront {
            guard input.count >= 3 else {
                rest = input
                return []
            }
            takeMark(&input)
        }
        return ended(decoded(input))
    }

    /// What is left at the end of the file.
    mutating func finish() -> [UInt8] {
        var input = rest
        rest = []
        if isAtFront { takeMark(&input) }
        var output = ended(decoded(input))
        // A character without its end becomes what stands for an unreadable one.
        if !rest.isEmpty || highSurrogate != nil { output += Self.replacement }
        return output
    }

    private static let replacement = Array("\u{FFFD}".utf8)

    private mutating func takeMark(_ input: inout [UInt8]) {
        isAtFront = false
        if input.starts(with: [0xEF, 0xBB, 0xBF]) {
            encoding = .utf8
        } else if encoding == .utf16 {
            if input.starts(with: [0xFE, 0xFF]) {
                isBigEndian = true
                input.removeFirst(2)
            } else if input.starts(with: [0xFF, 0xFE]) {
                input.removeFirst(2)
            } else {
                isBigEndian = input.first == 0
            }
        }
    }

    private mutating func decoded(_ input: [UInt8]) -> [UInt8] {
        switch encoding {
        case .utf8: return input
        case .windows1252: return Self.fromWindows(input)
        case .utf16: return fromUTF16(input)
        }
    }

    private static func fromWindows(_ input: [UInt8]) -> [UInt8] {
        if input.allSatisfy({ $0 < 0x80 }) { return input }
        var output: [UInt8] = []
        output.reserveCapacity(input.count + input.count / 8)
        // Nearly all of it is ASCII, which stands as it is.
        var start = 0
        for place in input.indices where input[place] >= 0x80 {
            output += input[start..<place]
            append(windows[Int(input[place] - 0x80)], to: &output)
            start = place + 1
        }
        output += input[start...]
        return output
    }

    private mutating func fromUTF16(_ input: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(input.count)
        var place = 0
        while place + 1 < input.count {
            let (first, second) = (UInt32(input[place]), UInt32(input[place + 1]))
            let unit = isBigEndian ? first << 8 | second : second << 8 | first
            place += 2
            if let high = highSurrogate {
                highSurrogate = nil
                if (0xDC00...0xDFFF).contains(unit) {
                    Self.append(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00), to: &output)
                    continue
                }
                output += Self.replacement
            }
            if (0xD800...0xDBFF).contains(unit) {
                highSurrogate = unit
            } else if (0xDC00...0xDFFF).contains(unit) {
                output += Self.replacement
            } else {
                Self.append(unit, to: &output)
            }
        }
        rest = Array(input[place...])
        return output
    }

    /// Carriage returns become line feeds, and with a line feed behind them one.
    private mutating func ended(_ input: [UInt8]) -> [UInt8] {
        guard hasCarriageReturns else { return input }
        var output: [UInt8] = []
        output.reserveCapacity(input.count)
        for byte in input {
            if byte == 0x0A, lastWasReturn {
                lastWasReturn = false
                continue
            }
            lastWasReturn = byte == 0x0D
            output.append(lastWasReturn ? 0x0A : byte)
        }
        return output
    }

    /// A character as UTF-8.
    private static func append(_ scalar: UInt32, to output: inout [UInt8]) {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | (scalar >> shift & 0x3F)) }
        switch scalar {
        case 0..<0x80: output.append(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800: output += [UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6), tail(0)]
        case 0x800..<0x10000: output += [UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12), tail(6), tail(0)]
        default: output += [UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18), tail(12), tail(6), tail(0)]
        }
    }

    /// The upper half of Windows-1252, with the controls of Latin-1 in its five gaps (WHATWG Encoding, index-windows-1252).
    private static let windows: [UInt32] = {
        let marks: [UInt32] = [
            0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
            0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
            0x0153, 0x9D, 0x017E, 0x0178,
        ]
        return marks + (0xA0...0xFF).map { UInt32($0) }
    }()
}
