internal import Domains
internal import Tables

extension TaskSpecification {
    /// The canonical form: what `GET /spec` returns and what is hashed. Defaults are written out, so that no later
    /// change of a default can change what was signed.
    public var canonicalBytes: [UInt8] { json.canonicalBytes }

    /// SHA-256 of `canonicalBytes`: what the parties sign.
    public var digest: TaskDigest { TaskDigest(hashing: canonicalBytes) }

    /// The task as one JSON object, every default written out; what is absent and has no default stays absent.
    public var json: JSONValue {
        .members([
            "entrepot": .integer(version),
            "task": .text(name),
            "purpose": .text(purpose),
            "parties": .array(parties.map(\.json)),
            "join": join.json,
            "privacy": privacy.json,
            // Written only if there are any, so that the digests of earlier tasks stay the same.
            "rules": rules.isEmpty ? nil : .array(rules.map(\.json)),
            "engine": engine.json(proofs),
            "synthesizer": synthesizer.json,
            "queries": .array(queries.map(\.json)),
            "requests": requests.map { .object(["epsilon": .number($0.epsilon)]) },
            "request": origin.map {
                .object(["task": .text($0.task.hex), "request": .text($0.request.hex)])
            },
            "limits": .object(["upload_bytes": .integer(limits.uploadBytes), "rows": .integer(limits.rows)]),
            "deadlines": deadlines.json,
            "retention": .object(["tables": .text(retention.tables.rawValue)]),
        ])
    }
}

extension TaskSpecification.Party {
    var json: JSONValue {
        .members([
            "name": .text(name), "role": .text(role.rawValue), "public_key": .text(publicKey.base64),
            "table": table?.json,
        ])
    }
}

extension TaskSpecification.PartyTable {
    var json: JSONValue {
        .members([
            "key": key.json, "fields": .array(schema.fields.map(\.json)),
            "missingValues": schema.missingValues.map(JSONValue.texts),
            "rows": rows.map(JSONValue.integer),
            // Written only where they say something, so that the digests of earlier tasks stay the same.
            "dialect": dialect.json,
            "encoding": dialect.encoding == .utf8 ? nil : .text(dialect.encoding.rawValue),
            "fieldsMatch": schema.takesMoreColumns ? .text(TableSchema.subset) : nil,
        ])
    }
}

extension TableDialect {
    /// What differs from a file of commas whose first row is its header; nil if nothing does.
    var json: JSONValue? {
        let members: [String: JSONValue?] = [
            "delimiter": delimiter == UInt8(ascii: ",")
                ? nil : .text(delimiter == 0x09 ? "tab" : String(UnicodeScalar(delimiter))),
            "commentChar": commentChar.map { .text(String(UnicodeScalar($0))) },
            "headerRows": headerRow == 1 && headerRowCount == 1
                ? nil : .array((0..<headerRowCount).map { .integer(headerRow + $0) }),
            "footerRows": footerRows == 0 ? nil : .integer(footerRows),
            "lineTerminator": hasCarriageReturns ? .text("cr") : nil,
        ]
        return members.values.allSatisfy { $0 == nil } ? nil : .members(members)
    }
}

extension TaskSpecification.Privacy {
    var json: JSONValue {
        .members([
            "epsilon": .number(epsilon), "delta": .number(delta), "unit": .text(unit.rawValue),
            "unit_words": .text(unitWords), "least_rows": leastRows.map(JSONValue.integer),
            "accept_high_epsilon": acceptHighEpsilon.map(JSONValue.text),
        ])
    }
}

extension TaskSpecification.SynthesizerChoice {
    var json: JSONValue {
        switch method {
        case .named(let name): .object(["method": .text(name), "params": .object(parameters)])
        case .preset(let name): .object(["preset": .text(name), "params": .object(parameters)])
        }
    }
}

extension TaskSpecification.Join {
    var json: JSONValue {
        .members([
            "kind": .text(kind.rawValue), "rows_per_key": linkage == nil ? .integer(rowsPerKey) : nil,
            "value": mirror.map { .text($0.value) },
            "offices": mirror.map { .object($0.offices.mapValues(JSONValue.text)) },
            "blocking": linkage.map { .array($0.blocking.map { .array($0.map(\.json)) }) },
            "compare": linkage.map { .array($0.compare.map(\.json)) },
            "partners": linkage.map { .integer($0.partners) }, "threshold": linkage.map { .number($0.threshold) },
            "reveal": reveal == .none ? nil : .text(reveal.rawValue),
        ])
    }
}

extension LinkageTerms.Text {
    var json: JSONValue {
        .members([
            "columns": .texts(columns), "normalise": .texts(normalise.map(\.rawValue)),
            "prefix": prefix.map(JSONValue.integer),
        ])
    }
}

extension LinkageTerms.Comparison {
    var json: JSONValue {
        .members([
            "columns": .texts(text.columns), "normalise": .texts(text.normalise.map(\.rawValue)),
            "prefix": text.prefix.map(JSONValue.integer), "by": .text(by.rawValue),
            "at": at.isEmpty ? nil : .array(at.map(JSONValue.number)), "weights": .array(weights.map(JSONValue.number)),
        ])
    }
}

extension TaskSpecification.PermittedQuery {
    /// What a kind of query does not use is left out.
    var json: JSONValue {
        .members([
            "name": .text(name), "kind": .text(kind.rawValue), "columns": .texts(columns),
            "where": .object(conditions.mapValues(JSONValue.text)), "by": by.isEmpty ? nil : .texts(by),
            "clamp": clamp.map { .array([.number($0.lowerBound), .number($0.upperBound)]) },
            "unit": unit.map(JSONValue.number), "at": shares.isEmpty ? nil : .array(shares.map(JSONValue.number)),
            "allowance": allowance.map { .array([.number($0.lowerBound), .number($0.upperBound)]) },
            "top": top.map(JSONValue.integer), "epsilon": .number(epsilon), "delta": .number(delta),
        ])
    }
}

extension TaskSpecification.Deadlines {
    var json: JSONValue {
        .members([
            "upload_by": uploadBy.map { .text($0.description) }, "compute_by": computeBy.map { .text($0.description) },
            "retrieve_by": retrieveBy.map { .text($0.description) },
        ])
    }
}

extension KeyRule {
    var json: JSONValue {
        .members([
            "columns": .texts(columns), "pattern": pattern.map(JSONValue.text),
            "normalise": .texts(normalise.map(\.word)),
        ])
    }
}

extension Field {
    var json: JSONValue {
        .members([
            "name": .text(name), "type": .text(type.rawValue),
            "categories": categories.map { values in
                .array(
                    values.map { value in
                        guard let label = categoryLabels?[value] else { return .text(value) }
                        return .object(["value": .text(value), "label": .text(label)])
                    })
            },
            "constraints": constraints?.json, "bins": bins?.json,
            "derivedFrom": derivedFrom.map { .object(["field": .text($0.field), "prefix": .integer($0.prefix)]) },
            "other": other.map(JSONValue.text), "missingValues": missingValues.map(JSONValue.texts),
            "trueValues": trueValues.map(JSONValue.texts), "falseValues": falseValues.map(JSONValue.texts),
            "title": title.map(JSONValue.text), "description": description.map(JSONValue.text),
            "decimalChar": writing.decimalText.map(JSONValue.text), "groupChar": writing.groupChar.map(JSONValue.text),
            "bareNumber": writing.isBare ? nil : .boolean(false), "format": writing.dateFormat.map(JSONValue.text),
            "step": step.map(JSONValue.number),
        ])
    }
}

extension Constraints {
    var json: JSONValue {
        .members([
            "required": required.map(JSONValue.boolean), "enum": self.enum.map(JSONValue.texts),
            "minimum": minimum?.json, "maximum": maximum?.json,
        ])
    }
}

extension Bound {
    var json: JSONValue {
        switch self {
        case .number(let value): .number(value)
        case .text(let value): .text(value)
        }
    }
}

extension Bins {
    var json: JSONValue {
        .members([
            "count": count.map(JSONValue.integer), "scale": (scale?.rawValue).map(JSONValue.text),
            "edges": edges.map { .array($0.map(JSONValue.number)) },
            "spikes": spikes.map { .array($0.map(JSONValue.number)) },
        ])
    }
}

extension Rule {
    var json: JSONValue {
        switch self {
        case .ratio(let name, let numerator, let denominator, let bins):
            .members([
                "ratio": .text(name), "of": .texts([numerator, denominator]),
                "bins": bins == RatioBins() ? nil : bins.json,
            ])
        case .sum(let column, let terms): .object(["sum": .text(column), "of": .texts(terms.map(\.written))])
        case .order(let columns): .object(["order": .texts(columns)])
        case .never(let conditions):
            .object([
                "never": .object(
                    Dictionary(conditions.map { ($0.column, $0.json) }, uniquingKeysWith: { first, _ in first }))
            ])
        // What a join brings by itself stands in no task.
        case .logPoints, .differ: .object([:])
        }
    }
}

extension Rule.RatioBins {
    var json: JSONValue {
        .members([
            "count": count.map(JSONValue.integer), "scale": (scale?.rawValue).map(JSONValue.text),
            "edges": edges.map { .array($0.map(JSONValue.number)) }, "minimum": minimum.map(JSONValue.number),
            "maximum": maximum.map(JSONValue.number),
        ])
    }
}

extension Rule.Condition {
    var json: JSONValue {
        if let values { return .array(values.map(JSONValue.text) + (includesMissing ? [.null] : [])) }
        return .members([
            "below": below.map(JSONValue.text), "above": above.map(JSONValue.text), "from": from.map(JSONValue.text),
            "to": to.map(JSONValue.text), "missing": includesMissing ? .boolean(true) : nil,
        ])
    }
}

extension JSONValue {
    /// An object without the members that are nil.
    static func members(_ members: [String: JSONValue?]) -> JSONValue { .object(members.compactMapValues { $0 }) }

    static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.text)) }
}
