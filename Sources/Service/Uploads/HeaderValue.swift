/// A header value of the form `token; name=value; name="quoted value"` (RFC 9110 §5.6.6).
struct HeaderValue: Sendable, Equatable {
    /// The text before the first semicolon, in lower case.
    let token: String
    /// Parameters by lower-case name; the first of a name counts.
    let parameters: [String: String]

    init(_ text: String) {
        var pieces = HeaderValue.pieces(text)
        token = pieces.isEmpty ? "" : HeaderValue.trimmed(pieces.removeFirst()).lowercased()
        var parameters: [String: String] = [:]
        for piece in pieces {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let name = HeaderValue.trimmed(String(piece[..<equals])).lowercased()
            let value = HeaderValue.unquoted(HeaderValue.trimmed(String(piece[piece.index(after: equals)...])))
            if parameters[name] == nil { parameters[name] = value }
        }
        self.parameters = parameters
    }

    /// `Name: value` with the name in lower case; nil without a colon.
    static func split(_ line: String) -> (name: String, value: String)? {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let value = String(line[line.utf8.index(after: colon)...])
        return (trimmed(String(line[..<colon])).lowercased(), value)
    }

    /// Cuts at semicolons outside quotes.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var piece: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: ";"), !isQuoted {
                pieces.append(String(decoding: piece, as: UTF8.self))
                piece = []
                continue
            }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\"), isQuoted {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
            piece.append(byte)
        }
        pieces.append(String(decoding: piece, as: UTF8.self))
        return pieces
    }

    private static func unquoted(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else { return text }
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in bytes[1..<(bytes.count - 1)] {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            plain.append(byte)
        }
        return String(decoding: plain, as: UTF8.self)
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let bytes = Array(text.utf8)
        guard let first = bytes.firstIndex(where: { !isBlank($0) }),
            let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
