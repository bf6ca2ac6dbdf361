import VectorMath

extension TableDomain: Codable {
    private enum Key: String, CodingKey { case columns, derivations, rules }

    /// Reads columns and derivations, and checks that they fit.
    ///
    /// - Throws: `DecodingError` for what no schema could declare.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let columns = try container.decode([ColumnDomain].self, forKey: .columns)
        let derivations = try container.decode([Derivation].self, forKey: .derivations)
        guard derivations.allSatisfy({ TableDomain.isSound($0, columns) }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .derivations, in: container, debugDescription: "a derivation does not fit its columns")
        }
        let rules = try container.decodeIfPresent([Rule].self, forKey: .rules) ?? []
        guard !rules.isEmpty else {
            self.init(columns: columns, derivations: derivations)
            return
        }
        // A file is read with the columns that its rules added.
        let bare = TableDomain(columns: columns, derivations: derivations)
        do {
            self = try bare.holding(rules)
        } catch {
            throw DecodingError.dataCorruptedError(
                forKey: .rules, in: container, debugDescription: "a rule does not fit its columns")
        }
    }

    /// Writes columns and derivations.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(columns, forKey: .columns)
        try container.encode(derivations, forKey: .derivations)
        if !rules.isEmpty { try container.encode(rules, forKey: .rules) }
    }
}

extension ColumnDomain: Codable {
    private enum Key: String, CodingKey {
        case name, type, texts, accepted, labels, lower, count, starts, maximum, spikes, scale, pivot, other, missing,
            states, step
    }

    /// Reads a column and checks that its cells can be coded.
    ///
    /// - Throws: `DecodingError` for what no schema could declare.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let type = try container.decode(FieldType.self, forKey: .type)
        func corrupted(_ key: Key, _ what: String) -> DecodingError {
            DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: what)
        }
        let cells: Cells
        if let texts = try container.decodeIfPresent([String].self, forKey: .texts) {
            let accepted = try container.decodeIfPresent([[String]].self, forKey: .accepted) ?? []
            guard Set(texts).count == texts.count, accepted.count <= texts.count, !texts.isEmpty else {
                throw corrupted(.texts, "values are empty or repeat")
            }
            cells = .listed(
                texts: texts, accepted: accepted,
                labels: try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:])
        } else if let count = try container.decodeIfPresent(Int.self, forKey: .count) {
            let lower = try container.decode(Int.self, forKey: .lower)
            guard (1...DomainBuilder.maximumUnits + 1).contains(count), lower.magnitude < 1 << 53 else {
                throw corrupted(.count, "the span of values is not one of ours")
            }
            cells = .units(lower: lower, count: count)
        } else {
            let starts = try container.decode([Double].self, forKey: .starts)
            do throws(Binning.Mistake) {
                cells = .bins(
                    try Binning(
                        starts: starts, maximum: (try? container.decode(Double.self, forKey: .maximum)) ?? .nan,
                        spikes: (try? container.decode([Int].self, forKey: .spikes)) ?? [],
                        isWhole: type != .number,
                        scale: (try? container.decode(AxisScale.self, forKey: .scale)) ?? .linear,
                        pivot: (try? container.decode(Double.self, forKey: .pivot)) ?? 1, keepsUnits: type == .date,
                        step: (try? container.decode(Double.self, forKey: .step)).flatMap { ExactDecimal($0) }))
            } catch {
                throw corrupted(.starts, error.what)
            }
        }
        self.init(
            name: try container.decode(String.self, forKey: .name), type: type, cells: cells,
            other: try container.decodeIfPresent(String.self, forKey: .other),
            missing: try container.decodeIfPresent([String].self, forKey: .missing),
            states: try container.decodeIfPresent([String].self, forKey: .states) ?? [])
        guard states.isEmpty || missing != nil, states.count < 256 else {
            throw corrupted(.states, "the states of a missing value do not fit")
        }
        guard size <= DomainBuilder.maximumSize else { throw corrupted(.name, "the domain is too large") }
    }

    /// Writes what the codes of the column mean.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(type, forKey: .type)
        switch cells {
        case .listed(let texts, let accepted, let labels):
            try container.encode(texts, forKey: .texts)
            if !accepted.isEmpty { try container.encode(accepted, forKey: .accepted) }
            if !labels.isEmpty { try container.encode(labels, forKey: .labels) }
        case .units(let lower, let count):
            try container.encode(lower, forKey: .lower)
            try container.encode(count, forKey: .count)
        case .bins(let binning):
            try container.encode(binning.starts, forKey: .starts)
            try container.encode(binning.maximum, forKey: .maximum)
            try container.encode(binning.spikes, forKey: .spikes)
            try container.encode(binning.scale, forKey: .scale)
            try container.encode(binning.pivot, forKey: .pivot)
            try container.encodeIfPresent(binning.step?.number, forKey: .step)
        }
        try container.encodeIfPresent(other, forKey: .other)
        try container.encodeIfPresent(missing, forKey: .missing)
        if !states.isEmpty { try container.encode(states, forKey: .states) }
    }
}
