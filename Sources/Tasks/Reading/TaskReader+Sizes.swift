/// What the declared sizes of tables and the protected unit must agree with.
extension TaskReader {
    /// A key of a union has rows in every table, and the kernel takes no more than so many under one unit.
    mutating func checkUnit(
        _ privacy: TaskSpecification.Privacy?, _ join: TaskSpecification.Join?, _ parties: [TaskSpecification.Party]?,
        _ task: Section
    ) {
        if let privacy, let join, join.kind == .linkage, privacy.unit == .key {
            problem(
                line: task.line("privacy"), path: "privacy.unit", "a linkage knows no key that several records share",
                fix: "Write `unit: record`")
        }
        guard let privacy, let join, let parties, join.kind == .union, privacy.unit == .key else { return }
        let tables = parties.count { $0.role == .provider }
        let most = TaskSpecification.Join.mostRowsPerKey
        guard join.rowsPerKey * tables > most else { return }
        problem(
            line: task.line("join"), path: "join.rows_per_key",
            "a key has up to \(join.rowsPerKey) rows in each of \(tables) tables, and a unit at most \(most)",
            fix: "Write at most \(most / max(1, tables)), or `unit: record`")
    }

    /// Declared rows within the task's limit, and enough of them for `least_rows`.
    mutating func checkDeclaredRows(
        _ privacy: TaskSpecification.Privacy?, _ join: TaskSpecification.Join?, _ limits: TaskSpecification.Limits?,
        _ parties: [TaskSpecification.Party]?, _ task: Section
    ) {
        guard let limits, let parties else { return }
        let line = task.line("parties")
        for (place, party) in parties.enumerated() {
            guard let table = party.table else { continue }
            let path = "parties[\(place)].table.rows"
            guard let rows = table.rows else {
                problem(
                    .warning, line: line, path: path,
                    "\(party.name) declares no greatest number of rows: time and memory of the fit then depend on nothing "
                        + "better than `limits.rows`, \(limits.rows), and tell the size of a file in steps of ten from 100000",
                    fix: "Write `rows:` in the table, rounded up generously; it is public, and more are refused")
                continue
            }
            if rows > limits.rows {
                problem(
                    line: task.line("limits"), path: path,
                    "\(party.name) declares \(rows) rows, and the task allows \(limits.rows)",
                    fix: "Raise `limits.rows`, or declare fewer")
            }
            if let least = privacy?.leastRows, let join, join.kind == .inner, least / join.rowsPerKey > rows {
                problem(
                    line: task.line("privacy"), path: "privacy.least_rows",
                    "\(party.name) brings at most \(rows) rows, so that \(least) are never joined",
                    fix: "Write a smaller number, or declare more rows")
            }
        }
    }
}
