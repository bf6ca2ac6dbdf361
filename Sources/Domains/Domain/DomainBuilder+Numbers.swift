import VectorMath

extension DomainBuilder {
    /// Cells of an integer, number or date with bounds.
    mutating func numberCells(_ field: Field) -> ColumnDomain.Cells? {
        let known = problems.count
        checkBins(field)
        let step = step(field)
        if let edges = field.bins?.edges, field.type != .date { return cells(field, edges: edges, known: known) }
        guard let (lower, upper) = bounds(field), problems.count == known else { return nil }
        if lower > upper {
            report(
                field.name, "has minimum \(text(field, lower)) above maximum \(text(field, upper))", "Swap the bounds")
            return nil
        }
        let isWhole = field.type != .number
        let isNarrow = isWhole && field.bins == nil && upper - lower <= Double(Self.maximumUnits)
        if isNarrow, step.map({ $0.number == 1 }) ?? true {
            return .units(lower: Int(lower), count: Int(upper - lower) + 1)
        }
        let spikes = spikes(field, lower, upper)
        guard problems.count == known else { return nil }
        let axis = axis(field, lower, upper)
        // Where each multiple of the step can have a cell of its own, it has one.
        let multiples = step.map { Int((upper - lower) / $0.number) } ?? 0
        let count = field.bins?.count ?? (isNarrow ? max(multiples, 1) : Self.defaultBins)
        return cells(field, edges: edges(count, lower, upper, axis, isWhole, step), axis: axis, spikes: spikes)
    }

    /// The declared step, exactly as it is written; nil if there is none, or after a report.
    private mutating func step(_ field: Field) -> ExactDecimal? {
        guard let step = field.step else { return nil }
        guard step > 0, step <= 1e15, let exact = ExactDecimal(step), exact.digits < 1_000_000_000_000,
            (-22...22).contains(exact.exponent)
        else {
            report(
                field.name, "has the step \(step)", "Write the unit in which values are written, such as 100 or 0.01")
            return nil
        }
        if field.type == .date {
            report(field.name, "is a date with a step", "Leave `step` out: dates are written as days")
            return nil
        }
        if field.type == .integer, step != step.rounded() {
            report(field.name, "is an integer with the step \(exact.text)", "Write a whole step, or type: number")
            return nil
        }
        return exact
    }

    private mutating func checkBins(_ field: Field) {
        guard let bins = field.bins else { return }
        if let count = bins.count, !(1...65_536).contains(count) {
            report(field.name, "asks for \(count) bins", "Ask for 1 to 65536, 32 as a rule")
        }
        if let edges = bins.edges {
            if bins.count != nil || bins.scale != nil {
                report(field.name, "has bin edges and also a count or scale", "Keep `edges`, or `count` and `scale`")
            }
            if field.type == .date {
                report(field.name, "is a date with bin edges", "Give dates a `count` of bins")
            }
            if edges.count < 2 { report(field.name, "has fewer than two bin edges", "Write at least two") }
            if !edges.allSatisfy({ abs($0) <= Self.largestNumber }) {
                report(field.name, "has a bin edge beyond ±1e300", "Write smaller numbers")
            }
            if zip(edges, edges.dropFirst()).contains(where: { $0 >= $1 }) {
                report(field.name, "has bin edges that do not ascend", "Sort them and write each once")
            }
            if field.type == .integer, edges.contains(where: { !DomainBuilder.isExactInteger($0) }) {
                report(field.name, "is an integer with bin edges that are not", "Write integers within ±2^53")
            }
        }
        for spike in bins.spikes ?? [] where !spike.isFinite || (field.type == .integer && spike != spike.rounded()) {
            report(field.name, "has a spike at \(spike), which is not one of its values", "Write one of its values")
        }
        if field.type == .date, bins.spikes?.isEmpty == false {
            report(field.name, "is a date with spikes", "Leave `spikes` out")
        }
    }

    private static func isExactInteger(_ value: Double) -> Bool {
        value == value.rounded() && abs(value) <= 9_007_199_254_740_992
    }

    /// Both bounds as numbers, or nil after a report.
    private mutating func bounds(_ field: Field) -> (lower: Double, upper: Double)? {
        guard let minimum = field.constraints?.minimum, let maximum = field.constraints?.maximum else {
            let kind = field.bins == nil ? "no bounds" : "bins without bounds"
            report(
                field.name, "is \(field.type == .integer ? "an" : "a") \(field.type.rawValue) with \(kind)",
                field.type == .date
                    ? "Write constraints.minimum and constraints.maximum"
                    : "Write constraints.minimum and constraints.maximum, or bins.edges, or list its categories")
            return nil
        }
        let lower = bound(field, minimum, "minimum")
        let upper = bound(field, maximum, "maximum")
        guard let lower, let upper else { return nil }
        return (lower, upper)
    }

    private mutating func bound(_ field: Field, _ bound: Bound, _ which: String) -> Double? {
        let written: String =
            switch bound {
            case .number(let number): DecimalText.text(of: number)
            case .text(let text): text
            }
        if field.type == .date {
            if let day = CalendarDate.day(of: written) { return Double(day) }
            report(field.name, "has the \(which) \"\(written)\", which is not a date", "Write dates as 2022-12-31")
            return nil
        }
        guard let value = DecimalText.number(of: written) else {
            report(field.name, "has the \(which) \"\(written)\", which is not a number", "Write a number")
            return nil
        }
        if abs(value) > Self.largestNumber {
            report(field.name, "has the \(which) \(written), beyond ±1e300", "Write a smaller number")
            return nil
        }
        if field.type == .integer, !DomainBuilder.isExactInteger(value) {
            report(field.name, "is an integer with the \(which) \(written)", "Write an integer within ±2^53")
            return nil
        }
        return value
    }

    private func text(_ field: Field, _ value: Double) -> String {
        field.type == .date ? CalendarDate.text(ofDay: Int(value)) : DecimalText.text(of: value)
    }

    /// Declared edges; bounds, where given, must not contradict them.
    private mutating func cells(_ field: Field, edges: [Double], known: Int) -> ColumnDomain.Cells? {
        guard problems.count == known, let first = edges.first, let last = edges.last else { return nil }
        for (bound, edge, which) in [
            (field.constraints?.minimum, first, "minimum"), (field.constraints?.maximum, last, "maximum"),
        ] {
            guard let bound, let value = self.bound(field, bound, which), value != edge else { continue }
            report(
                field.name, "has the \(which) \(text(field, value)) but its bin edges end at \(text(field, edge))",
                "Let the outer edges be the bounds")
        }
        let spikes = spikes(field, first, last)
        guard problems.count == known else { return nil }
        return cells(field, edges: edges, axis: (.linear, 1), spikes: spikes)
    }

    private mutating func spikes(_ field: Field, _ lower: Double, _ upper: Double) -> [Double] {
        guard field.type != .date else { return [] }
        guard let declared = field.bins?.spikes else { return lower <= 0 && upper >= 0 ? [0] : [] }
        for spike in declared where spike < lower || spike > upper {
            report(field.name, "has a spike at \(spike), outside its bounds", "Write one of its values")
        }
        return Array(Set(declared.map { $0 == 0 ? 0 : $0 })).sorted()
    }

    /// The scale on which bins are equally wide, and its pivot.
    ///
    /// Bounds on one side of zero give a plain logarithm. Bounds that touch or span zero give
    /// `sgn x · ln(1 + |x| / pivot)`, which is defined everywhere: the pivot is 1 for whole numbers, else a millionth
    /// of the larger bound, at most 1.
    private func axis(_ field: Field, _ lower: Double, _ upper: Double) -> (scale: AxisScale, pivot: Double) {
        if field.bins?.scale == .asinh {
            let reach = max(abs(lower), abs(upper))
            return (.asinh, field.type == .number && reach > 0 ? min(1, reach * 1e-6) : 1)
        }
        guard field.bins?.scale == .log else { return (.linear, 1) }
        if lower > 0 { return (.positiveLog, 1) }
        if upper < 0 { return (.negativeLog, 1) }
        let reach = max(-lower, upper)
        guard field.type == .number, reach > 0 else { return (.symmetricLog, 1) }
        return (.symmetricLog, min(1, reach * 1e-6))
    }

    /// Equally wide bins on the axis. Inner edges are rounded to about a thousandth of a bin, so that they read well
    /// and do not depend on the last bit of a logarithm.
    private func edges(
        _ count: Int, _ lower: Double, _ upper: Double, _ axis: (scale: AxisScale, pivot: Double), _ isWhole: Bool,
        _ step: ExactDecimal?
    ) -> [Double] {
        guard lower < upper else { return [lower, upper] }
        let from = axis.scale.place(of: lower, pivot: axis.pivot)
        let to = axis.scale.place(of: upper, pivot: axis.pivot)
        var exact = (0...count).map {
            axis.scale.value(at: from + (to - from) * (Double($0) / Double(count)), pivot: axis.pivot)
        }
        exact[0] = lower
        exact[count] = upper
        var edges = [lower]
        for index in 1..<max(count, 1) {
            let width = min(exact[index] - exact[index - 1], exact[index + 1] - exact[index])
            var edge = exact[index]
            if let step {
                let multiple = (edge / step.number).rounded()
                edge =
                    abs(multiple) < 4e15 / Double(step.digits)
                    ? Binning.value(digits: Int64(multiple) * step.digits, exponent: step.exponent) ?? edge : edge
            } else if isWhole {
                edge = edge.rounded()
            } else if width > 0 {
                let exponent = decimalExponent(width) - 3
                let digits = Binning.scaled(edge, by: -exponent).rounded()
                if abs(digits) < 4e15, let value = Binning.value(digits: Int64(digits), exponent: exponent) {
                    edge = value
                }
            }
            if let last = edges.last, edge > last, edge < upper { edges.append(edge) }
        }
        return edges + [upper]
    }

    /// Intervals between the edges, cut where a spike stands.
    private mutating func cells(
        _ field: Field, edges: [Double], axis: (scale: AxisScale, pivot: Double), spikes: [Double]
    ) -> ColumnDomain.Cells? {
        guard let lower = edges.first, let upper = edges.last else { return nil }
        let isWhole = field.type != .number
        var borders = Set(edges.dropLast())
        for spike in spikes {
            borders.insert(spike)
            let next = isWhole ? spike + 1 : spike.nextUp
            if next <= upper { borders.insert(next) }
        }
        borders.insert(lower)
        // A spike on the upper bound leaves the last interval open; without one the bound belongs to it.
        let step = field.step.flatMap { ExactDecimal($0) }
        let starts = step.map { merged(borders.sorted(), upper, spikes: Set(spikes), $0) } ?? borders.sorted()
        do throws(Binning.Mistake) {
            return .bins(
                try Binning(
                    starts: starts, maximum: upper,
                    spikes: spikes.compactMap { spike in starts.firstIndex(of: spike) }, isWhole: isWhole,
                    scale: axis.scale, pivot: axis.pivot, keepsUnits: field.type == .date, step: step))
        } catch {
            report(field.name, error.what, error.fix)
            return nil
        }
    }

    /// Cells joined until each has a multiple of the step in it, as far as spikes allow.
    private func merged(_ starts: [Double], _ upper: Double, spikes: Set<Double>, _ step: ExactDecimal) -> [Double] {
        func hasMultiple(_ lower: Double, _ end: Double, isClosed: Bool) -> Bool {
            var first = (lower / step.number).rounded(.up) * step.number
            // Just above zero the quotient is zero.
            if first < lower { first += step.number }
            return isClosed ? first <= end : first < end
        }
        var kept: [Double] = []
        for (place, start) in starts.enumerated() {
            if let last = kept.last, !spikes.contains(last), !spikes.contains(start),
                !hasMultiple(last, start, isClosed: false)
            {
                continue
            }
            let isLast = place == starts.count - 1
            if isLast, !spikes.contains(start), !hasMultiple(start, upper, isClosed: true), let last = kept.last,
                !spikes.contains(last)
            {
                continue
            }
            kept.append(start)
        }
        return kept
    }
}
