import VectorMath

extension TableDomain {
    /// Most cells of a column that is read finely, so that two bytes hold a code.
    private static let mostFineCells = 65_000
    /// Most parts of one bin.
    fileprivate static let mostParts = 2_048

    /// The same columns, some of them cut so finely that a quotient of two is known to about a thousandth.
    public func refined(_ names: Set<String>) -> TableDomain {
        guard columns.contains(where: { names.contains($0.name) }) else { return self }
        return TableDomain(
            columns: columns.map { names.contains($0.name) ? $0.refined(cells: Self.mostFineCells) : $0 },
            derivations: derivations)
    }

    /// The columns as they are to be read for rules: those of which a ratio is taken are cut finely.
    public func readable(for rules: [Rule]) -> TableDomain { refined(rules.divided) }

    /// How this domain's columns follow from a table whose columns of the same names may be finer.
    public func recipe(from source: TableDomain) -> TableRecipe? {
        let added = Set(rules.compactMap(\.addedColumn))
        var made: [TableRecipe.Column] = []
        for column in columns {
            if let ratio = rules.ratioRecipe(of: column, in: self, from: source) {
                made.append(.ratio(ratio))
                continue
            }
            guard !added.contains(column.name), let place = source.index(of: column.name) else { return nil }
            let read = source.columns[place]
            if read.size == column.size {
                made.append(.kept(place))
            } else if let map = read.groups(in: column) {
                made.append(.grouped(place, map: map))
            } else {
                return nil
            }
        }
        let recipe = TableRecipe(columns: made, domain: self)
        return recipe.fits(source) ? recipe : nil
    }
}

extension [Rule] {
    fileprivate func ratioRecipe(of column: ColumnDomain, in domain: TableDomain, from source: TableDomain)
        -> RatioRecipe?
    {
        for rule in self {
            let names: (numerator: String, denominator: String)
            switch rule {
            case .ratio(column.name, let numerator, let denominator, _): names = (numerator, denominator)
            case .logPoints(column.name, let numerator, let denominator): names = (numerator, denominator)
            case .ratio, .sum, .order, .never, .logPoints, .differ: continue
            }
            guard let above = source.index(of: names.numerator), let under = source.index(of: names.denominator),
                let own = domain.index(of: names.numerator), let other = domain.index(of: names.denominator)
            else { return nil }
            let states = RatioStates(numerator: domain.columns[own], denominator: domain.columns[other])
            let first = column.size - 1 - column.states.count
            let coarse = source.columns[above].groups(in: domain.columns[own]) ?? []
            var starts: [Double]
            var isLogarithmic = false
            switch column.cells {
            case .bins(let binning): starts = binning.starts
            case .units(let lower, let count):
                starts = (0..<count).map { Double(lower + $0) }
                isLogarithmic = true
            case .listed: return nil
            }
            let absent = (0..<source.columns[above].size).map { code -> UInt32 in
                let state = coarse.indices.contains(code) ? states.ofCode[Int(coarse[code])] : states.labels.count
                return UInt32(Swift.max(0, Swift.min(first + Swift.min(state, column.states.count), column.size - 1)))
            }
            func numbers(_ place: Int) -> [Double] {
                let numbers = source.columns[place].numbers
                // Not a number where there is no positive one.
                return isLogarithmic ? numbers.map { $0 > 0 ? naturalLogarithm($0) : .nan } : numbers
            }
            return RatioRecipe(
                numerator: above, denominator: under, numerators: numbers(above), denominators: numbers(under),
                isLogarithmic: isLogarithmic, starts: starts, absent: absent)
        }
        return nil
    }
}

extension ColumnDomain {
    /// For each code the number that stands for it; not a number for what is none.
    fileprivate var numbers: [Double] { (0..<size).map { middle(of: $0) ?? .nan } }

    /// For each code of this column the code of a coarser one of the same values; nil if one cuts the other's cells.
    func groups(in coarse: ColumnDomain) -> [UInt32]? {
        if size == coarse.size { return (0..<UInt32(size)).map { $0 } }
        guard case .bins(let fine) = cells, case .bins(let wide) = coarse.cells,
            size - valueCount == coarse.size - coarse.valueCount
        else { return nil }
        var map: [UInt32] = []
        for start in fine.starts {
            guard let cell = wide.cell(of: start) else { return nil }
            map.append(UInt32(cell))
        }
        for rest in 0..<(size - valueCount) { map.append(UInt32(coarse.valueCount + rest)) }
        return map
    }

    /// The same column with its intervals cut into parts that are equally wide on its scale.
    ///
    /// - Parameter cells: the most cells of the result.
    fileprivate func refined(cells most: Int) -> ColumnDomain {
        guard case .bins(let binning) = cells else { return self }
        let intervals = binning.starts.indices.filter { !binning.spikes.contains($0) }
        guard !intervals.isEmpty else { return self }
        let parts = min(TableDomain.mostParts, max(1, (most - binning.starts.count) / intervals.count))
        guard parts > 1 else { return self }
        var starts: [Double] = []
        var spikes: [Int] = []
        for (place, start) in binning.starts.enumerated() {
            if binning.spikes.contains(place) {
                spikes.append(starts.count)
                starts.append(start)
                continue
            }
            let end = place == binning.starts.count - 1 ? binning.maximum : binning.starts[place + 1]
            let from = binning.scale.place(of: start, pivot: binning.pivot)
            let to = binning.scale.place(of: end, pivot: binning.pivot)
            var last = start
            starts.append(start)
            // Parts must be wide enough for numbers of their size.
            let least = max(abs(start), abs(end)) * 1e-9
            for part in 1..<parts {
                var edge = binning.scale.value(
                    at: from + (to - from) * Double(part) / Double(parts), pivot: binning.pivot)
                if binning.isWhole { edge = edge.rounded() }
                guard edge > last + least, edge < end - least else { continue }
                starts.append(edge)
                last = edge
            }
        }
        do throws(Binning.Mistake) {
            let fine = try Binning(
                starts: starts, maximum: binning.maximum, spikes: spikes, isWhole: binning.isWhole,
                scale: binning.scale,
                pivot: binning.pivot, keepsUnits: type == .date)
            return ColumnDomain(
                name: name, type: type, cells: .bins(fine), other: other, missing: missing, states: states)
        } catch {
            return self
        }
    }
}
