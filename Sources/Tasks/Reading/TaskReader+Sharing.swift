import Domains
import Tables

/// What a task must be like so that three parties can count on shares of two tables.
extension TaskReader {
    /// Who computes: both providers and one more party.
    ///
    /// - Returns: in the order in which they call each other: the providers as the task has them, then the third.
    mutating func readComputing(
        _ section: Section, members: TaskSpecification.Engine.Members?, _ join: TaskSpecification.Join?,
        _ privacy: TaskSpecification.Privacy?, _ parties: [TaskSpecification.Party]?
    ) -> [String]? {
        guard let read = optionalTexts(section, "computing") else { return nil }
        let example = "Write `computing: [\(example(parties))]`"
        guard let named = read else {
            problem(
                line: section.line, path: section.path("computing"),
                "`computing` does not say who the three parties are",
                fix: example)
            return nil
        }
        guard let parties, let join, let privacy else { return nil }
        var mistakes: [(key: String, what: String)] = []
        let providers = parties.filter { $0.role == .provider }.map(\.name)
        let third = named.filter { !providers.contains($0) }
        if named.count != 3 || Set(named).count != 3 {
            mistakes.append(("computing", "\(named.count) parties are named, and three different ones compute"))
        } else if let stranger = named.first(where: { name in !parties.contains { $0.name == name } }) {
            mistakes.append(("computing", "the task has no party \"\(stranger.shortened)\""))
        } else if providers.count != 2 || third.count != 1 {
            mistakes.append(
                (
                    "computing",
                    "two providers and one party without a table compute; others that hold no table at all are not built"
                ))
        }
        for mistake in mistakes {
            problem(line: section.line(mistake.key), path: section.path(mistake.key), mistake.what, fix: example)
        }
        let isPossible = checkJoin(section, members ?? .known, join, privacy, parties)
        return mistakes.isEmpty && isPossible ? providers + third : nil
    }

    /// The least ε of the third party's count: below it, dummies would be most of the lists.
    private static let leastMembersEpsilon = 0.001

    /// Who learns which keys are in both tables.
    mutating func readMembers(
        _ section: Section, _ members: String?, price: Double?, _ privacy: TaskSpecification.Privacy?
    ) -> TaskSpecification.Engine.Members? {
        func wrong(_ key: String, _ what: String, _ fix: String) -> TaskSpecification.Engine.Members? {
            problem(line: section.line(key), path: section.path(key), what, fix: fix)
            return nil
        }
        switch members ?? "known" {
        case "known":
            guard price == nil else {
                return wrong(
                    "members_epsilon", "where members are known to both providers nobody counts them with noise",
                    "Leave `members_epsilon` out, or write `members: hidden`")
            }
            return .known
        case "hidden":
            guard let price else {
                return wrong(
                    "members",
                    "the third party counts how many keys are common, with noise, and `members_epsilon` does not say how much of "
                        + "ε that may cost",
                    "Write such as `members: hidden, members_epsilon: 0.1`")
            }
            guard let privacy else { return nil }
            guard price >= Self.leastMembersEpsilon, price < privacy.epsilon else {
                return wrong(
                    "members_epsilon",
                    "\(price) is no part of the task's ε of \(privacy.epsilon) that leaves something to release, and is not tiny",
                    "Write from \(Self.leastMembersEpsilon) to less than `privacy.epsilon`")
            }
            return .hidden(epsilon: price)
        case let other:
            return wrong(
                "members", "\"\(other.shortened)\" is not known here",
                "Write `members: known`, each provider learns which of its own keys the other has too, or `members: hidden`, "
                    + "neither does and the third party counts them with noise")
        }
    }

    private func example(_ parties: [TaskSpecification.Party]?) -> String {
        let all = parties ?? []
        let names = all.filter { $0.role == .provider }.prefix(2) + all.filter { $0.role != .provider }.prefix(1)
        return names.count == 3 ? names.map(\.name).joined(separator: ", ") : "Bank, Telecom, Regulator"
    }

    private mutating func checkJoin(
        _ section: Section, _ members: TaskSpecification.Engine.Members, _ join: TaskSpecification.Join,
        _ privacy: TaskSpecification.Privacy, _ parties: [TaskSpecification.Party]
    ) -> Bool {
        var mistakes: [(what: String, fix: String)] = []
        if members == .known, join.kind != .inner || join.reveal != .own {
            mistakes.append(
                (
                    "on shares with known members both providers learn which of their keys the other has too, so that their rows lie "
                        + "beside each other",
                    "Write `join: {kind: inner, reveal: own}`, or `members: hidden` with `members_epsilon`, or "
                        + "`engine: {kind: enclave}`"
                ))
        }
        if members != .known, join.kind != .inner || join.reveal == .own {
            mistakes.append(
                (
                    "`members: hidden` tells neither provider which keys are common, and the join says something else",
                    "Write `join: {kind: inner}`, or `members: known`"
                ))
        }
        if join.rowsPerKey != 1 {
            mistakes.append(("on shares a key has one row in each table", "Write `rows_per_key: 1`"))
        }
        if privacy.delta == 0 {
            mistakes.append(
                ("the three parties' noise adds up to a Gaussian, which needs δ above 0", "Write `delta: 1.0e-9`"))
        }
        for party in parties {
            guard let table = party.table else { continue }
            guard let rows = table.rows else {
                mistakes.append(
                    (
                        "\(party.name) declares no `rows`: the third party would see how many there are",
                        "Write `rows:` in the table"
                    ))
                continue
            }
            if rows > TaskSpecification.Engine.mostSharedRows {
                mistakes.append(
                    (
                        "\(party.name) declares \(rows) rows, and shares of at most \(TaskSpecification.Engine.mostSharedRows) are built",
                        "Use an enclave"
                    ))
            }
        }
        for mistake in mistakes {
            problem(line: section.line("kind"), path: section.path("kind"), mistake.what, fix: mistake.fix)
        }
        return mistakes.isEmpty
    }

    /// What only an enclave does.
    mutating func checkShared(
        _ engine: TaskSpecification.Engine?, _ task: Section, parties: [TaskSpecification.Party]?,
        join: TaskSpecification.Join?, rules: [Rule]?
    ) {
        let why: String
        switch engine {
        case .secretSharing: why = "which no party could do for the other's rows"
        case .shards: why = "which shards do not count"
        default: return
        }
        if let rules, let parties, let join, !rules.isEmpty,
            let joined = try? TaskSpecification.joinedDomain(of: parties, join: join),
            let obeying = try? joined.obeying(rules), obeying.columns != joined.columns
        {
            problem(
                line: task.line("rules"), path: "rules",
                "a rule adds or cuts a column, \(why)",
                fix: "Leave out ratios and sums, or write `engine: {kind: enclave}`")
        }
    }

    private static let methodsWithoutPairs: [TaskSpecification.SynthesizerChoice.Method] = [
        .named(TaskSpecification.SynthesizerChoice.none), .named("independent"), .named("gaussian-copula"),
    ]

    /// Codes of columns are multiplied with each other before they are put into groups. What no party could hold is refused here, and
    /// not once ε is set aside.
    mutating func checkSharedCells(
        _ engine: TaskSpecification.Engine?, _ task: Section, _ parties: [TaskSpecification.Party],
        _ synthesizer: TaskSpecification.SynthesizerChoice
    ) {
        guard case .secretSharing(_, let members) = engine else { return }
        let sides = parties.compactMap { try? $0.table?.domain().sizes.map { Double($0) } }
        guard sides.count == 2 else { return }
        let widths = sides.map { $0.reduce(0, +) }
        let cells: Double
        if members == .known {
            // Only tables of columns of both providers are products of shares, and these methods ask for none.
            guard !Self.methodsWithoutPairs.contains(synthesizer.method) else { return }
            cells = widths[0] * widths[1]
        } else {
            let all = widths[0] + widths[1]
            cells = (all * all - sides.joined().reduce(0) { $0 + $1 * $1 }) / 2
        }
        let most = TaskSpecification.Engine.mostSharedCells
        guard cells > Double(most) else { return }
        problem(
            line: task.line("engine"), path: "engine",
            "the columns of both tables have \(Int(widths[0])) and \(Int(widths[1])) codes, whose "
                + "\(cells < 1e15 ? String(Int(cells)) : "many") pairs are more than the \(most) that are counted on shares",
            fix: "Declare fewer bins or categories, or write `engine: {kind: enclave}`")
    }
}
