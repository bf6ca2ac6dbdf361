/// What the codes `0 ..< size` of one column mean.
public struct ColumnDomain: Sendable, Equatable, Codable {
    public let name: String
    public let size: Int

    /// The code of a missing value: the last one, or nil where the field is required.
    public var missingCode: Int? { nil }
    /// The code of unlisted values: before `missingCode`, or nil where none is declared.
    public var otherCode: Int? { nil }
    /// Whether neighbouring codes are neighbouring values.
    public var isOrdered: Bool { false }
    /// Whether a code stands for an interval, so that a fraction places a value inside.
    public var isBinned: Bool { false }

    /// The code of a text, or nil where it lies outside the domain.
    public func code(of bytes: UnsafeRawBufferPointer) -> Int? { nil }

    /// What a report calls the code: `CN`, `[10, 20)`, `0`; empty for missing.
    public func label(of code: Int) -> String { "" }

    /// A value inside the cell, as CSV writes it.
    public func text(of code: Int, fraction: Double) -> String { "" }

    /// The least value of the cell and its upper edge; nil for text, `other` and missing.
    public func edges(of code: Int) -> (lower: Double, upper: Double)? { nil }

    public func renamed(_ name: String) -> ColumnDomain { self }
}
