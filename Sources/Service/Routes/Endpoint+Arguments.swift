import Bytes
import HTTPTypes

extension Endpoint {
    /// The arguments that a call takes in its query. Any other is refused: a slip of the pen must not pass for a wish.
    var arguments: [String] {
        switch self {
        case .attestation: ["nonce"]
        case .modelStatus: ["verbose"]
        case .formats: ["all"]
        case .columns: ["party"]
        case .samples, .provenance:
            ["format", "num_samples", "seed", "columns", "where", "draws", "imputation"]
        case .inclusion: ["entry", "size"]
        case .consistency: ["from", "to"]
        case .receipts: ["from"]
        case .spec, .health, .ready, .openAPI, .signatures, .details, .model, .ledger, .ledgerTotal, .metrics,
            .checkpoint,
            .ledgerKey, .queries, .query, .page, .reportJSON, .reportPDF, .upload, .uploadStanding, .confirm,
            .confirmAsPost, .withdraw, .halt:
            []
        }
    }

    /// What people write for an argument that has another name here.
    private static let habits: [String: String] = [
        "rows": "num_samples", "n": "num_samples", "count": "num_samples", "limit": "num_samples",
        "size": "num_samples", "samples": "num_samples", "num_rows": "num_samples", "type": "format",
        "filter": "where", "condition": "where", "conditions": "where", "select": "columns", "fields": "columns",
        "imputations": "imputation", "random_state": "seed", "epsilon": "", "all": "",
    ]

    /// Refuses arguments that a call does not take.
    ///
    /// - Throws: 400 with the nearest argument that it takes.
    func check(_ query: QueryString) throws(Problem) {
        let known = arguments
        guard let name = query.names.first(where: { !known.contains($0) }) else { return }
        let nearest =
            Endpoint.habits[name.lowercased()].flatMap { known.contains($0) ? $0 : nil }
            ?? NearestWord.to(name, among: known)
        let takes = known.isEmpty ? "It takes none" : "It takes \(known.joined(separator: ", "))"
        throw Problem(
            .badRequest, code: "unknown_argument",
            detail: "\(path) has no argument \(ShownText.line(String(name.prefix(60)))).",
            hint: "\(nearest.map { "Did you mean \($0)? " } ?? "")\(takes); /openapi.yaml describes every call.",
            audience: .everyone)
    }
}
