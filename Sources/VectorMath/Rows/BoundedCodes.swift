/// Codes together with a bound that each of them is below.
///
/// A loop that uses a code as an index takes this type, so that the proof travels with the codes. A value is made in
/// three ways: by a scan of the codes, by choosing rows of another value (`gathered`, `gatheredOrZero`), and by mapping another value's
/// codes through a table whose largest entry was found first (`CodeArray.mapped`). There is no fourth: the initialiser
/// that does not look is private to this file, and nothing changes codes but `wipe`, which writes zeros.
///
/// Proof: `scanned` and `bounded` compare the largest code with the bound. `gathered` copies codes that were below
/// the same bound. A zero is below every bound that a code was below; without codes there is nothing to show.
public struct BoundedCodes<Code: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// Every code is below this.
    public let bound: Int
    /// The codes themselves.
    public private(set) var codes: [Code]

    /// Number of codes.
    public var count: Int { codes.count }

    @inline(__always)
    private init(_ codes: [Code], proven bound: Int) {
        self.codes = codes
        self.bound = bound
    }

    /// nil if a code is not below the bound.
    @inline(__always)
    fileprivate static func scanned(_ codes: [Code], below bound: Int) -> Self? {
        var largest: Code = 0
        for code in codes { largest = max(largest, code) }
        guard codes.isEmpty || Int(truncatingIfNeeded: largest) < bound else { return nil }
        return Self(codes, proven: bound)
    }

    @inline(__always)
    fileprivate func chosenOrZero(_ rows: [UInt32]) -> Self {
        guard !codes.isEmpty else { return Self([Code](repeating: 0, count: rows.count), proven: bound) }
        // Proof: what is read is a code before the end, for a row that is not is read as row 0; each of the `rows.count`
        // places of the output is written once, with a code that was below the bound or with zero.
        let gathered = [Code](unsafeUninitializedCapacity: rows.count) { output, used in
            codes.withUnsafeBufferPointer { codes in
                let limit = UInt32(clamping: codes.count)
                rows.withUnsafeBufferPointer { rows in
                    for index in 0..<rows.count {
                        let isRow = rows[index] < limit
                        let code = codes[Int(isRow ? rows[index] : 0)]
                        output.initializeElement(at: index, to: isRow ? code : 0)
                    }
                }
            }
            used = rows.count
        }
        return Self(gathered, proven: bound)
    }

    @inline(__always)
    fileprivate mutating func overwrite() {
        for index in codes.indices { codes[index] = 0 }
    }
}

// One initialiser a width, so that each is compiled here for its width and scans with vectors.

extension BoundedCodes where Code == UInt8 {
    /// - Returns: nil if a code is not below the bound.
    public init?(_ codes: [UInt8], below bound: Int) {
        guard let scanned = Self.scanned(codes, below: bound) else { return nil }
        self = scanned
    }
}

extension BoundedCodes where Code == UInt16 {
    /// - Returns: nil if a code is not below the bound.
    public init?(_ codes: [UInt16], below bound: Int) {
        guard let scanned = Self.scanned(codes, below: bound) else { return nil }
        self = scanned
    }
}

extension BoundedCodes where Code == UInt32 {
    /// - Returns: nil if a code is not below the bound.
    public init?(_ codes: [UInt32], below bound: Int) {
        guard let scanned = Self.scanned(codes, below: bound) else { return nil }
        self = scanned
    }

    /// The same for codes that a caller knows to fit.
    ///
    /// - Precondition: every code is below the bound.
    init(checked codes: [UInt32], below bound: Int) {
        guard let scanned = Self.scanned(codes, below: bound) else {
            preconditionFailure("a code is not below its bound")
        }
        self = scanned
    }
}

/// The codes of one column at one of three widths, with their bound.
public enum CodeArray: Sendable {
    case bytes(BoundedCodes<UInt8>)
    case halves(BoundedCodes<UInt16>)
    case words(BoundedCodes<UInt32>)

    /// Codes at the narrowest width that the bound allows: bytes up to 256, halves up to 65,536, words beyond.
    ///
    /// - Returns: nil if a code is not below the bound.
    public init?(narrowing codes: [UInt32], below bound: Int) {
        guard let words = BoundedCodes(codes, below: bound) else { return nil }
        var bytes: [UInt8] = []
        var halves: [UInt16] = []
        switch bound {
        case ...256:
            appendNarrow(codes, count: codes.count, to: &bytes)
            guard let narrow = BoundedCodes(bytes, below: bound) else { return nil }
            self = .bytes(narrow)
        case ...65_536:
            appendNarrow(codes, count: codes.count, to: &halves)
            guard let narrow = BoundedCodes(halves, below: bound) else { return nil }
            self = .halves(narrow)
        default: self = .words(words)
        }
    }

    /// Every code is below this.
    public var bound: Int {
        switch self {
        case .bytes(let codes): codes.bound
        case .halves(let codes): codes.bound
        case .words(let codes): codes.bound
        }
    }

    /// Number of codes.
    public var count: Int {
        switch self {
        case .bytes(let codes): codes.count
        case .halves(let codes): codes.count
        case .words(let codes): codes.count
        }
    }

    /// The code of one row.
    public subscript(row: Int) -> Int {
        switch self {
        case .bytes(let codes): Int(codes.codes[row])
        case .halves(let codes): Int(codes.codes[row])
        case .words(let codes): Int(codes.codes[row])
        }
    }

    /// The codes of chosen rows under the same bound, and zero for a number beyond the last row. Every number takes the same
    /// steps.
    ///
    /// - Precondition: the bound is above zero where zeros are asked for.
    public func gatheredOrZero(_ rows: [UInt32]) -> CodeArray {
        precondition(bound > 0 || rows.isEmpty)
        switch self {
        case .bytes(let codes): return .bytes(codes.chosenOrZero(rows))
        case .halves(let codes): return .halves(codes.chosenOrZero(rows))
        case .words(let codes): return .words(codes.chosenOrZero(rows))
        }
    }

    /// `map[code]` for each code, below one more than the largest entry of the map.
    ///
    /// - Precondition: the map has an entry for every code below `bound`.
    public func mapped(through map: [UInt32]) -> CodeArray {
        precondition(map.count >= bound)
        let size = Int(map.max() ?? 0) + 1
        var mapped = [UInt32](repeating: 0, count: count)
        switch self {
        case .bytes(let codes): lookUp(codes, map, &mapped)
        case .halves(let codes): lookUp(codes, map, &mapped)
        case .words(let codes): lookUp(codes, map, &mapped)
        }
        return .words(BoundedCodes(checked: mapped, below: size))
    }

    /// One code alone, under the same bound.
    ///
    /// - Precondition: the code is below the bound.
    public func one(_ code: UInt32) -> CodeArray {
        guard let codes = CodeArray(narrowing: [code], below: bound) else { preconditionFailure("no such code") }
        return codes
    }

    /// Overwrites every code with zero, in place if nothing else references the storage.
    public mutating func wipe() {
        let empty = CodeArray.bytes(BoundedCodes.none)
        switch self {
        case .bytes(var codes):
            self = empty
            codes.overwrite()
            self = .bytes(codes)
        case .halves(var codes):
            self = empty
            codes.overwrite()
            self = .halves(codes)
        case .words(var codes):
            self = empty
            codes.overwrite()
            self = .words(codes)
        }
    }
}

extension BoundedCodes {
    fileprivate static var none: Self { Self([], proven: 0) }
}

@inline(__always)
private func lookUp<Code>(_ codes: BoundedCodes<Code>, _ map: [UInt32], _ output: inout [UInt32]) {
    for index in output.indices { output[index] = map[Int(truncatingIfNeeded: codes.codes[index])] }
}

/// The number of cells of a table, or nil if it is not a number that memory could hold.
///
/// - Parameter sizes: of the table's attributes, not negative.
public func cellCount(of sizes: some Sequence<Int>) -> Int? {
    var cells = 1
    for size in sizes {
        precondition(size >= 0)
        let (product, overflow) = cells.multipliedReportingOverflow(by: size)
        guard !overflow else { return nil }
        cells = product
    }
    return cells
}
