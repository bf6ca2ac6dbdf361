import VectorMath

/// In which whole numbers the parts of a round are added: the same at every office, which follows from the question.
public enum SumGroup: Sendable, Equatable {
    /// Modulo 2^64: parts of tables whose rows lie at several offices.
    case words
    /// Modulo 2³¹ − 1: counts on shares.
    case field
    /// Modulo 2⁶¹ − 1: sums of values on shares.
    case wideField

    /// What stands for a part.
    func element(_ part: Int64) -> Int64 {
        switch self {
        case .words: part
        case .field: Int64(PrimeField.element(part))
        case .wideField: Int64(WideField.element(part))
        }
    }

    func sum(_ one: Int64, _ two: Int64) -> Int64 {
        switch self {
        case .words: one &+ two
        case .field, .wideField: element(one &+ two)
        }
    }

    func difference(_ one: Int64, _ two: Int64) -> Int64 {
        switch self {
        case .words: one &- two
        case .field, .wideField: element(one &- two)
        }
    }

    /// Whether another office may have sent it.
    func isElement(_ value: Int64) -> Bool {
        switch self {
        case .words: true
        case .field: (0..<Int64(PrimeField.modulus)).contains(value)
        case .wideField: (0..<Int64(WideField.modulus)).contains(value)
        }
    }

    /// The figure that a sum stands for: in a field the one nearest to zero.
    func figure(_ sum: Int64) -> Int64 {
        switch self {
        case .words: sum
        case .field: PrimeField.number(PrimeField.element(sum))
        case .wideField: WideField.number(WideField.element(sum))
        }
    }
}

extension PairSecret {
    /// Uniform elements of a round's group. Another round or another question has other ones.
    func mask(round: Int, question: [UInt8], count: Int, in group: SumGroup) throws -> [Int64] {
        switch group {
        case .words: return try mask(round: round, question: question, count: count).map { Int64(bitPattern: $0) }
        case .field:
            // 2⁶⁴ is 4 modulo p: without the four greatest words each element has as many words as any other. One of them comes
            // once in 2⁶² words.
            let even = try mask(round: round, question: question, count: count + 4).filter { $0 <= UInt64.max - 4 }
            return even.prefix(count).map { Int64(PrimeField.reduced($0)) }
        case .wideField:
            // Of 61 bits all values but one are elements.
            let even = try mask(round: round, question: question, count: count + 4).lazy
                .map { $0 & WideField.modulus }.filter { $0 != WideField.modulus }
            return even.prefix(count).map { Int64($0) }
        }
    }
}
