extension Chart {
    /// Every pair of columns: below the diagonal how strongly the synthetic rows tie them, above it how far the noisy table
    /// and the synthetic one lie apart. Pairs that were never measured together are hatched, never blank or zero.
    ///
    /// Of many columns the picture has those with the strongest ties, so that every figure in it can be read; the CSV has all.
    public static func pairMatrix(_ evaluation: ModelEvaluation) -> Chart {
        let shown = Self.columns(of: evaluation)
        let place = Dictionary(shown.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
        let count = shown.count
        let cell = 30.0
        let names = shown.map { evaluation.names.label($0, width: 34) }
        let longest = names.map(\.width).max() ?? 0
        // Names above stand at 50°: they need 77 % of their length in height, and 64 % beyond their own column.
        let (left, top) = (longest + 14, longest * 0.77 + 20)
        let size = Double(count) * cell
        var picture = Picture(width: left + size + longest * 0.64 + 8, height: top + size + 12)
        picture.add(
            "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\""
                + " patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" class=\"hatch\"/>"
                + "</pattern></defs>")
        for (index, name) in names.enumerated() {
            let middle = (Double(index) + 0.5) * cell
            picture.label(left - 6, top + middle, name, anchor: "end")
            picture.add(
                "<g transform=\"translate(\(Picture.number(left + middle + 4)) \(Picture.number(top - 6))) rotate(-50)\">"
            )
            picture.label(0, -4, name)
            picture.add("</g>")
            picture.rectangle(
                left + Double(index) * cell, top + Double(index) * cell, cell, cell, "diagonal")
        }
        for pair in evaluation.pairs {
            guard let first = place[pair.first], let second = place[pair.second] else { continue }
            let (near, far) = (Double(first) * cell, Double(second) * cell)
            func mark(_ x: Double, _ y: Double, _ value: Double, _ style: String, isHatched: Bool) {
                picture.rectangle(x, y, cell, cell, "\(style)\(Self.level(value))")
                if isHatched { picture.rectangle(x, y, cell, cell, "hatched") }
                guard !isHatched else { return }
                let isDark = Self.level(value) >= 4
                picture.text(
                    x + cell / 2, y + cell / 2 + 4, Figures.decimal(100 * min(1, value), digits: 0),
                    isDark ? "figure light" : "figure", anchor: "middle")
            }
            let isUnknown = pair.basis == .unmeasured
            mark(left + near, top + far, pair.strength, "strength", isHatched: isUnknown)
            if let distance = pair.totalVariation {
                mark(left + far, top + near, distance, "distance", isHatched: false)
            } else {
                picture.rectangle(left + far, top + near, cell, cell, "empty")
                if isUnknown { picture.rectangle(left + far, top + near, cell, cell, "hatched") }
            }
        }
        let measured = evaluation.pairs.count { $0.basis != .unmeasured }
        let description =
            "Matrix of \(count) of \(evaluation.columns.count) columns. Below the diagonal: strength of the association in the synthetic rows (Cramér's "
            + "V, in hundredths). Above: total variation between noisy and synthetic table, in per cent. Hatched: never "
            + "measured together. \(measured) of \(evaluation.pairs.count) pairs rest on a measurement or a rule."
        return Chart(
            name: "pairs", description: description, svg: picture.svg(description),
            header: [
                "first", "second", "basis", "strength_synthetic", "total_variation", "total_variation_of_noise_alone",
                "noise_sigma", "cells", "correlation_noisy", "correlation_synthetic",
            ],
            rows: evaluation.pairs.map { pair in
                [
                    evaluation.columns[pair.first].name, evaluation.columns[pair.second].name, pair.basis.rawValue,
                    Figures.plain(pair.strength), pair.totalVariation.map(Figures.plain) ?? "",
                    pair.expectedNoise.map(Figures.plain) ?? "", pair.deviation.map(Figures.plain) ?? "",
                    pair.noisy == nil ? "" : String(pair.synthetic.count),
                    pair.correlation?.noisy.map(Figures.plain) ?? "",
                    pair.correlation.map { Figures.plain($0.synthetic) } ?? "",
                ]
            })
    }

    /// How many columns the picture has at most.
    static let matrixColumns = 24

    /// Those with the strongest ties, in the order of the domain.
    private static func columns(of evaluation: ModelEvaluation) -> [Int] {
        guard evaluation.columns.count > matrixColumns else { return Array(evaluation.columns.indices) }
        var chosen: Set<Int> = []
        for pair in evaluation.pairs.sorted(by: {
            ($0.strength, $1.first, $1.second) > ($1.strength, $0.first, $0.second)
        }) {
            for column in [pair.first, pair.second] where chosen.count < matrixColumns { chosen.insert(column) }
        }
        return chosen.sorted()
    }

    /// Five shades.
    private static func level(_ value: Double) -> Int {
        value < 0.02 ? 0 : value < 0.05 ? 1 : value < 0.1 ? 2 : value < 0.25 ? 3 : value < 0.5 ? 4 : 5
    }
}
