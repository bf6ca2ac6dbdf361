import Bytes
import Client
import Engine
import EngineCommands
import FittedModels
import Foundation
import Ledger
import PrivacyAccounting
import PrivacyKernel

/// `entrepot ledger --total FILE…`: what the tasks that a party holds receipts or models of cost together.
struct LineageReport {
    /// The tasks that used one table.
    private struct Line: Encodable {
        let party: String?
        let table: String?
        let tasks: [String]
        let delta: Double
        let addingOne: Double
        let changingOne: Double

        init(party: String?, table: String?, _ costs: [TaskCost]) throws {
            self.party = party
            self.table = table
            tasks = costs.map(\.task).sorted()
            let total = try LineageTotal(costs)
            delta = total.delta
            addingOne = total.addingOne
            changingOne = total.changingOne
        }
    }

    private let tables: [Line]
    private let all: Line
    /// Tasks of which no receipt names the tables.
    private let unknown: [String]

    /// - Throws: ``CommandFailure`` with exit code 65 where a file is neither a receipt nor a model.
    init(_ paths: [String]) throws {
        var costs: [String: TaskCost] = [:]
        for path in paths {
            let bytes = try Files.bytes(at: path, limit: .model)
            guard let (read, isTranscript) = try Self.read(bytes, path) else { continue }
            var cost = read
            if let known = costs[read.task] {
                cost.tables.merge(known.tables) { own, _ in own }
                if !isTranscript { cost.source = known.source }
                if case .transcript = read.source { cost.source = read.source }
            }
            costs[read.task] = cost
        }
        guard !costs.isEmpty else {
            throw CommandFailure(
                "no file names what was spent: give receipts of reservations, or models", code: .badData)
        }
        let list = costs.values.sorted { $0.task < $1.task }
        var byTable: [[String]: [TaskCost]] = [:]
        for cost in list {
            for (party, table) in cost.tables { byTable[[party, table], default: []].append(cost) }
        }
        do {
            tables = try byTable.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
                try Line(party: $0.key[0], table: $0.key[1], $0.value)
            }
            all = try Line(party: nil, table: nil, list)
        } catch let failure as PrivacyRecomputation.Failure {
            throw CommandFailure("\(failure)", code: .badData)
        }
        unknown = list.filter(\.tables.isEmpty).map(\.task)
    }

    /// nil for receipts of what spends nothing.
    private static func read(_ bytes: [UInt8], _ path: String) throws -> (TaskCost, isTranscript: Bool)? {
        if Receipt.isReceipt(bytes) {
            let entry: LedgerEntry
            do {
                entry = try Receipt(json: bytes).entry
            } catch {
                throw CommandFailure("\(path): \(error)", code: .badData)
            }
            guard entry.kind == .reservation, let epsilon = entry.epsilon, let delta = entry.delta else { return nil }
            let text = entry.details["plan"] ?? ""
            // How costs add up depends on the accounting: a guess could be too low.
            guard let plan = try? JSONDecoder().decode(MechanismPlan.self, from: Data(text.utf8)) else {
                throw CommandFailure("\(path): the plan in this receipt cannot be read", code: .badData)
            }
            let prefix = "upload."
            let tables = entry.details.filter { $0.key.hasPrefix(prefix) }.map {
                (String($0.key.dropFirst(prefix.count)), $0.value)
            }
            let privacy = try PrivacyParameters(epsilon: epsilon, delta: delta)
            let source = TaskCost.Source.promise(
                privacy, plan.accounting, changingFactor: plan.changingFactor)
            return (
                TaskCost(task: entry.task.hex, tables: Dictionary(tables) { $1 }, source: source), isTranscript: false
            )
        }
        let model: (task: String?, transcript: Transcript, rows: Int?)
        if ReleasedAnswers.isFile(bytes) {
            let answers = try ReleasedAnswers(encoded: bytes)
            model = (answers.taskDigest, answers.transcript, nil)
        } else {
            let fitted = try FittedModel(encoded: bytes)
            model = (fitted.taskDigest, fitted.transcript, fitted.plan.rowsPerKey)
        }
        let source = TaskCost.Source.transcript(model.transcript, rowsPerKey: model.rows)
        return (TaskCost(task: model.task ?? path, tables: [:], source: source), isTranscript: true)
    }

    var text: String {
        func figures(_ line: Line) -> String {
            "\(Counted.of(line.tasks.count, "task")), ε = \(Self.outward(line.addingOne)) for adding or "
                + "removing one key, \(Self.outward(line.changingOne)) for changing one, δ = \(line.delta)"
        }
        // Names and digests are what the files say, which anybody can write.
        var lines = tables.map {
            ShownText.line("\($0.party ?? "")'s table \(($0.table ?? "").prefix(16))…: \(figures($0))")
        }
        if !unknown.isEmpty {
            lines.append(
                Counted.of(
                    unknown.count, "file does not say which tables it is of",
                    "files do not say which tables they are of"))
        }
        lines.append("all together, if they were of the same tables: \(figures(all))")
        return lines.joined(separator: "\n")
    }

    var json: [UInt8] {
        get throws {
            struct Answer: Encodable {
                let tables: [Line]
                let all: Line
                let tablesUnknown: [String]
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return [UInt8](try encoder.encode(Answer(tables: tables, all: all, tablesUnknown: unknown)))
        }
    }

    private static func outward(_ value: Double) -> String { String(format: "%.4f", (value * 1e4).rounded(.up) / 1e4) }
}
