public import Domains
import GraphicalModels
import Tables
import VectorMath

/// How to draw a row: the attributes in order, then each column's code within its group, then derived columns.
struct RowProgram: Sendable {
    /// One attribute given attributes drawn before it.
    struct Draw: Sendable {
        let attribute: Int
        let parents: [Int]
        let rows: ConditionalRows
    }

    enum Step: Sendable {
        case draw(Draw)
        case look(FunctionalDependency)
    }

    /// The distribution of the attributes, before corrections.
    let model: GraphicalModel
    let attributes: [ModelAttribute]
    let steps: [Step]
    let domain: TableDomain
    /// For each column its finest attribute.
    let finest: [Int?]
    /// For each column the codes of its groups; nil if the group is the code, and for derived columns.
    let within: [ConditionalRows?]
    /// For each column that is a function of another.
    let derivations: [Int: Derivation]
    /// Derived columns with every parent before its children.
    let derivedOrder: [Int]
    let corrections: [Factor]
    /// Log-weights of sums that the model was conditioned on.
    let tilts: [SumsTilt]
    /// Whether rows count by weights beside the model's probabilities.
    var isWeighted: Bool { !corrections.isEmpty || !tilts.isEmpty }
    /// Columns that are drawn by others; their places stay empty.
    let latent: Set<Int>
    /// How columns are computed that no one draws; nil for none.
    let rules: RowRules?

    init(
        model: GraphicalModel, attributes: [ModelAttribute], shares: [[Double]], domain: TableDomain,
        corrections: [Factor], tilts: [SumsTilt] = [], allowed: [Int: Set<Int>] = [:], latent: [Int] = []
    ) throws(SynthesisError) {
        self.model = model
        self.tilts = tilts
        let latent = Set(latent).union(domain.computedColumns)
        self.latent = latent
        rules = domain.rules.isEmpty ? nil : try? RowRules(domain)
        self.attributes = attributes
        self.domain = domain
        self.corrections = corrections
        steps = model.samplingProgram().steps.compactMap { step in
            switch step {
            case .draw(let draw) where latent.contains(attributes[draw.attribute].column): nil
            case .draw(let draw):
                .draw(Draw(attribute: draw.attribute, parents: draw.parents, rows: ConditionalRows(draw)))
            case .look(let dependency): .look(dependency)
            }
        }
        let finest = attributes.finest(columnCount: domain.columns.count)
        self.finest = finest
        derivations = domain.derivationOf
        derivedOrder = domain.derivedOrder
        within = domain.columns.indices.map { column in
            if shares[column].isEmpty || latent.contains(column) { return nil }
            let attribute = finest[column].map { attributes[$0] }
            if let attribute, attribute.groups == nil { return nil }
            return ConditionalRows(attribute: attribute, shares: shares[column], allowed: allowed[column])
        }
    }

    /// The row of a step's table for each row of codes, or nil for a step without parents.
    func rows(of draw: Draw, given codes: [[UInt32]], count: Int) -> [UInt32]? {
        rowIndex(draw.parents, given: codes, count: count)
    }

    func rowIndex(_ parents: [Int], given codes: [[UInt32]], count: Int) -> [UInt32]? {
        guard let first = parents.first else { return nil }
        var index = codes[first]
        for parent in parents.dropFirst() {
            appendDigit(codes[parent], size: attributes[parent].size, to: &index)
        }
        return index
    }

    /// As even a set of rows as one pass can draw: codes of every attribute.
    func evenAttributes(count: Int, _ generator: inout SplitMix64) -> [[UInt32]] {
        var codes = [[UInt32]](repeating: [], count: attributes.count)
        for step in steps {
            switch step {
            case .draw(let draw):
                codes[draw.attribute] = draw.rows.evenly(
                    rows: rows(of: draw, given: codes, count: count), count: count, &generator)
            case .look(let look): codes[look.attribute] = codes[look.parent].map { look.map[Int($0)] }
            }
        }
        return codes
    }

    /// Codes of every column that is not derived, shared out evenly within groups.
    func evenColumns(of codes: [[UInt32]], count: Int, _ generator: inout SplitMix64) -> [[UInt32]] {
        domain.columns.indices.map { column in
            if derivations[column] != nil || latent.contains(column) { return [] }
            let groups = finest[column].map { codes[$0] }
            guard let within = within[column] else { return groups ?? [UInt32](repeating: 0, count: count) }
            return within.evenly(rows: groups, count: count, &generator)
        }
    }

    /// Fills in derived columns.
    func derive(_ columns: inout [[UInt32]]) {
        for column in derivedOrder {
            guard let derivation = derivations[column] else { continue }
            var codes = [UInt32](repeating: 0, count: columns[derivation.parent].count)
            gather(derivation.map, at: columns[derivation.parent], into: &codes)
            columns[column] = codes
        }
    }
}

extension TableDomain {
    /// For each derived column the derivation to compute it by.
    package var derivationOf: [Int: Derivation] {
        Dictionary(derivations.map { ($0.column, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Columns that no other column determines and no rule computes: what is modelled.
    public var modelledColumns: [Int] {
        let derived = derivationOf
        let computed = computedColumns
        return columns.indices.filter { derived[$0] == nil && !computed.contains($0) }
    }

    /// Derived columns, parents first.
    package var derivedOrder: [Int] {
        let derived = derivationOf
        func depth(_ column: Int) -> Int {
            var depth = 0
            var at = column
            // A circle of derivations would never end; as many steps as columns are enough without one.
            while let parent = derived[at]?.parent, depth <= columns.count {
                depth += 1
                at = parent
            }
            return depth
        }
        return derived.keys.sorted { (depth($0), $0) < (depth($1), $1) }
    }
}
