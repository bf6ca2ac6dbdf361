internal import Domains
internal import Foundation
internal import Tables

/// A task in plain words: what `entrepot task show` prints before somebody signs.
public struct TaskDescription: Sendable {
    /// One step of the mechanism plan with its share of the budget, as the synthesizer planned it.
    public struct BudgetStep: Sendable, Equatable {
        /// What the step asks.
        public var name: String
        /// Between 0 and 1.
        public var share: Double

        /// A step with its part of the budget, between 0 and 1.
        public init(name: String, share: Double) {
            self.name = name
            self.share = share
        }
    }

    /// What one reading of neighbouring tables promises, as the plan has it.
    public struct Reading: Sendable, Equatable {
        /// At the plan's δ.
        public var epsilon: Double
        /// What somebody who was 50 % sure becomes at most, with probability 1 − δ; in per cent.
        public var percent: Double

        /// A reading's figures.
        public init(epsilon: Double, percent: Double) {
            self.epsilon = epsilon
            self.percent = percent
        }
    }

    private let addingOne: Reading?
    private let changingOne: Reading?
    let task: TaskSpecification
    private let budget: [BudgetStep]
    private let kept: [String]
    private let assumed: [String]

    /// - Parameters:
    ///   - kept: what the method's rows keep of the table, as phrases.
    ///   - assumed: what they take for granted instead.
    ///   - addingOne: what the plan promises for adding or removing all rows of one key; where it is not known, what
    ///     every mechanism of this ε and δ keeps to is said.
    ///   - changingOne: the same for changing them.
    public init(
        _ task: TaskSpecification, budget: [BudgetStep] = [], kept: [String] = [], assumed: [String] = [],
        addingOne: Reading? = nil, changingOne: Reading? = nil
    ) {
        self.task = task
        self.budget = budget
        self.kept = kept
        self.assumed = assumed
        self.addingOne = addingOne
        self.changingOne = changingOne
    }

    /// The whole description, some forty lines of text.
    public var text: String {
        ([heading] + parts).joined(separator: "\n\n") + "\n"
    }

    private var parts: [String] {
        [parties, tables, engine, protection, leaves, fidelity, budgetSplit, deadlines, after].filter { !$0.isEmpty }
    }

    /// The parts behind the heading, each with its title and its lines, for a page.
    public var sections: [(title: String, lines: [String])] {
        parts.map { part in
            let lines = part.split(separator: "\n").map(String.init)
            return (lines.first ?? "", Array(lines.dropFirst()))
        }
    }

    /// The columns that a provider brings beside its key, each with what is read of it.
    ///
    /// - Throws: `SchemaProblems` of a table that no reader could be made of.
    public static func columns(of table: TaskSpecification.PartyTable) throws -> [(name: String, words: String)] {
        guard !table.isKeyAlone else { return [] }
        let domain = try table.domain()
        return domain.columns.map { ($0.name, $0.inWords) }
    }

    /// What becomes of the tables.
    public static let destruction =
        "The tables are wiped from memory when the fit ends, however it ends. They are never on a disk."

    private static let leftOnCluster =
        "The tables stay where the cluster has them: nothing here wipes them, and no row of them leaves it."

    /// ε as what an attacker learns at most: from 50 % sure to e^ε / (1 + e^ε).
    ///
    /// For δ = 0 that is the bound on the posterior of a guess with even odds (Dwork and Roth, §2.3; Wood et al. 2018 for
    /// the wording). For δ > 0 it does not hold but for a probability of δ: a loss just above ε uses up next to nothing of
    /// δ. What holds of every (ε, δ)-private mechanism: P(loss > ε + t) ≤ δ / (1 − e^−t), here with t = 0.01006, which is
    /// below 100 δ.
    public static func inWords(epsilon: Double, delta: Double) -> String {
        let loss = delta > 0 ? epsilon + 0.01006 : epsilon
        let percent = shown(percent: 100 / (1 + exp(-loss)))
        return "an attacker who was 50 % sure becomes at most \(percent) % sure"
            + (delta > 0 ? ", but for a probability of \(short(min(1, 100 * delta)))" : "")
    }

    /// Rounded up to a tenth, and near 100 to the first digit that differs from 9.
    public static func shown(percent: Double) -> String {
        let digits = Int(min(6, max(1, ceil(-log10(100 - percent)))))
        let scale = pow(10, Double(digits))
        let shown = min(100, ceil(percent * scale - 1e-9) / scale)
        return shown == shown.rounded() ? String(Int(shown)) : String(shown)
    }

    /// `1e-07` as people write it: 1e-7.
    public static func short(_ value: Double) -> String { String(format: "%.3g", value).replacing("e-0", with: "e-") }
}

extension TaskDescription {
    private var heading: String {
        """
        Task \(task.name)
        \(task.purpose)
        SHA-256 \(task.digest.hex)
        """
    }

    private var parties: String {
        let lines = task.parties.map { party in
            "  \(party.name), \(party.role.rawValue): \(party.publicKey.fingerprint)\n"
                + "    by telephone: \(party.publicKey.spokenFingerprint)"
        }
        return "Parties\n" + lines.joined(separator: "\n")
            + "\n  Compare each key by telephone with its owner before you sign."
    }

    private var tables: String {
        let lines = task.providers.compactMap { party -> String? in
            guard let table = party.table else { return nil }
            let normalised =
                table.key.normalise.isEmpty
                ? "" : ", normalised: \(table.key.normalise.map(\.word).joined(separator: ", "))"
            let pattern = table.key.pattern.map { ", each like \($0)" } ?? ""
            let names = table.schema.fields.map(\.name).joined(separator: ", ")
            let rows = table.rows.map { " and at most \($0) rows" } ?? ""
            let columns = table.isKeyAlone ? "its keys alone" : "\(table.schema.fields.count) columns"
            return "  \(party.name) brings \(columns)\(rows)\(table.isKeyAlone ? "" : ": \(names)")\n"
                + "    key: \(table.key.columns.joined(separator: " | "))\(pattern)\(normalised)"
        }
        if let mirror = task.join.mirror {
            let offices = task.providers.compactMap { party in mirror.offices[party.name].map { "\(party.name) \($0)" }
            }
            return "Tables\n" + lines.joined(separator: "\n")
                + "\n  Mirrored: each flow between \(offices.joined(separator: ", ")) that both its ends report is one row,"
                + " with `\(mirror.value)` as the exporter and as the importer has it."
        }
        if let linkage = task.join.linkage {
            let passes = linkage.blocking.map {
                $0.map { $0.columns.joined(separator: " ") }.joined(separator: " and ")
            }
            let compared = linkage.compare.map { "\($0.text.columns.joined(separator: " ")) (\($0.by.rawValue))" }
            return "Tables\n" + lines.joined(separator: "\n")
                + "\n  Linked: records that agree in \(passes.joined(separator: ", or in ")) are compared by "
                + "\(compared.joined(separator: ", ")); of such a block the first \(linkage.partners) of each provider. Pairs "
                + "whose weights sum to \(linkage.threshold) or more are one row, one to one"
                + (linkage.blocking.count > 1 ? " in each pass, so that a record may stand in several rows" : "")
                + ". Rows are links, not persons. No column of a key appears in them."
        }
        let rows = task.join.rowsPerKey == 1 ? "one row a key" : "at most \(task.join.rowsPerKey) rows a key"
        if task.join.kind == .union {
            return "Tables\n" + lines.joined(separator: "\n")
                + "\n  One below the other, \(rows) of each provider: nothing is matched, and no column says whose a row is."
        }
        return "Tables\n" + lines.joined(separator: "\n")
            + "\n  Joined on the key: only keys that every provider has, \(rows)."
            + (task.join.reveal == .own
                ? "\n  Revealed, and NOT DIFFERENTIALLY PRIVATE: each provider learns which of its own keys the other has too."
                : "")
    }

    private var protection: String {
        let privacy = task.privacy
        let isUnion = task.join.kind == .union
        let subject = "all rows that one key has \(task.unitScope)"
        var lines = [
            "Protection", "  ε = \(privacy.epsilon), δ = \(privacy.delta), for adding or removing \(subject):",
        ]
        if let addingOne {
            lines.append("  \(sentence(addingOne)) that they are there\(exception).")
        } else {
            lines.append("  \(Self.inWords(epsilon: privacy.epsilon, delta: privacy.delta)).")
        }
        if let changingOne {
            let epsilon = (changingOne.epsilon * 1000).rounded(.up) / 1000
            lines.append("  ε = \(epsilon) at the same δ, for changing them where it is known that they are there:")
            lines.append("  \(sentence(changingOne)) which of two values they have\(exception).")
            lines.append("  Between parties who know whose keys are in, the second is the one that counts.")
        }
        lines.append("  What is protected: \(privacy.unitWords). Who stands behind several keys is protected less.")
        if isUnion, task.providers.count > 1 {
            lines.append(
                privacy.unit == .key
                    ? "  A key may be in each of \(task.providers.count) tables: the noise is as large as all of them ask for."
                    : "  A key in the tables of several providers is protected less too: ε counts for each table.")
        }
        if let linkage = task.join.linkage {
            lines.append(
                "  A unit is one record of one provider. It can change up to \(linkage.rowsPerRecord) linked rows: in each of "
                    + "\(linkage.blocking.count) passes the \(linkage.partners) links of its block; the noise is as large as that. "
                    + "A person who is in both tables is two records.")
        } else if task.rowsPerUnit > 1 {
            lines.append(
                "  A key can have up to \(task.rowsPerUnit) rows. They are protected together, all as one; the noise is "
                    + "\(task.rowsPerUnit) times as large for it.")
        }
        if let least = privacy.leastRows {
            lines.append(
                "  Where fewer than \(least) rows come together, by a noisy count that a hundredth of the budget pays, the "
                    + "task ends without a model.")
        }
        if let reason = privacy.acceptHighEpsilon, privacy.epsilon > 10 {
            lines.append("  ε is above 10. The reason given: \(reason)")
        }
        return lines.joined(separator: "\n")
    }

    private func sentence(_ reading: Reading) -> String {
        "an attacker who was 50 % sure becomes at most \(Self.shown(percent: reading.percent)) % sure"
    }

    private var exception: String {
        task.privacy.delta > 0 ? ", but for a probability of \(Self.short(task.privacy.delta))" : ""
    }

    private var leavesHeading: String {
        switch task.engine {
        case .enclave, .shards: "What leaves the service"
        case .secureSum: "What opens, to all providers"
        case .spark: "What leaves the cluster, with noise"
        case .secretSharing: "What opens, to all three who compute"
        }
    }

    private var leaves: String {
        guard task.releasesRows else {
            let queries = task.queries.map { query in
                let columns = query.columns.isEmpty ? "" : " of \(query.columns.joined(separator: ", "))"
                let conditions = query.conditions.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
                return "  Query \(query.name): \(query.kind.rawValue)\(columns)"
                    + (conditions.isEmpty ? "" : " where \(conditions.joined(separator: " and "))")
                    + (query.by.isEmpty ? "" : " by \(query.by.joined(separator: ", "))")
                    + ", with its interval, for \(query.epsilon) of ε."
            }
            return
                ([leavesHeading] + queries + requests + [
                    "  Nothing else: no model, no synthetic rows, no other count. Asking again spends nothing.",
                    "  No row of a table, no key, no provider's own share of an answer.",
                ]).joined(separator: "\n")
        }
        let method =
            switch task.synthesizer.method {
            case .named(let name): name == "auto" ? "a method chosen from the declared tables" : "the method \(name)"
            case .preset(let name): "the preset \(name)"
            }
        var lines = [
            leavesHeading,
            "  Synthetic rows, as many as the parties ask for, and a model, fitted by \(method) from noisy counts.",
            "  The noisy counts themselves. All of it together has spent ε once; asking again spends nothing.",
            task.join.reveal == .own
                ? "  No row of a table and no exact count, but for the number of common keys, which both providers learn."
                : "  No row of a table, no key, no exact count: not even how many keys the tables share.",
        ]
        for query in task.queries {
            lines.append("  Query \(query.name) (\(query.kind.rawValue)), for \(query.epsilon) of ε.")
        }
        lines += requests
        for rule in TaskSpecification.rules(task.rules, of: task.join) {
            lines.append("  Every row obeys: \(rule).")
        }
        return lines.joined(separator: "\n")
    }

    /// What consumers may ask for once there is a result.
    private var requests: [String] {
        guard let part = task.requests?.epsilon else { return [] }
        let who = task.parties.filter { $0.role == .consumer }.map(\.name).joined(separator: ", ")
        let end = task.deadlines.computeBy.map { " until \($0)" } ?? ""
        return [
            "  Later\(end), answers to queries that \(who) may ask for, each only if every provider approves it: \(part) of ε and half "
                + "of δ are for all of them together, part of the above. What nobody asks for stays unspent."
        ]
    }

    private var fidelity: String {
        guard !kept.isEmpty else { return "" }
        let lines = kept.map { "  They keep \($0)." } + assumed.map { "  They assume \($0)." }
        return "What the rows are true to, as far as noise permits\n" + lines.joined(separator: "\n")
    }

    private var budgetSplit: String {
        guard !budget.isEmpty else { return "" }
        let width = budget.map(\.name.count).max() ?? 0
        let lines = budget.map { step in
            let name = step.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let tenths = Int((step.share * 1000).rounded())
            return "  \(name)  \(tenths / 10).\(tenths % 10) %"
        }
        return "How the budget is split\n" + lines.joined(separator: "\n")
    }

    private var deadlines: String {
        let times = [
            ("Uploads end", task.deadlines.uploadBy), ("the computation ends", task.deadlines.computeBy),
            ("retrieval ends", task.deadlines.retrieveBy),
        ].compactMap { what, time in time.map { "\(what) \($0)" } }
        guard !times.isEmpty else { return "Deadlines\n  None: the task waits until somebody halts it." }
        return "Deadlines\n  " + times.joined(separator: "; ") + "."
    }

    private var after: String {
        """
        Afterwards
          \(task.listedCluster == nil ? Self.destruction : Self.leftOnCluster)
          Nothing in this task can be changed: a change is a new task, with new signatures.
        """
    }
}
