import Domains
import FittedModels
import Foundation
import HTTPTypes
import Tables

/// What a caller asks of `GET /samples`, as far as the query alone tells.
struct SampleRequest: Sendable, Equatable {
    /// Only rows in which a column has this value.
    struct Condition: Sendable, Equatable {
        var column: String
        var value: String
    }

    var format: SampleFormat
    var rowCount: UInt64
    /// nil lets the service draw a fresh one.
    var seed: UInt64?
    /// Names of the columns wanted; nil for all.
    var columns: [String]?
    var conditions: [Condition]
    /// nil for balanced draws, or for the independent ones of an imputation.
    var draws: Draws?
    /// Rows of the model refitted with noise drawn anew, this one of many; nil for rows of the model itself.
    var imputation: Int?

    /// How many models may be asked for.
    static let imputations = 1...1_000

    /// - Throws: 400 for a format that is not written and for less than one row, 422 for what cannot be read.
    init(_ query: QueryString) throws(Problem) {
        format = try SampleFormat.wanted(query["format"])
        let count = try query.integer("num_samples") ?? 1000
        guard count > 0 else {
            throw Problem(
                .badRequest, code: "bad_count", detail: "Cannot sample less than 0.", hint: "Ask for at least one row.",
                audience: .owner)
        }
        guard count <= CallBounds.rows else {
            throw Problem(
                .badRequest, code: "too_many_rows", detail: "One answer has at most \(CallBounds.rows) rows.",
                hint: "Ask several times, without a seed or each time with another one.", audience: .owner)
        }
        rowCount = UInt64(count)
        seed = try query["seed"].map { text throws(Problem) in
            guard let seed = UInt64(text) else {
                throw Problem.argument(
                    ["query", "seed"], "value is not a valid integer", "type_error.integer",
                    hint: "Give seed as a whole number from 0 to 2⁶⁴ − 1.")
            }
            return seed
        }
        columns = query["columns"].flatMap { $0.isEmpty ? nil : $0.split(separator: ",").map(String.init) }
        conditions = try query.all("where").map { text throws(Problem) in
            guard let equals = text.firstIndex(of: "=") else {
                throw Problem.argument(
                    ["query", "where"], "not of the form COLUMN=VALUE", "value_error",
                    hint: "Write where=Alice_buying%3Dlow, once for each condition.")
            }
            return Condition(column: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
        }
        draws = try query["draws"].map { text throws(Problem) in
            guard let draws = Draws(rawValue: text) else {
                throw Problem.argument(
                    ["query", "draws"], "value is not a valid enumeration member", "type_error.enum",
                    hint: "Give draws as balanced or independent.")
            }
            return draws
        }
        imputation = try query.integer("imputation").map { number throws(Problem) in
            guard let number = Int(exactly: number), Self.imputations.contains(number) else {
                throw Problem.argument(
                    ["query", "imputation"], "value is not in 1 to 1000", "value_error.number",
                    hint: "Give the number of one of several models: imputation=1, then 2, with the same seed.")
            }
            return number
        }
        if imputation != nil { try checkImputation() }
    }

    /// - Throws: 422 where the other arguments do not go with an imputation.
    private func checkImputation() throws(Problem) {
        if seed == nil {
            throw Problem.argument(
                ["query", "seed"], "field required", "value_error.missing",
                hint: "Imputations belong together by their seed: ask for each with the same one.")
        }
        if draws == .balanced {
            throw Problem.argument(
                ["query", "draws"], "imputations are drawn independently", "value_error",
                hint: "Leave draws out, or give independent.")
        }
    }

    /// The same request as a query string, in its one canonical form, which is compared and signed.
    var text: String {
        var parts = ["format=\(format.rawValue)", "num_samples=\(rowCount)"]
        if let seed { parts.append("seed=\(seed)") }
        if let columns { parts.append("columns=\(columns.map(Self.escaped).joined(separator: ","))") }
        for condition in conditions {
            parts.append("where=\(Self.escaped(condition.column))%3D\(Self.escaped(condition.value))")
        }
        if let draws { parts.append("draws=\(draws.rawValue)") }
        if let imputation { parts.append("imputation=\(imputation)") }
        return parts.joined(separator: "&")
    }

    private static func escaped(_ text: String) -> String {
        var plain = CharacterSet(charactersIn: "0"..."9")
        plain.insert(charactersIn: "a"..."z")
        plain.insert(charactersIn: "A"..."Z")
        plain.insert(charactersIn: "_-.~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
}

extension SampleFormat {
    /// - Throws: 400 for an unknown format.
    static func wanted(_ text: String?) throws(Problem) -> SampleFormat {
        guard let text else { return .csv }
        if let format = SampleFormat(rawValue: text) { return format }
        let known = SampleFormat.allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem(
            .badRequest, code: "format_unsupported", detail: "This format is not supported. Please try csv or json.",
            hint: "The service writes \(known).", audience: .owner)
    }

    var contentType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .json: "application/json"
        case .ndjson: "application/x-ndjson"
        case .arrow: "application/vnd.apache.arrow.stream"
        case .parquet: "application/vnd.apache.parquet"
        }
    }

    /// What a file of this format is called.
    var fileName: String { self == .arrow ? "synthetic_data.arrows" : "synthetic_data.\(rawValue)" }
}
