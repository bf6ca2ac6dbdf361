import VectorMath

extension Chart {
    /// Columns on a circle, party by party; a line joins two that were measured together, the wider the stronger.
    public static func cliqueGraph(_ evaluation: ModelEvaluation, parties: [String] = []) -> Chart {
        let columns = evaluation.columns
        let labels = columns.map { Label($0.name, width: 22, height: 2) }
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
            header: ["first", "second", "basis", "strength_synthetic"],
            rows: evaluation.cliqueEdges.map {
                [
                    columns[$0.first].name, columns[$0.second].name, $0.basis.rawValue, Figures.plain($0.strength),
                ]
            })
    }
}
