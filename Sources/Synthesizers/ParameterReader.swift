public import FittedModels

/// Reads the parameters of a synthesizer, and refuses those that nobody asked for.
public struct ParameterReader {
    private let parameters: [String: Parameter]
    private var asked: [String] = []

    /// - Parameter parameters: as a task or the command line gives them.
    public init(_ parameters: [String: Parameter]) { self.parameters = parameters }

    /// A whole number within a range.
    public mutating func integer(
        _ name: String, default fallback: Int, in range: ClosedRange<Int>
    ) throws(SynthesisError) -> Int {
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
    public mutating func number(
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
    public mutating func choice<Word: RawRepresentable & CaseIterable>(
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

    /// A text, or nil where none is given.
    public mutating func text(_ name: String) -> String? {
        asked.append(name)
        return parameters[name]?.written
    }

    /// - Throws: `SynthesisError.unknownParameter` for one that was not read.
    public func finish() throws(SynthesisError) {
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
