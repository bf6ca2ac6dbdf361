package import VectorMath

/// What the codes `0 ..< size` of one column mean.
///
/// Codes stand in the order of the values. `other`, where declared, and missing, where the field is not required,
/// are the last cells, in this order.
public struct ColumnDomain: Sendable, Equatable {
    /// The cells of declared values, before `other` and missing.
    package enum Cells: Sendable, Equatable {
        /// Listed texts; `accepted` gives further spellings of each.
        case listed(texts: [String], accepted: [[String]], labels: [String: String])
        /// One code for each whole number, or each day.
        case units(lower: Int, count: Int)
        case bins(Binning)
    }

    /// Unique in its table.
    public let name: String
    /// What the schema declares; whether codes have an order follows from it.
    public let type: FieldType
    package let cells: Cells
    /// What unlisted values are written as.
    package let other: String?
    /// Texts that mean "no value"; nil if the field is required.
    package let missing: [String]?
    /// Further codes just before missing, which are written as missing too: what is known where there is no value.
    let states: [String]
    /// Number of codes.
    public let size: Int
    /// Every text whose code is known without reading it as a number.
    package let texts: CategoryTable

    init(
        name: String, type: FieldType, cells: Cells, other: String?, missing: [String]?, states: [String] = []
    ) {
        self.states = states
        self.name = name
        self.type = type
        self.cells = cells
        self.other = other
        self.missing = missing
        let values = ColumnDomain.count(cells)
        self.size = values + (other == nil ? 0 : 1) + states.count + (missing == nil ? 0 : 1)
        self.texts = ColumnDomain.table(
            type: type, cells: cells, other: other, missing: missing, missingCode: size - 1, values: values)
    }

    /// Intervals, and cells after them that stand for no number. It has no texts and is never read or written.
    init(name: String, binning: Binning, others: Int) {
        self.name = name
        self.type = .number
        self.cells = .bins(binning)
        self.other = nil
        self.missing = nil
        self.states = []
        self.size = binning.starts.count + others
        self.texts = CategoryTable([])
    }

    public static func == (first: ColumnDomain, second: ColumnDomain) -> Bool {
        first.name == second.name && first.type == second.type && first.cells == second.cells
            && first.other == second.other && first.missing == second.missing && first.states == second.states
            && first.size == second.size
    }

    /// A required text column with the given values.
    public static func categories(_ name: String, _ values: [String]) -> ColumnDomain {
        ColumnDomain(
            name: name, type: .string, cells: .listed(texts: values, accepted: [], labels: [:]), other: nil,
            missing: nil)
    }

    /// Number of codes that stand for declared values, without `other` and missing.
    public var valueCount: Int { ColumnDomain.count(cells) }

    /// The code of a missing value: the last one, or nil if the field is required.
    public var missingCode: Int? { missing == nil ? nil : size - 1 }

    /// The code of unlisted values, or nil if no `other` is declared.
    public var otherCode: Int? { other == nil ? nil : valueCount }

    /// Whether a code is written as a missing value.
    package func isMissing(_ code: Int) -> Bool { missing != nil && code >= size - 1 - states.count && code < size }

    /// What is known of a code that is written as missing; nil for missing itself and for values.
    func state(of code: Int) -> String? {
        let place = code - (size - 1 - states.count)
        return states.indices.contains(place) ? states[place] : nil
    }

    /// Whether neighbouring codes are neighbouring values.
    public var isOrdered: Bool {
        switch type {
        case .string: false
        case .boolean, .integer, .number, .date: true
        }
    }

    /// Whether a code stands for an interval, so that a fraction places a value inside.
    public var isBinned: Bool {
        if case .bins = cells { true } else { false }
    }

    /// The same codes and values under another name.
    public func renamed(_ name: String) -> ColumnDomain {
        ColumnDomain(renaming: self, to: name)
    }

    private init(renaming domain: ColumnDomain, to name: String) {
        self.name = name
        self.type = domain.type
        self.cells = domain.cells
        self.other = domain.other
        self.missing = domain.missing
        self.states = domain.states
        self.size = domain.size
        self.texts = domain.texts
    }

    private static func count(_ cells: Cells) -> Int {
        switch cells {
        case .listed(let texts, _, _): texts.count
        case .units(_, let count): count
        case .bins(let binning): binning.starts.count
        }
    }

    private static func table(
        type: FieldType, cells: Cells, other: String?, missing: [String]?, missingCode: Int, values: Int
    ) -> CategoryTable {
        var entries: [(text: [UInt8], code: UInt32)] = []
        func add(_ text: String, _ code: Int) {
            entries.append((Array(text.utf8), UInt32(truncatingIfNeeded: code)))
        }
        switch cells {
        case .listed(let texts, let accepted, _):
            for (code, text) in texts.enumerated() { add(text, code) }
            for (code, spellings) in accepted.enumerated() {
                for spelling in spellings { add(spelling, code) }
            }
            if type == .integer || type == .number {
                // "1.0" is listed, "1" is written: the same number, and the first that is listed.
                for (code, text) in texts.enumerated() {
                    if let value = DecimalText.number(of: text) { add(DecimalText.text(of: value), code) }
                }
            }
        case .units(let lower, let count):
            for code in 0..<count {
                add(type == .date ? CalendarDate.text(ofDay: lower + code) : String(lower + code), code)
            }
        case .bins: break
        }
        if let other { add(other, values) }
        for text in missing ?? [] { add(text, missingCode) }
        return CategoryTable(entries)
    }
}

// Proof: no byte is read here. Bytes are handed on whole, within the call that lends them.

extension ColumnDomain {
    /// The code of a text, or nil if it lies outside the domain. Blanks around it do not count, unless it is listed
    /// with them.
    public func code(of bytes: UnsafeRawBufferPointer) -> Int? {
        if let code = texts.code(of: bytes) { return Int(code) }
        let bytes = bytes.trimmed
        if let code = texts.code(of: bytes) { return Int(code) }
        if type == .string { return otherCode }
        return codeOfValue(bytes) ?? otherCode
    }

    /// The code of a cell that is written in another way: a text that means a missing value stands as it is.
    package func code(of bytes: UnsafeRawBufferPointer, written writing: CellText) -> Int? {
        if let code = texts.code(of: bytes) ?? texts.code(of: bytes.trimmed), Int(code) == missingCode {
            return Int(code)
        }
        guard let plain = writing.plain(bytes) else { return nil }
        return plain.withUnsafeBytes { code(of: $0) }
    }

    /// The code of a text.
    public func code(of text: String) -> Int? {
        Array(text.utf8).withUnsafeBytes { code(of: $0) }
    }

    /// The code of a number or a date as it stands, which is none of the declared texts.
    func codeOfValue(_ bytes: UnsafeRawBufferPointer) -> Int? {
        switch (type, cells) {
        case (.string, _), (.boolean, _): return nil
        case (.date, .units(let lower, let count)):
            guard let day = CalendarDate.day(of: bytes), day >= lower, day - lower < count else { return nil }
            return day - lower
        case (.date, .bins(let binning)):
            return CalendarDate.day(of: bytes).flatMap { binning.cell(of: Double($0)) }
        case (.date, .listed): return nil
        case (_, .listed):
            guard let value = DecimalText.number(of: bytes) else { return nil }
            let text = Array(DecimalText.text(of: value).utf8)
            return text.withUnsafeBytes { texts.code(of: $0).map(Int.init) }
        case (_, .units(let lower, let count)):
            guard let value = DecimalText.number(of: bytes), let whole = Int(exactly: value), whole >= lower,
                whole - lower < count
            else { return nil }
            return whole - lower
        case (_, .bins(let binning)):
            return DecimalText.number(of: bytes).flatMap { binning.cell(of: $0) }
        }
    }
}

extension ColumnDomain {
    /// What a report calls the code: `CN`, `[10, 20)`, `0`; empty for missing.
    public func label(of code: Int) -> String {
        if let state = state(of: code) { return state }
        return switch cells {
        case .listed(let texts, _, let labels) where code < texts.count: labels[texts[code]] ?? texts[code]
        case .bins(let binning) where code < binning.starts.count: intervalLabel(binning, code)
        default: text(of: code, fraction: 0)
        }
    }

    private func intervalLabel(_ binning: Binning, _ cell: Int) -> String {
        let (lower, upper) = (binning.lowerEdge(cell), binning.upperEdge(cell))
        if lower == upper { return valueText(lower) }
        let opening = lower < binning.starts[cell] ? "(" : "["
        let closing = binning.isWhole || cell == binning.starts.count - 1 ? "]" : ")"
        return "\(opening)\(valueText(lower)), \(valueText(upper))\(closing)"
    }

    private func valueText(_ value: Double) -> String {
        type == .date ? CalendarDate.text(ofDay: Int(value)) : DecimalText.text(of: value)
    }

    /// A value inside the cell, as CSV writes it. It always codes back to the same cell.
    ///
    /// - Parameter fraction: in `0 ..< 1`, places the value between the edges on the bins' own scale.
    public func text(of code: Int, fraction: Double) -> String {
        if isMissing(code) { return missing?.first ?? "" }
        if code == otherCode { return other ?? "" }
        switch cells {
        case .listed(let texts, _, _): return texts[code]
        case .units(let lower, _):
            return type == .date ? CalendarDate.text(ofDay: lower + code) : String(lower + code)
        case .bins(let binning):
            guard let (digits, exponent) = binning.point(cell: code, fraction: fraction) else {
                return DecimalText.text(of: binning.starts[code])
            }
            return type == .date
                ? CalendarDate.text(ofDay: Int(digits)) : DecimalText.text(digits: digits, exponent: exponent)
        }
    }

    /// The edges of the cell, for numbers and dates (as days since 1970-01-01); nil for text, `other` and missing.
    ///
    /// Of whole numbers both edges are values of the cell; of others the upper one is not, unless it is the last cell.
    public func edges(of code: Int) -> (lower: Double, upper: Double)? {
        guard code >= 0, code < valueCount, type != .string, type != .boolean else { return nil }
        switch cells {
        case .listed(let texts, _, _):
            let value =
                type == .date
                ? CalendarDate.day(of: texts[code]).map(Double.init) : DecimalText.number(of: texts[code])
            return value.map { ($0, $0) }
        case .units(let lower, _): return (Double(lower + code), Double(lower + code))
        case .bins(let binning): return (binning.lowerEdge(code), binning.upperEdge(code))
        }
    }

    /// The number that stands for a code in sums: a value itself, or the middle of its bin; nil if there is none.
    public func middle(of code: Int) -> Double? {
        guard let edges = edges(of: code) else { return nil }
        return edges.lower + (edges.upper - edges.lower) / 2
    }
}
