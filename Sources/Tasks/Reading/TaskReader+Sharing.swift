import Domains
import Tables

/// What a task must be like so that three parties can count on shares of two tables.
extension TaskReader {
    /// Who computes: both providers and one more party.
    ///
    /// - Returns: in the order in which they call each other: the providers as the task has them, then the third.
    mutating func readComputing(
        _ section: Section, _ join: TaskSpecification.Join?, _ privacy: TaskSpecification.Privacy?,
        _ parties: [TaskSpecification.Party]?
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
        let isPossible = checkJoin(section, join, privacy, parties)
        return mistakes.isEmpty && isPossible ? providers + third : nil
    }

    /// Who learns which keys are in both tables.
    mutating func checkMembers(_ section: Section, _ members: String?) -> Bool {
        guard let members, members != "known" else { return true }
        problem(
            line: section.line("members"), path: section.path("members"),
            members == "hidden"
                ? "\"hidden\" is not built: as it is, each provider learns which of its own keys the other has too, and the "
                    + "third party learns the declared sizes alone"
                : "\"\(members.shortened)\" is not known here",
            fix: "Write `members: known`, and agree that this is enough; otherwise `engine: {kind: enclave}`")
        return false
    }

    private func example(_ parties: [TaskSpecification.Party]?) -> String {
        let all = parties ?? []
        let names = all.filter { $0.role == .provider }.prefix(2) + all.filter { $0.role != .provider }.prefix(1)
        return names.count == 3 ? names.map(\.name).joined(separator: ", ") : "Bank, Telecom, Regulator"
    }

    private mutating func checkJoin(
        _ section: Section, _ join: TaskSpecification.Join, _ privacy: TaskSpecification.Privacy,
        _ parties: [TaskSpecification.Party]
    ) -> Bool {
        var mistakes: [(what: String, fix: String)] = []
        if join.kind != .inner || join.reveal != .own {
            mistakes.append(
                (
                    "on shares both providers learn which of their keys the other has too, so that their rows lie beside each other; "
                        + "members that nobody learns are not built",
                    "Write `join: {kind: inner, reveal: own}`, or `engine: {kind: enclave}`"
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
        guard case .secretSharing = engine else { return }
        if let rules, let parties, let join, !rules.isEmpty,
            let joined = try? TaskSpecification.joinedDomain(of: parties, join: join),
            let obeying = try? joined.obeying(rules), obeying.columns != joined.columns
        {
            problem(
                line: task.line("rules"), path: "rules",
                "a rule adds or cuts a column, which no party could do for the other's rows",
                fix: "Leave out ratios and sums, or write `engine: {kind: enclave}`")
        }
    }
}
