import VectorMath

extension Chart {
    /// What was measured together: a graph where one can be read, else the strongest pairs, one below the other.
    public static func measuredTogether(_ evaluation: ModelEvaluation, parties: [String] = []) -> Chart {
        evaluation.columns.count <= graphColumns && evaluation.cliqueEdges.count <= graphLines
            ? cliqueGraph(evaluation, parties: parties) : strongestPairs(evaluation)
    }

    /// More of either are a disc in which nobody follows a line.
    static let graphColumns = 16
    static let graphLines = 40

    /// Columns on a circle, party by party; a line joins two that were measured together, the wider the stronger.
    public static func cliqueGraph(_ evaluation: ModelEvaluation, parties: [String] = []) -> Chart {
        let columns = evaluation.columns
        let labels = columns.indices.map { evaluation.names.label($0, width: 22, height: 2) }
        let radius = 190.0
        let (width, height) = (2 * (radius * 1.1 + 17 + (labels.map(\.width).max() ?? 0)), 570.0)
        var picture = Picture(width: width, height: height)
        let places = columns.indices.map { index -> (x: Double, y: Double, angle: Double) in
            let angle = 2 * Double.pi * Double(index) / Double(max(columns.count, 1)) - .pi / 2
            return (width / 2 + radius * 1.1 * cosine(angle), height / 2 + radius * sine(angle), angle)
        }
        func party(_ name: String) -> Int { parties.firstIndex { name.hasPrefix($0 + "_") } ?? 0 }
        for pair in evaluation.cliqueEdges.reversed() {
            let (a, b) = (places[pair.first], places[pair.second])
            let isAcross = party(columns[pair.first].name) != party(columns[pair.second].name)
            picture.line(
                a.x, a.y, b.x, b.y, isAcross ? "edge across" : "edge", width: 1 + 7 * pair.strength)
        }
        for fit in columns {
            guard let parent = fit.parent else { continue }
            let (a, b) = (places[fit.column], places[parent])
            picture.line(a.x, a.y, b.x, b.y, "edge derived", width: 2)
        }
        for (fit, place) in zip(columns, places) {
            picture.circle(place.x, place.y, 7, "node party\(party(fit.name) % 5)", title: fit.name)
            let label = labels[fit.column]
            let isRight = cosine(place.angle) >= -1e-9
            let isPole = abs(cosine(place.angle)) < 0.2
            let away = 10 + label.height / 2
            picture.label(
                place.x + (isPole ? 0 : isRight ? 13 : -13),
                place.y + (isPole ? (sine(place.angle) > 0 ? away : -away) : 0),
                label, anchor: isPole ? "middle" : isRight ? "start" : "end")
        }
        let description =
            "Graph of \(columns.count) columns with \(evaluation.cliqueEdges.count) lines; a line joins columns that were "
            + "measured together, the wider the stronger they are tied in the synthetic rows."
        return Chart(
            name: "clique-graph", description: description, svg: picture.svg(description),
            header: measuredHeader, rows: measuredRows(evaluation))
    }

    /// Bars of the strongest pairs that were measured together.
    static func strongestPairs(_ evaluation: ModelEvaluation, limit: Int = 30) -> Chart {
        let names = evaluation.names
        let shown = evaluation.cliqueEdges.prefix(limit)
        let labels = shown.map { (names.label($0.first, width: 34), names.label($0.second, width: 34)) }
        let room = labels.map { max($0.0.width, $0.1.width) }.max() ?? 0
        let (left, height, length) = (2 * room + 34, 22.0, 240.0)
        let axis = Axis(upTo: 1)
        var picture = Picture(width: left + length + 60, height: Double(shown.count) * height + 34)
        let bottom = Double(shown.count) * height + 6
        for tick in axis.ticks {
            let place = left + length * tick / axis.end
            picture.line(place, 4, place, bottom, "grid")
            picture.text(place, bottom + 18, Figures.decimal(100 * tick, digits: 0), "tick", anchor: "middle")
        }
        for (index, pair) in shown.enumerated() {
            let middle = Double(index) * height + height / 2 + 4
            picture.label(room, middle, labels[index].0, anchor: "end")
            picture.text(room + 14, middle + 4, "×", "label", anchor: "middle")
            picture.label(room + 26, middle, labels[index].1)
            let isAcross = pair.basis == .correlation
            picture.rectangle(left, middle - 6, length * min(1, pair.strength), 12, isAcross ? "correlated" : "tie")
            picture.text(
                left + length * min(1, pair.strength) + 6, middle + 4,
                Figures.decimal(100 * min(1, pair.strength), digits: 0), "label")
        }
        let tied = Set(evaluation.cliqueEdges.flatMap { [$0.first, $0.second] })
        let alone = evaluation.columns.count { !tied.contains($0.column) && $0.parent == nil }
        let description =
            "The \(shown.count) strongest of \(evaluation.cliqueEdges.count) pairs of columns that were measured together, as bars of "
            + "Cramér's V in hundredths. \(alone) of \(evaluation.columns.count) columns were measured with no other."
        return Chart(
            name: "measured-together", description: description, svg: picture.svg(description),
            header: measuredHeader, rows: measuredRows(evaluation))
    }

    private static let measuredHeader = ["first", "second", "basis", "strength_synthetic"]

    private static func measuredRows(_ evaluation: ModelEvaluation) -> [[String]] {
        evaluation.cliqueEdges.map {
            [
                evaluation.columns[$0.first].name, evaluation.columns[$0.second].name, $0.basis.rawValue,
                Figures.plain($0.strength),
            ]
        }
    }
}
