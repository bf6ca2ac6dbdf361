import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Synthesizers
import Tables

/// Synthetic rows and what they cost: nothing. Sampling reads the model alone.
extension TaskHost {
    /// `GET /samples`.
    nonisolated func samples(_ call: Call) async throws -> Response {
        let format = try SampleFormat.wanted(call.query["format"])
        let count = try call.query.integer("num_samples") ?? 1000
        guard count > 0 else {
            throw Problem(
                .badRequest, code: "bad_count", detail: "Cannot sample less than 0.", hint: "Ask for at least one row.",
                audience: .owner)
        }
        let seed = try seed(call.query["seed"])
        let model = try await release()
        let columns = try chosenColumns(call.query["columns"], of: model.domain)
        let sampler = try RowSampler(model, seed: seed)
        let encoder = SampleEncoder(domain: model.domain, columns: columns, format: format)
        var headers: HTTPFields = [
            .contentType: format.contentType,
            .contentDisposition: "attachment; filename=synthetic_data.\(format.rawValue)",
        ]
        headers.set("Entrepot-Seed", String(seed))
        headers.set("X-Epsilon-Spent", "\(try ledger.total().epsilon)")
        headers.set("X-Ledger-Head", ledger.head.hash.hexadecimal)
        let body = ResponseBody { writer in
            try await BlockingPipe().run { put in
                try encoder.encode(rowCount: UInt64(count), block: { sampler.rows($0) }, write: put)
            } send: { piece in
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    /// The model, where it has been released.
    func release() throws(Problem) -> FittedModel {
        switch life.stage {
        case .trained:
            if let model { return model }
            throw Problem.internalError
        case .unsigned, .collecting, .training:
            throw Problem(
                .badRequest, code: "model_not_ready",
                detail: "Model is not yet fit to data. Please wait until the data has been uploaded and model fitted.",
                hint: "Ask /model_status until it says trained.", audience: .parties)
        case .closed, .expired:
            throw Problem.life(.deadlinePassed)
        case .failed, .halted:
            throw Problem(
                .conflict, code: "stage_failed", detail: life.stage.reason ?? "There is no model.",
                hint: "GET /model_status?verbose=1 says where the task stands.", audience: .parties)
        }
    }

    private nonisolated func seed(_ text: String?) throws(Problem) -> UInt64 {
        guard let text else {
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }
        guard let seed = UInt64(text) else {
            throw Problem.argument(
                ["query", "seed"], "value is not a valid integer", "type_error.integer",
                hint: "Give seed as a whole number from 0 to 2⁶⁴ − 1.")
        }
        return seed
    }

    private nonisolated func chosenColumns(_ text: String?, of domain: TableDomain) throws(Problem) -> [Int]? {
        guard let text, !text.isEmpty else { return nil }
        var chosen: [Int] = []
        for name in text.split(separator: ",") {
            guard let index = domain.index(of: String(name)), !chosen.contains(index) else {
                throw Problem.argument(
                    ["query", "columns"], "not a list of different columns", "value_error",
                    hint: "Name columns of the joined table, such as \(domain.columns.first?.name ?? ""), with commas.")
            }
            chosen.append(index)
        }
        return chosen
    }
}

extension SampleFormat {
    /// - Throws: 400 for a format that the service does not write.
    static func wanted(_ text: String?) throws(Problem) -> SampleFormat {
        guard let text else { return .csv }
        guard let format = SampleFormat(rawValue: text) else {
            let known = SampleFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(
                .badRequest, code: "format_unsupported",
                detail: "This format is not supported. Please try csv or json.",
                hint: "The service writes \(known).", audience: .owner)
        }
        return format
    }

    var contentType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .json: "application/json"
        case .ndjson: "application/x-ndjson"
        }
    }
}
