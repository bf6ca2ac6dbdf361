import Domains
import Foundation
import PrivacyKernel
import Tables
import Tasks
import Testing
import VectorMath

@testable import Queries

/// Totals of common units against the truth, on registers of 100,000 records each that `Benchmarks/linkage/registers.py` writes to
/// the folder that `ENTREPOT_REGISTERS_FOLDER` names. Lists are linked once; noise of ε = 1 is drawn anew many times.
///
/// The number of the unit is compared too, with weights of 0: it changes no link, and tells how many compared pairs are of one unit.
@Suite struct LinkedRegistersTests {
    private static let folder = ProcessInfo.processInfo.environment["ENTREPOT_REGISTERS_FOLDER"]
    /// Those of all registers that are there.
    private static let names = ["first", "other"].flatMap { profile in
        ["heavy", "middle", "light"].map { "\(profile)-\($0)" }
    }.filter { name in
        folder.map { FileManager.default.fileExists(atPath: "\($0)/\(name)-a.csv") } ?? false
    }
    private static let columns = ["given", "surname", "born", "street", "postcode", "phone"]
    private static let groups = 4

    private static func text(
        _ column: String, _ normalise: [TextNormalisation] = LinkageTerms.Text.usual
    ) -> LinkageTerms.Text { LinkageTerms.Text(columns: [column], normalise: normalise) }

    private static let blocks: [String: [LinkageTerms.Text]] = [
        "birth": [text("born", [.trim])], "postcode": [text("postcode", [.trim])],
        "names": [text("surname", [.soundex]), text("given", [.soundex])], "telephone": [text("phone", [.trim])],
    ]

    /// Comparisons, weights and passes of `Benchmarks/linkage.py`, and the number of the unit where `withUnits`.
    private static func terms(_ passes: [String], withUnits: Bool) -> LinkageTerms {
        let compare: [(String, LinkageTerms.Comparator, [Double], [Double])] = [
            ("given", .jaroWinkler, [0.95, 0.85], [7, 5, -4]), ("surname", .jaroWinkler, [0.95, 0.85], [4, 3, -4]),
            ("born", .levenshtein, [0.99, 0.75], [10, 2, -6]), ("street", .jaroWinkler, [0.95, 0.8], [4, 3, -4]),
            ("postcode", .levenshtein, [0.99, 0.75], [3, 2, -2]), ("phone", .levenshtein, [0.99, 0.75], [16, 8, -2]),
        ]
        return LinkageTerms(
            blocking: passes.compactMap { blocks[$0] },
            compare: compare.map { LinkageTerms.Comparison(text: text($0.0), by: $0.1, at: $0.2, weights: $0.3) }
                + (withUnits
                    ? [LinkageTerms.Comparison(text: text("unit", [.trim]), by: .exact, at: [], weights: [0, 0])] : []),
            partners: 10)
    }

    private static let schema = TableSchema(fields: [
        Field(
            name: "group", type: .string, categories: (0..<groups).map(String.init),
            constraints: Constraints(required: true))
    ])

    /// A list with each unit's group behind its number, and the numbers.
    private static func list(_ name: String, _ terms: LinkageTerms) throws -> (table: KeyedTable, units: [Int]) {
        let lines = try String(contentsOfFile: "\(folder ?? "")/\(name).csv", encoding: .utf8).split(separator: "\n")
        var (text, units) = ((columns + ["unit"]).joined(separator: ",") + ",group\n", [Int]())
        for line in lines.dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            let unit = try #require(cells.last.flatMap { Int($0) })
            units.append(unit)
            text += cells.joined(separator: ",") + ",\(unit % groups)\n"
        }
        let key = KeyRule(columns: columns + ["unit"], normalise: [.trim])
        let reader = CSVTableReader(
            domain: try TableDomain(schema: schema, keyColumns: key.columns), schema: schema, key: key,
            hash: KeyedHash(key: (1, 2)), limits: TableLimits(bytes: .max, rows: 1 << 20), dialect: TableDialect(),
            linkage: terms)
        try reader.consume(Array(text.utf8))
        return (try reader.finish(), units)
    }

    private static func workload(
        _ terms: LinkageTerms, _ domain: TableDomain, _ privacy: PrivacyParameters
    ) throws -> QueryWorkload {
        try QueryWorkload(
            [TaskSpecification.PermittedQuery(name: "both", kind: .linked, by: ["A_group"], epsilon: privacy.epsilon)],
            domain: domain, privacy: privacy, rowsPerKey: terms.rowsPerRecord, remainder: .nothing,
            linkage: (terms: terms, sides: [["A_group"], ["B_group"]]))
    }

    private struct Errors {
        var (sum, squares, covered, count) = (0.0, 0.0, 0, 0)

        /// - Parameter part: of what the figure counts, what the truth counts.
        mutating func add(_ figure: NoisyFigure, truth: Int, part: Double = 1) {
            let truth = Double(truth) / part
            let error = figure.estimate / truth - 1
            sum += error
            squares += error * error
            let isCovered = (figure.lower ?? 0) <= truth && truth <= (figure.upper ?? 0)
            covered += isCovered ? 1 : 0
            count += 1
        }

        var rootMeanSquare: Double { (squares / Double(max(count, 1))).squareRoot() }

        var text: String {
            func percent(_ value: Double) -> String { String((value * 1_000).rounded() / 10) }
            return "mean \(percent(sum / Double(max(count, 1)))), RMSE \(percent(rootMeanSquare)), covered "
                + "\(percent(Double(covered) / Double(max(count, 1)))) % of \(count)"
        }
    }

    @Test(
        "all common units come out within 5 %, groups within 6 %, compared ones within 3 %, at ε = 1 and three passes or four",
        .enabled(if: !names.isEmpty, "ENTREPOT_REGISTERS_FOLDER names no folder with registers"), .serialized,
        arguments: names,
        [
            ["birth", "names", "telephone"], ["birth", "postcode", "names"], ["birth", "postcode", "telephone"],
            ["birth", "postcode", "names", "telephone"],
        ])
    func totals(name: String, passes: [String]) throws {
        let terms = Self.terms(passes, withUnits: true)
        let lists = (try Self.list("\(name)-a", terms), try Self.list("\(name)-b", terms))
        let common = Set(lists.0.units).intersection(lists.1.units)
        let truths = (0..<Self.groups).map { group in common.count { $0 % Self.groups == group } }
        let table = try PrivateTable(
            linking: [("A", lists.0.table), ("B", lists.1.table)], terms: terms, withEvidence: true)
        let domain = table.domain
        let kernel = Kernel(table: table)
        // Pure noise at such an ε is zero.
        let exactly = try PrivacyParameters(epsilon: 4_000, delta: 0)
        var budget = try Budget(exactly, accounting: .pure)
        _ = try Self.workload(terms, domain, exactly).ask(kernel, taking: &budget)
        guard case .linkage(let answer)? = kernel.transcript.releases.last?.answer else {
            Issue.record("no answer")
            return
        }
        // By the number of the unit, the last comparison: another one, the same, or missing.
        let pairs = stride(from: 0, to: answer[0].counts.count, by: 3).map { Array(answer[0].counts[$0..<$0 + 3]) }
        let met = pairs.reduce(0) { $0 + Int($1[1]) }
        let exact = [pairs.map { $0.reduce(0, +) }] + answer.dropFirst().map(\.counts)
        let workload = try Self.workload(
            Self.terms(passes, withUnits: false), domain, PrivacyParameters(epsilon: 1, delta: 1e-9))
        let parts = try #require(workload.forecasts(.gaussian).first).parts
        let scales = [1, Double(LinkageQuestion.parts), 1, 1]
        let deviations = zip(parts, scales).map { $0.standardError * $1 }
        guard case .linkage(_, let asked)? = workload.questions.first?.question else { return }
        var random = SplitMix64(state: 41)
        func normal() -> Double {
            let (one, two) = (Double.random(in: 1e-300..<1, using: &random), Double.random(in: 0..<1, using: &random))
            return (-2 * naturalLogarithm(one)).squareRoot() * cosine(2 * .pi * two)
        }
        var (all, groups, kept, unclear) = (Errors(), Errors(), Errors(), 0)
        let draws = 40
        for _ in 0..<draws {
            let noisy = zip(exact, deviations).map { table, deviation in
                table.map { $0 + Int64((deviation * normal()).rounded()) }
            }
            let figures = workload.questions[0].linkedFigures(
                noisy, variances: deviations.map { $0 * $0 }, lists: asked
            )
            .figures
            unclear += figures.contains { $0.quantity == "all common units" } ? 0 : 1
            for figure in figures where figure.quantity == "common units" && figure.group == nil {
                // Common units are the compared ones over the keep rate.
                kept.add(figure, truth: met, part: figures.first { $0.quantity == "keep rate" }?.estimate ?? 1)
            }
            for figure in figures where figure.quantity == "all common units" {
                if let group = figure.group?.first.flatMap({ Int($0) }) {
                    groups.add(figure, truth: truths[group])
                } else {
                    all.add(figure, truth: common.count)
                }
            }
        }
        let lost = (1 - Double(met) / Double(common.count)) * 100
        print(
            "\(name), \(passes.joined(separator: ", ")): all common units \(all.text); groups \(groups.text); "
                + "compared pairs \(kept.text); not compared \((lost * 10).rounded() / 10); not told \(unclear)")
        // Where the noise happens to be wide beside the units that no pass finds, the answer says so.
        #expect(unclear * 20 <= draws && all.rootMeanSquare <= 0.05 && groups.rootMeanSquare <= 0.06)
        #expect(kept.rootMeanSquare <= 0.03)
    }
}
