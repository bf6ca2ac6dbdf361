import Bytes
import HTTPTypes

/// Every call of the service, with who may make it. The one list of permissions.
enum Endpoint: String, Sendable, CaseIterable {
    case attestation, spec, health, ready
    case openAPI
    case signatures, details, modelStatus, formats, columns, samples, provenance, model, ledger, ledgerTotal, metrics
    case checkpoint, ledgerKey, inclusion, consistency, receipts
    case queries, query, page, reportJSON, reportPDF
    case upload, uploadStanding, confirm, confirmAsPost, withdraw, halt

    /// Who may call.
    enum Access: Sendable, Equatable {
        /// Also callers without a certificate or with a key that the task does not list.
        case anybody
        /// Every key that the task lists.
        case parties
        case providers
        /// Every party, and whoever runs the service.
        case watchers
        /// Those who may have synthetic rows.
        case recipients
    }

    var path: String {
        switch self {
        case .attestation: "/attestation"
        case .spec: "/spec"
        case .health: "/healthz"
        case .ready: "/readyz"
        case .signatures: "/spec/signatures"
        case .details: "/details"
        case .modelStatus: "/model_status"
        case .formats: "/formats"
        case .columns: "/columns"
        case .openAPI: "/openapi.yaml"
        case .samples: "/samples"
        case .provenance: "/samples/provenance"
        case .model: "/model"
        case .page: "/report"
        case .ledger: "/ledger"
        case .ledgerTotal: "/ledger/total"
        case .metrics: "/metrics"
        case .checkpoint: "/ledger/checkpoint"
        case .ledgerKey: "/ledger/key"
        case .inclusion: "/ledger/inclusion"
        case .consistency: "/ledger/consistency"
        case .receipts: "/ledger/receipts"
        case .queries: "/queries"
        case .query: "/queries/{name}"
        case .reportJSON: "/report.json"
        case .reportPDF: "/report.pdf"
        case .upload: "/upload_data"
        case .uploadStanding: "/upload_data/standing"
        case .confirm, .confirmAsPost: "/confirm_data"
        case .withdraw: "/data"
        case .halt: "/halt"
        }
    }

    var method: HTTPRequest.Method {
        switch self {
        case .signatures, .upload, .confirmAsPost, .halt: .post
        case .withdraw: .delete
        default: .get
        }
    }

    var access: Access {
        switch self {
        case .attestation, .spec, .health, .ready, .openAPI: .anybody
        case .metrics: .watchers
        case .details, .model, .modelStatus, .formats, .ledger, .ledgerTotal, .columns, .checkpoint, .ledgerKey,
            .inclusion, .consistency, .receipts, .queries, .query, .reportJSON, .reportPDF:
            .parties
        case .samples, .provenance, .page: .recipients
        case .signatures, .upload, .uploadStanding, .confirm, .confirmAsPost, .withdraw, .halt: .providers
        }
    }

    private static let byPath = Dictionary(grouping: allCases, by: \.path)

    /// The endpoint of a request.
    ///
    /// - Throws: 404 for an unknown path, 405 with `Allow` for an unknown method.
    static func find(_ method: HTTPRequest.Method, _ path: String) throws(Problem) -> Endpoint {
        let pattern = path.hasPrefix("/queries/") ? Endpoint.query.path : path
        guard let endpoints = byPath[pattern] else {
            throw Problem.notFound(nearest: NearestWord.to(path, among: allCases.map(\.path)))
        }
        guard let endpoint = endpoints.first(where: { $0.method == method }) else {
            throw Problem.methodNotAllowed(endpoints.map(\.method.rawValue))
        }
        return endpoint
    }

    /// Lets a caller in who may use this endpoint.
    ///
    /// - Throws: 401 for strangers, 403 for parties of another role.
    func admit(_ caller: Caller) throws(Problem) {
        switch (access, caller) {
        case (.anybody, _), (.parties, .party), (.watchers, .party), (.watchers, .watcher): return
        case (_, .stranger), (_, .watcher): throw Problem.notAParty
        case (.providers, .party(_, let role)):
            guard role == .provider else { throw Problem.wrongRole("providers") }
        case (.recipients, .party(_, let role)):
            guard role == .provider || role == .consumer else { throw Problem.wrongRole("providers and consumers") }
        }
    }
}
