internal import Foundation
internal import Tables

/// A task in plain words: what `entrepot task show` prints before somebody signs.
public struct TaskDescription: Sendable {
    /// One step of the mechanism plan with its share of the budget, as the synthesizer planned it.
    public struct BudgetStep: Sendable, Equatable {
        public var name: String
        /// Between 0 and 1.
        public var share: Double

        public init(name: String, share: Double) {
            self.name = name
            self.share = share
        }
    }

    private let task: TaskSpecification
    private let budget: [BudgetStep]
    private let kept: [String]
    private let assumed: [String]

    /// - Parameters:
    ///   - kept: what the method's rows keep of the table, as phrases.
    ///   - assumed: what they take for granted instead.
    public init(
        _ task: TaskSpecification, budget: [BudgetStep] = [], kept: [String] = [], assumed: [String] = []
    ) {
        self.task = task
        self.budget = budget
        self.kept = kept
        self.assumed = assumed
    }

    /// The whole description, some forty lines of text.
    public var text: String {
        [heading, parties, tables, protection, leaves, fidelity, budgetSplit, deadlines, after].filter { !$0.isEmpty }
            .joined(separator: "\n\n") + "\n"
    }

    /// ε as what an attacker learns at most: from 50 % sure to e^ε / (1 + e^ε).
    ///
    /// This is the bound on the posterior of a guess with even odds whether one record is in the table, for
    /// ε-differential privacy under adding or removing that record (Dwork and Roth, §2.3; Wood et al. 2018 for the
    /// wording).
    public static func inWords(epsilon: Double) -> String {
        let posterior = 100 / (1 + exp(-epsilon))
        // To a whole percent, and near 100 to the first digit that differs from 9.
        let digits = Int(min(6, max(0, ceil(-log10(100 - posterior)))))
        let scale = pow(10, Double(digits))
        let shown = (posterior * scale).rounded() / scale
        let percent = shown == shown.rounded() ? String(Int(shown)) : String(shown)
        return "an attacker who was 50 % sure becomes at most \(percent) % sure"
    }
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
            return "  \(party.name) brings \(table.schema.fields.count) columns: \(names)\n"
                + "    key: \(table.key.columns.joined(separator: " | "))\(pattern)\(normalised)"
        }
        if let mirror = task.join.mirror {
            let offices = task.providers.compactMap { party in mirror.offices[party.name].map { "\(party.name) \($0)" }
            }
            return "Tables\n" + lines.joined(separator: "\n")
                + "\n  Mirrored: each flow between \(offices.joined(separator: ", ")) that both its ends report is one row,"
                + " with `\(mirror.value)` as the exporter and as the importer has it."
        }
        let rows = task.join.rowsPerKey == 1 ? "one row a key" : "at most \(task.join.rowsPerKey) rows a key"
        if task.join.kind == .union {
            return "Tables\n" + lines.joined(separator: "\n")
                + "\n  One below the other, \(rows) of each provider: nothing is matched, and no column says whose a row is."
        }
        return "Tables\n" + lines.joined(separator: "\n")
            + "\n  Joined on the key: only keys that every provider has, \(rows)."
    }

    private var protection: String {
        let privacy = task.privacy
        var lines = [
            "Protection",
            "  ε = \(privacy.epsilon), δ = \(privacy.delta): \(Self.inWords(epsilon: privacy.epsilon)) that a given record"
                + " is in the joined table"
                + (privacy.delta > 0 ? ", except with a probability of about \(privacy.delta)." : "."),
            "  What is protected: \(privacy.unit). Who has many of these is protected less.",
        ]
        if task.join.rowsPerKey > 1 {
            lines.append("  A key can have \(task.join.rowsPerKey) rows, and each of them counts as one record.")
        }
        if let reason = privacy.acceptHighEpsilon, privacy.epsilon > 10 {
            lines.append("  ε is above 10. The reason given: \(reason)")
        }
        return lines.joined(separator: "\n")
    }

    private var leaves: String {
        guard task.releasesRows else {
            let queries = task.queries.map { query in
                let columns = query.columns.isEmpty ? "" : " of \(query.columns.joined(separator: ", "))"
                let conditions = query.conditions.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
                return "  Query \(query.name): \(query.kind.rawValue)\(columns)"
                    + (conditions.isEmpty ? "" : " where \(conditions.joined(separator: " and "))")
                    + (query.by.isEmpty ? "" : " by \(query.by.joined(separator: ", "))")
                    + ", with its interval, for ε = \(query.epsilon)."
            }
            return
                (["What leaves the service"] + queries + [
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
            "What leaves the service",
            "  Synthetic rows, as many as the parties ask for, and a model, fitted by \(method) from noisy counts.",
            "  The noisy counts themselves. All of it together has spent ε once; asking again spends nothing.",
            "  No row of a table, no key, no exact count: not even how many keys the tables share.",
        ]
        for query in task.queries {
            lines.append("  Query \(query.name) (\(query.kind.rawValue)), for ε = \(query.epsilon).")
        }
        return lines.joined(separator: "\n")
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
          The tables are wiped from memory when the fit ends, however it ends. They are never on a disk.
          Nothing in this task can be changed: a change is a new task, with new signatures.
        """
    }
}
