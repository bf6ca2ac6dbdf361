import VectorMath

// A cell of numbers is an interval. Where in it a value lies is kept beside its code, in equal steps on the bins' own scale, so
// that a function of two columns can be taken more finely than their bins.

extension ColumnDomain {
    /// So many steps a cell.
    public static let placeSteps = 256

    /// The number at a fraction of a cell on the bins' own scale, or the one number of a code; nil where there is none.
    ///
    /// Whole numbers have half a unit on either side: a cell of 6 to 9 reaches from 5.5 to 9.5.
    public func number(of code: Int, fraction: Double) -> Double? {
        guard isInterval(code), case .bins(let binning) = cells else { return edges(of: code)?.lower }
        let ends = binning.ends(of: code)
        return binning.scale.value(at: ends.from + fraction * (ends.to - ends.from), pivot: binning.pivot)
    }

    /// Whether a code stands for an interval of numbers, be it of one whole number; not so a spike.
    public func isInterval(_ code: Int) -> Bool {
        guard case .bins(let binning) = cells, binning.grids.indices.contains(code) else { return false }
        return !binning.spikes.contains(code) && (binning.isWhole || width(of: code) != nil)
    }

    /// The fraction, in the sense of `number(of:fraction:)`, of what is written for a drawn fraction.
    package func numberFraction(of code: Int, drawn fraction: Double) -> Double {
        guard case .bins(let binning) = cells, binning.isWhole, isInterval(code) else { return fraction }
        let ends = binning.ends(of: code)
        guard let point = binning.point(cell: code, fraction: fraction),
            let value = Binning.value(digits: point.digits, exponent: point.exponent), ends.to > ends.from
        else { return fraction }
        return min(
            max((binning.scale.place(of: value, pivot: binning.pivot) - ends.from) / (ends.to - ends.from), 0), 1)
    }

    /// The drawn fraction for which the number at a fraction, or the whole number next to it, is written.
    package func drawnFraction(of code: Int, number fraction: Double) -> Double {
        guard case .bins(let binning) = cells, binning.isWhole, isInterval(code),
            let number = number(of: code, fraction: fraction)
        else { return fraction }
        let (lowest, highest) = (binning.starts[code], binning.upperEdge(code))
        let whole = min(max(number.rounded(), lowest), highest)
        if binning.scale == .linear { return (whole - lowest + 0.5) / (highest - lowest + 1) }
        let grid = binning.grids[code]
        guard grid.to > grid.from else { return 0 }
        let place = binning.scale.place(of: min(whole + 0.5, highest), pivot: binning.pivot)
        return min(max((place - grid.from) / (grid.to - grid.from), 0), 1.0.nextDown)
    }

    /// The fraction of a cell at which a number in it lies, on the bins' own scale.
    package func fraction(of number: Double, in code: Int) -> Double {
        guard case .bins(let binning) = cells, width(of: code) != nil else { return 0 }
        let grid = binning.grids[code]
        let part = (binning.scale.place(of: number, pivot: binning.pivot) - grid.from) / (grid.to - grid.from)
        return min(max(part, 0), 1.0.nextDown)
    }

    /// Where in its cell a written number or date lies.
    ///
    /// Proof: no byte is read here; they are handed on whole, within the call that lends them, and so below.
    package func place(of bytes: UnsafeRawBufferPointer) -> UInt8 {
        guard case .bins(let binning) = cells else { return 0 }
        let trimmed = bytes.trimmed
        let value = type == .date ? CalendarDate.day(of: trimmed).map(Double.init) : DecimalText.number(of: trimmed)
        guard let value, let cell = binning.cell(of: value) else { return 0 }
        return binning.place(of: value, in: cell)
    }

    /// The same for a cell that is not written plainly.
    package func place(of bytes: UnsafeRawBufferPointer, written writing: CellText) -> UInt8 {
        writing.plain(bytes).map { plain in plain.withUnsafeBytes { place(of: $0) } } ?? 0
    }

    /// The cells that the difference of two columns falls into: intervals, and after them cells that stand for no number.
    ///
    /// - Parameters:
    ///   - starts: ascending lower edges.
    ///   - others: how many cells stand for no number.
    /// - Returns: nil if the edges are not in order or too near each other.
    package static func intervals(_ name: String, starts: [Double], maximum: Double, others: Int) -> ColumnDomain? {
        guard
            let binning = try? Binning(
                starts: starts, maximum: maximum, spikes: [], isWhole: false, scale: .linear, pivot: 1,
                keepsUnits: false)
        else { return nil }
        return ColumnDomain(name: name, binning: binning, others: max(0, others))
    }
}

extension Binning {
    /// Both ends of a cell on the axis; of whole numbers half a unit beyond them, where the axis has such a place.
    func ends(of cell: Int) -> (from: Double, to: Double) {
        let grid = grids[cell]
        // A spike's neighbour begins at the next number that a Double can hold.
        if spikes.contains(cell) { return (grid.from, grid.from) }
        guard isWhole else { return (grid.from, grid.to) }
        let (low, high) = (starts[cell] - 0.5, upperEdge(cell) + 0.5)
        return (
            scale == .positiveLog && low <= 0 ? grid.from : scale.place(of: low, pivot: pivot),
            scale == .negativeLog && high >= 0 ? grid.to : scale.place(of: high, pivot: pivot)
        )
    }

    /// The step of a cell in which a value of it lies.
    package func place(of value: Double, in cell: Int) -> UInt8 {
        let ends = ends(of: cell)
        let width = ends.to - ends.from
        guard width != 0 else { return 0 }
        let part = (scale.place(of: value, pivot: pivot) - ends.from) / width
        return UInt8(min(max(part * Double(ColumnDomain.placeSteps), 0), Double(ColumnDomain.placeSteps - 1)))
    }

    /// The same for many values; zero where there is no code.
    package func findPlaces(of values: [Double], in codes: [UInt32], count: Int, into places: inout [UInt8]) {
        let ends = starts.indices.map { self.ends(of: $0) }
        let factors = ends.map { $0.to != $0.from ? Double(ColumnDomain.placeSteps) / ($0.to - $0.from) : 0 }
        let last = Double(ColumnDomain.placeSteps - 1)
        for row in 0..<count {
            guard codes[row] != unknownCode else {
                places[row] = 0
                continue
            }
            let cell = Int(codes[row])
            let step = (scale.place(of: values[row], pivot: pivot) - ends[cell].from) * factors[cell]
            places[row] = UInt8(min(max(step, 0), last))
        }
    }
}
