import ArgumentParser
import Engine
import Evaluation
import FittedModels
import Foundation
import PrivacyKernel
import Queries
import Spark
import Synthesizers
import Tasks

extension TaskCommand {
    /// `entrepot task plan`: what the fit will spend on what, how large the model gets, and what errors to expect.
    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what a task will cost and how exact it will be, from its declared columns alone.",
            discussion: """
                Rows are simulated from the declared domain. No private row is read, and nothing is spent.

                Example: entrepot task plan task.yaml --epsilon 1 --epsilon 3
                """)

        @Argument(help: "The task file.")
        var file: String

        @Option(help: "An epsilon of the ladder; several may be given. Otherwise 0.5, 1, 3 and the task's own.")
        var epsilon: [Double] = []

        @Option(help: "How many joined rows to expect. Otherwise as many as the task declares at most, up to 50000.")
        var rows: Int?

        /// More rows make a forecast slower and its errors smaller.
        private static let mostRows = 50_000

        @Flag(help: "One JSON object on stdout.")
        var json = false

        func validate() throws {
            if let rows, rows < 1 || rows > 5_000_000 { throw ValidationError("--rows is from 1 to 5000000") }
        }

        func run() async throws {
            try await CommandFailure.reported {
                let specification = try Files.task(at: file, allowsMissingKeys: true)
                let task = try TaskPlan(specification)
                let need = CountingNeed(
                    tables: try specification.providers.compactMap { try $0.table?.domain() }, joined: task.domain,
                    rows: task.declaredRows.tables, joinedRows: task.declaredRows.joined,
                    clusterTables: SparkCounter.tablesOfPairs(task.domain),
                    isInner: specification.join.kind == .inner && !specification.isComputedByOffices,
                    machine: Int(clamping: ProcessInfo.processInfo.physicalMemory))
                let traffic = SumTraffic(task)
                let requests = try RequestFile.plan(specification)
                defer { if let traffic, !json { Console.show(traffic.text + requests) } }
                guard let synthesizer = task.synthesizer else {
                    try printQueries(task)
                    return json ? () : Console.show(words(need, specification), terminator: "")
                }
                let ladder = epsilon.isEmpty ? Set([0.5, 1, 3, task.privacy.epsilon]).sorted() : epsilon
                let forecast = try ErrorForecast(
                    task.domain, synthesizer: synthesizer, privacy: task.privacy, epsilons: ladder,
                    rows: rows ?? max(1, min(Self.mostRows, task.declaredRows.joined)), rowsPerKey: task.rowsPerKey
                ) { Console.progress("   fitting simulated rows at epsilon \($0)…") }
                Console.endProgress()
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                    let plan = ForecastWithNeed(forecast: forecast, counting: need)
                    Console.show(String(decoding: try encoder.encode(plan), as: UTF8.self))
                } else {
                    Console.show(
                        try countWords(task) + words(forecast) + "\n" + words(need, specification), terminator: "")
                }
            }
        }

        /// Which engine the task's size asks for, and what each needs.
        private func words(_ need: CountingNeed, _ task: TaskSpecification) -> String {
            func size(_ bytes: Int) -> String {
                bytes < 100_000_000
                    ? "\((bytes + 999_999) / 1_000_000) MB" : String(format: "%.1f GB", Double(bytes) / 1e9)
            }
            func time(_ seconds: Double) -> String { String(format: "%.0f s", max(1, seconds)) }
            let machine = "this machine has \(size(need.machineBytes))"
            let shards = task.listedShards.map { listed in
                "  shards  \(size(need.bytes / listed.addresses.count)) on each of \(listed.addresses.count), which the task lists; "
                    + "\(size(need.clusterBytes)) and a block of rows at the service\n"
            }
            let choice =
                task.listedShards != nil
                ? "shards, as the task says"
                : need.engine == "memory"
                    ? "memory: it fits, for \(machine)"
                    : need.isBuilt
                        ? "spark, for \(machine). Write `engine: {kind: spark, server: HOST:PORT}` into the task"
                        : "none here, for \(machine), and a cluster counts inner joins alone. Take a larger machine"
            return """
                Engine for at most \(need.rows) rows, \(need.joinedRows) joined: \(choice).
                  memory  \(size(need.bytes)), about \(time(need.seconds)) on one core
                  spark   \(size(need.clusterBytes)) here, about \(time(need.clusterSeconds)) of the cluster's cores together
                \(shards ?? "")\
                  blocks  takes one table alone, without a key, of any size: entrepot fit --engine blocks

                """
        }

        /// What the count of joined rows will cost and how far off it will be, where the task asks for it.
        private func countWords(_ task: TaskPlan) throws -> String {
            guard let least = task.leastRows, let step = task.plan.steps.first, let sigma = step.sigma else {
                return ""
            }
            return """
                First, \(String(format: "%.1f", 100 * step.share)) % of the budget: \(step.name), ± \(Int((1.96 * sigma).rounded(.up))) \
                (95 % of the noise). Below \(least) the task ends there. What follows is of the rest.

                """
        }

        /// Of a task without a model: what its queries cost and how far off they will be.
        private func printQueries(_ task: TaskPlan) throws {
            let forecasts = try task.queries.forecasts(task.plan.accounting)
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                return Console.show(String(decoding: try encoder.encode(forecasts), as: UTF8.self))
            }
            Console.show(try countWords(task), terminator: "")
            Console.show(
                "no model, epsilon \(task.plan.epsilon), delta \(task.plan.delta): the queries are all of it\n")
            for forecast in forecasts { Console.show(ForecastText(forecast).text) }
        }

        private func words(_ forecast: ErrorForecast) -> String {
            let plan = forecast.plan
            var lines = [
                "\(plan.method), epsilon \(plan.epsilon), delta \(plan.delta): "
                    + TaskDescription.inWords(epsilon: plan.epsilon, delta: plan.delta),
                "The declared columns span about 10^\(Int(forecast.domainCells.rounded())) combinations.", "",
                "Budget",
            ]
            for step in plan.steps {
                let share = String(format: "%5.1f %%", 100 * step.share)
                lines.append("  \(share)  \(step.name)" + (step.cells.map { ", \($0) figures" } ?? ""))
            }
            lines += [
                "", "Expected errors for \(forecast.rows) joined rows simulated from the declared columns",
                "  (total variation: the share of rows that would have to move)",
                "  epsilon   columns     pairs   worst pair   model cells   memory    fit",
            ]
            for rung in forecast.rungs {
                lines.append(
                    String(
                        format: "  %7.3g  %6.2f %%  %6.2f %%     %6.2f %%  %12d  %4.0f MB  %4.1f s", rung.epsilon,
                        100 * rung.meanColumnError, 100 * rung.meanPairError, 100 * (rung.pairs.first?.error ?? 0),
                        rung.cells, Double(rung.modelBytes) / 1e6, rung.fitSeconds))
            }
            if let rung = forecast.rungs.min(by: { abs($0.epsilon - plan.epsilon) < abs($1.epsilon - plan.epsilon) }) {
                lines += details(rung)
            }
            return lines.joined(separator: "\n") + "\n"
        }

        private func details(_ rung: ErrorForecast.Rung) -> [String] {
            var lines = ["", "At epsilon \(rung.epsilon), column by column (± is 95 % of the noise in one count)"]
            let width = rung.columns.map(\.name.count).max() ?? 0
            for column in rung.columns {
                let name = column.name.padding(toLength: width, withPad: " ", startingAt: 0)
                let noise = column.sigma.map { String(format: "  ± %.0f", 1.96 * $0) } ?? ""
                lines.append("  \(name)  \(String(format: "%6.2f %%", 100 * column.error))\(noise)")
            }
            lines += ["", "Ten pairs with the largest errors"]
            for pair in rung.pairs.prefix(10) {
                lines.append(
                    String(format: "  %6.2f %%  ", 100 * pair.error)
                        + "\(pair.first) × \(pair.second)  (\(pair.basis.rawValue))"
                )
            }
            lines += ["", "Junction tree of the simulated fit: \(rung.cliques.count) cliques"]
            lines += rung.cliques.prefix(20).map { "  \($0.joined(separator: ", "))" }
            if rung.cliques.count > 20 { lines.append("  … and \(rung.cliques.count - 20) more") }
            return lines
        }
    }
}

/// The forecast with what counting takes beside its own figures.
private struct ForecastWithNeed: Encodable {
    let forecast: ErrorForecast
    let counting: CountingNeed

    private enum Key: CodingKey {
        case counting
    }

    func encode(to encoder: any Encoder) throws {
        try forecast.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(counting, forKey: .counting)
    }
}
