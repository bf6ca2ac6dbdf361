import PrivacyKernel
import Statistics
import Tasks
import VectorMath

/// Both ends of the same flows, from one joint release.
extension ResolvedQuery {
    /// Imports that need no explanation lie between `allowance` times the exports: they are valued with insurance and
    /// freight (CIF), exports without (FOB).
    ///
    /// The difference has the variance σ_m² + a²·σ_x², for the noise of both sums is independent. Ranks are those of the
    /// noisy integers themselves: every group was released with the same noise, so the largest noisy excess is exactly
    /// report-noisy-max, and a further selection would only spend more. A group is significant where its excess is beyond
    /// what the largest of all groups' noise reaches with 95 % confidence (Bonferroni).
    func reconciliation(_ tables: [[Int64]], _ variances: [Double], _ law: NoiseLaw) -> [FlowReconciliation] {
        let cells = cells()
        let critical = law.critical(Self.confidence)
        let everyGroup = 1 - (1 - Self.confidence) / Double(max(1, cells.count))
        let allowance = query.allowance ?? 1...1
        let (exportVariance, importVariance) = (variances[0], variances[1])
        var flows = cells.map { cell -> FlowReconciliation in
            let exports = Double(tables[0][cell.place])
            let imports = Double(tables[1][cell.place])
            let side =
                imports > allowance.upperBound * exports
                ? allowance.upperBound : imports < allowance.lowerBound * exports ? allowance.lowerBound : nil
            let excess = side.map { imports - $0 * exports } ?? 0
            let deviation = side.map { (importVariance + $0 * $0 * exportVariance).squareRoot() } ?? 1
            let significance = excess / max(deviation, 1e-6)
            let everywhere = law.critical(
                everyGroup, ofSum: importVariance, (side ?? 1) * (side ?? 1) * exportVariance)
            let ratio = ratioFigure(
                (imports, importVariance), (exports, exportVariance), scale: 1, law, "imports over exports")
            var flow = FlowReconciliation(
                group: cell.labels, rank: nil,
                exports: plain(exports, exportVariance, critical, "exports"),
                imports: plain(imports, importVariance, critical, "imports"),
                difference: plain(
                    imports - exports, exportVariance + importVariance,
                    law.critical(Self.confidence, ofSum: exportVariance, importVariance), "imports less exports"),
                excess: excess * unit, significance: significance, isSignificant: abs(significance) > everywhere,
                ratio: exports > 0 ? ratio : nil, logRatio: nil, matched: nil, meanLogPoints: nil)
            if exports > 0, imports > 0 {
                flow.logRatio = NoisyFigure(
                    quantity: "log-ratio", estimate: naturalLogarithm(imports / exports),
                    lower: ratio.lower.flatMap { $0 > 0 ? naturalLogarithm($0) : nil },
                    upper: ratio.upper.flatMap { $0 > 0 ? naturalLogarithm($0) : nil })
            }
            if tables.count == 4 {
                let matched = Double(tables[2][cell.place])
                let points = (Double(tables[3][cell.place]), variances[3])
                let deviation = variances[2].squareRoot()
                let reach = (critical * deviation).rounded(.up)
                flow.matched = NoisyFigure(
                    quantity: "matched flows", estimate: matched, standardError: deviation,
                    lower: matched - reach, upper: matched + reach)
                var mean = ratioFigure(points, (matched, variances[2]), scale: 1, law, "mean log points")
                mean.group = nil
                flow.meanLogPoints = mean
            }
            flow.ratio?.group = nil
            return flow
        }
        let ranked = flows.indices.sorted { (abs(flows[$0].excess), $1) > (abs(flows[$1].excess), $0) }
        for (rank, place) in ranked.prefix(query.top ?? 10).enumerated() where flows[place].excess != 0 {
            flows[place].rank = rank + 1
        }
        return flows
    }

    private func plain(_ value: Double, _ variance: Double, _ critical: Double, _ quantity: String) -> NoisyFigure {
        let deviation = variance.squareRoot() * unit
        return NoisyFigure(
            quantity: quantity, estimate: value * unit, standardError: deviation,
            lower: value * unit - critical * deviation, upper: value * unit + critical * deviation)
    }
}
