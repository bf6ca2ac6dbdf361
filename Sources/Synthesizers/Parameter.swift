/// The value of one parameter of a synthesizer, as a task or the command line gives it.
public enum Parameter: Sendable, Equatable, Codable {
    case number(Double)
    case text(String)
    case flag(Bool)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .flag(let flag): try container.encode(flag)
        }
    }

    var written: String {
        switch self {
        case .number(let number):
            number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number)
        case .text(let text): text
        case .flag(let flag): String(flag)
        }
    }
}

/// Reads parameters, and refuses those that nobody asked for.
struct ParameterReader {
    private let parameters: [String: Parameter]
    private var asked: [String] = []

    init(_ parameters: [String: Parameter]) { self.parameters = parameters }

    /// A whole number within a range.
    mutating func integer(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws(SynthesisError)
        -> Int
    {
        asked.append(name)
        guard let value = parameters[name] else { return fallback }
        let number = number(value)
        guard let number, let whole = Int(exactly: number), range.contains(whole) else {
            throw .invalidParameter(
                name, value: value.written,
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    /// A number within a range.
    mutating func number(
        _ name: String, default fallback: Double, in range: ClosedRange<Double>
    ) throws(SynthesisError) -> Double {
        asked.append(name)
        guard let value = parameters[name] else { return fallback }
        guard let number = number(value), range.contains(number) else {
            throw .invalidParameter(
                name, value: value.written, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// One of a few words.
    mutating func choice<Word: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Word
    ) throws(SynthesisError) -> Word where Word.RawValue == String {
        asked.append(name)
        guard let value = parameters[name] else { return fallback }
        guard let word = Word(rawValue: value.written) else {
            throw .invalidParameter(
                name, value: value.written, expected: Word.allCases.map(\.rawValue).joined(separator: " or "))
        }
        return word
    }

    func finish() throws(SynthesisError) {
        for name in parameters.keys.sorted() where !asked.contains(name) {
            throw .unknownParameter(name, known: asked)
        }
    }

    private func number(_ value: Parameter) -> Double? {
        switch value {
        case .number(let number): number
        case .text(let text): Double(text)
        case .flag: nil
        }
    }
}
