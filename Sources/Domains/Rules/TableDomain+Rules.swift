extension [Rule] {
    /// Whether a column of log-points carries its numerator: no other rule computes it.
    func carries(numerator: String, denominator: String) -> Bool {
        !contains { rule in
            switch rule {
            case .ratio(_, let one, _, _): one == numerator || one == denominator
            case .sum(let column, _): column == numerator
            case .order, .never, .logPoints, .differ: false
            }
        }
    }

    /// The columns of which a ratio is taken.
    public var divided: Set<String> {
        Set(
            flatMap { rule -> [String] in
                switch rule {
                case .ratio(_, let numerator, let denominator, _): [numerator, denominator]
                case .logPoints(_, let numerator, let denominator): [numerator, denominator]
                case .sum, .order, .never, .differ: []
                }
            })
    }

    /// The columns that are computed of others and never drawn.
    var computed: [String] {
        compactMap { rule in
            switch rule {
            case .ratio(_, let numerator, _, _): numerator
            case .sum(let column, _): column
            case .logPoints(let name, let numerator, let denominator):
                carries(numerator: numerator, denominator: denominator) ? numerator : name
            case .order, .never, .differ: nil
            }
        }
    }
}

extension TableDomain {
    /// Columns that rules compute of others: they are never drawn, and no model has them.
    public var computedColumns: Set<Int> {
        rules.isEmpty ? [] : Set(rules.computed.compactMap { index(of: $0) })
    }

    /// Columns that carry the ratio of two others.
    public var ratioColumns: Set<Int> {
        Set(
            rules.compactMap { rule in
                switch rule {
                case .ratio(let name, _, _, _), .logPoints(let name, _, _): index(of: name)
                case .sum, .order, .never, .differ: nil
                }
            })
    }

    /// The same domain with rules, and with the columns that they add behind its own.
    ///
    /// - Throws: everything that is wrong with the rules. That some row obeys all of them was tried.
    public func obeying(_ rules: [Rule]) throws(RuleProblems) -> TableDomain {
        guard !rules.isEmpty else { return self }
        var columns = self.columns
        var problems: [RuleProblem] = []
        var names = Set(columns.map(\.name))
        for (place, rule) in rules.enumerated() {
            switch rule {
            case .ratio(let name, let numerator, let denominator, let bins):
                if name.isEmpty || !names.insert(name).inserted {
                    problems.append(
                        RuleProblem(
                            rule: place, what: "there is a column \"\(name)\" already",
                            fix: "Give the ratio a name of its own"))
                    continue
                }
                guard let a = index(of: numerator), let b = index(of: denominator) else {
                    let missing = index(of: numerator) == nil ? numerator : denominator
                    problems.append(RuleResolver.unknown(missing, names: self.columns.map(\.name), rule: place))
                    continue
                }
                do throws(RuleProblems) {
                    columns.append(try ratioColumn(name, columns[a], columns[b], bins))
                } catch {
                    problems += error.problems.map { RuleProblem(rule: place, what: $0.what, fix: $0.fix) }
                }
            case .logPoints(let name, let numerator, let denominator):
                guard let own = columns.firstIndex(where: { $0.name == name }), let a = index(of: numerator),
                    let b = index(of: denominator), columns[own].states.isEmpty
                else { continue }
                let states = RatioStates(numerator: columns[a], denominator: columns[b])
                columns[own] = ColumnDomain(
                    name: name, type: columns[own].type, cells: columns[own].cells, other: nil,
                    missing: columns[own].missing,
                    states: columns[own].missing == nil ? [] : states.labels)
            case .sum, .order, .never, .differ: break
            }
        }
        let added = columns.map(\.name)
        let known = rules.enumerated().filter { _, rule in rule.addedColumn.map { added.contains($0) } ?? true }
        do throws(RuleProblems) {
            let domain = try TableDomain(
                columns: columns, derivations: derivations, rules: known.map(\.element)
            ).checked(numbers: known.map(\.offset))
            guard problems.isEmpty else { throw RuleProblems(problems) }
            return domain
        } catch {
            throw problems == error.problems ? error : RuleProblems((problems + error.problems).uniqued)
        }
    }

    /// The same columns with rules, whose own columns are among them.
    func holding(_ rules: [Rule]) throws(RuleProblems) -> TableDomain {
        let domain = TableDomain(columns: columns, derivations: derivations, rules: rules)
        _ = try RowRules(domain)
        return domain
    }

    /// Itself, if its rules make sense and some row obeys all of them.
    private func checked(numbers: [Int]) throws(RuleProblems) -> TableDomain {
        func numbered(_ problems: RuleProblems) -> RuleProblems {
            RuleProblems(
                problems.problems.map { problem in
                    RuleProblem(rule: problem.rule.map { numbers[$0] }, what: problem.what, fix: problem.fix)
                })
        }
        let rules: RowRules
        do throws(RuleProblems) { rules = try RowRules(self) } catch { throw numbered(error) }
        if RuleEngine(rules).example() == nil {
            throw numbered(
                RuleProblems([
                    RuleProblem(
                        rule: firstTooMany, what: "no row was found that obeys all rules up to this one",
                        fix: "Take a rule out or widen the domains: these rules contradict each other or the domains")
                ]))
        }
        return self
    }

    /// The rule with which those before it leave no row, found by halving: the sets of rules that leave one begin the list.
    private var firstTooMany: Int? {
        // Some row obeys the first `low` rules, none was found that obeys the first `high`.
        var (low, high) = (0, rules.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            let fewer = TableDomain(columns: columns, derivations: derivations, rules: Array(rules.prefix(middle)))
            let isPossible = (try? RowRules(fewer)).map { RuleEngine($0).example() != nil } ?? false
            if isPossible { low = middle } else { high = middle }
        }
        return rules.isEmpty ? nil : high - 1
    }

    /// The column of a ratio.
    private func ratioColumn(
        _ name: String, _ numerator: ColumnDomain, _ denominator: ColumnDomain, _ bins: Rule.RatioBins
    ) throws(RuleProblems) -> ColumnDomain {
        func problem(_ what: String, _ fix: String) -> RuleProblems {
            RuleProblems([RuleProblem(rule: nil, what: what, fix: fix)])
        }
        guard let above = ColumnPoints(numerator), let under = ColumnPoints(denominator), numerator.type != .date,
            denominator.type != .date
        else {
            let wrong = ColumnPoints(numerator) == nil || numerator.type == .date ? numerator.name : denominator.name
            throw problem("\(wrong) is not a column of numbers", "Name a column of type integer or number")
        }
        let states = RatioStates(numerator: numerator, denominator: denominator)
        var field = Field(
            name: name, type: .number, constraints: Constraints(required: !states.canBeUndefined),
            bins: Bins(count: bins.count, scale: bins.scale, edges: bins.edges))
        if bins.edges != nil {
            field.constraints?.minimum = bins.minimum.map { .number($0) }
            field.constraints?.maximum = bins.maximum.map { .number($0) }
        } else {
            let reach = RuleResolver.quotients(above, under)
            let isPositive = reach.lowerBound >= 0
            // Without bounds a ratio lies within a hundredth and a hundred, or what the columns' bounds leave of that.
            let lowest = bins.minimum ?? max(reach.lowerBound, isPositive ? 0.01 : -100)
            let highest = bins.maximum ?? min(reach.upperBound, 100)
            guard lowest.isFinite, highest.isFinite, lowest < highest else {
                throw problem(
                    "the ratio has no bounds", "Write `minimum` and `maximum`, or `edges`, among its `bins`")
            }
            field.constraints?.minimum = .number(lowest)
            field.constraints?.maximum = .number(highest)
            field.bins?.count = bins.count ?? 128
            field.bins?.scale = bins.scale ?? (lowest > 0 ? .log : isPositive ? .linear : .asinh)
        }
        do throws(SchemaProblems) {
            let made = try TableDomain(schema: TableSchema(fields: [field]), keyColumns: [])
            guard let column = made.columns.first else { throw SchemaProblems([]) }
            return ColumnDomain(
                name: name, type: .number, cells: column.cells, other: nil, missing: column.missing,
                states: column.missing == nil ? [] : states.labels)
        } catch {
            throw RuleProblems(
                error.problems.map { RuleProblem(rule: nil, what: "\(name) \($0.what)", fix: $0.fix) })
        }
    }
}

extension [RuleProblem] {
    /// Each once, in order.
    fileprivate var uniqued: [RuleProblem] {
        reduce(into: []) { kept, problem in if !kept.contains(problem) { kept.append(problem) } }
    }
}
