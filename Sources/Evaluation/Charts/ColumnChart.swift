import Domains
import Tables

extension Chart {
    /// Bars of the synthetic share, and the noisy measurement on top of each as a dot with its 95 % whisker.
    ///
    /// The picture has at most `limit` bars; the CSV has every code.
    public static func column(_ fit: ColumnFit, in evaluation: ModelEvaluation, limit: Int = 24) -> Chart {
        let column = evaluation.domain.columns[fit.column]
        let total = max(evaluation.total, 1)
        let groups = CodeGroups(column, shares: fit.synthetic.map { $0 / total }, limit: limit)
        let synthetic = groups.sums(fit.synthetic).map { $0 / total }
        let measurement = fit.measurement?.grouped(groups)
        let noisy = measurement?.counts.map { $0 / total }
        let halves = measurement?.halfWidths.map { $0 / total }

        let hasNumbers = column.isBinned && column.type != .date
        let labels = groups.labels.map { Label(hasNumbers ? Figures.spaced($0) : $0, width: 26, height: 3) }
        let (left, right, top) = (222.0, 640.0, 6.0)
        let heights = labels.map { max(20, $0.height + 6) }
        var most = synthetic.max() ?? 0
        if let noisy, let halves { most = max(most, zip(noisy, halves).map { $0 + $1 }.max() ?? 0) }
        let axis = Axis(upTo: most)
        func place(_ share: Double) -> Double { left + (right - left) * min(max(share / axis.end, 0), 1) }
        let bottom = top + heights.reduce(0, +)
        var picture = Picture(width: 660, height: bottom + 26)
        for tick in axis.ticks {
            picture.line(place(tick), top, place(tick), bottom, "grid")
            picture.text(place(tick), bottom + 16, Figures.percent(tick), "tick", anchor: "middle")
        }
        var bottomOfLast = top
        for index in 0..<groups.count {
            let middle = bottomOfLast + heights[index] / 2
            bottomOfLast += heights[index]
            picture.label(left - 8, middle, labels[index], anchor: "end")
            picture.rectangle(left, middle - 7, place(synthetic[index]) - left, 14, "synthetic")
            guard let noisy, let halves else { continue }
            let (low, high) = (place(noisy[index] - halves[index]), place(noisy[index] + halves[index]))
            picture.line(low, middle, high, middle, "whisker")
            picture.line(low, middle - 4, low, middle + 4, "whisker")
            picture.line(high, middle - 4, high, middle + 4, "whisker")
            picture.circle(place(noisy[index]), middle, 3, "noisy")
        }
        let description =
            "\(fit.name): share of each value in the synthetic rows (bars) against the noisy measurement (dots, with "
            + "95 % whiskers)."
            + (fit.totalVariation.map { " Total variation between the two: \(Figures.percent($0))." } ?? "")
        var chart = Chart(
            name: "column-\(fit.column + 1)", description: description, svg: picture.svg(description),
            header: ["value", "noisy_count", "interval_95_low", "interval_95_high", "synthetic_count"],
            rows: fit.labels.indices.map { code in
                let known = fit.measurement.map { ($0.counts[code], $0.halfWidths[code]) }
                return [
                    fit.labels[code], known.map { Figures.plain($0.0) } ?? "",
                    known.map { Figures.plain($0.0 - $0.1) } ?? "", known.map { Figures.plain($0.0 + $0.1) } ?? "",
                    Figures.plain(fit.synthetic[code]),
                ]
            })
        chart.hasNumbersAsNames = hasNumbers
        return chart
    }
}

/// A scale from zero with round ticks.
struct Axis {
    let end: Double
    let ticks: [Double]

    init(upTo most: Double) {
        let most = max(most, 1e-4)
        var step = 1e-5
        let factors = [2, 2.5, 2]
        var next = 0
        while most / step > 5 {
            step *= factors[next % 3]
            next += 1
        }
        let count = Int((most / step).rounded(.up))
        ticks = (0...count).map { Double($0) * step }
        end = Double(count) * step
    }
}
