import HTTPTypes
import HummingbirdCore
import Tasks

/// Which capability answers which call.
extension TaskDriver: CallHandler {
    nonisolated func answer(_ call: Call, to endpoint: Endpoint) async throws -> Response {
        await expire()
        return switch endpoint {
        case .attestation: try await attestation(call)
        case .spec: Response.json(canonicalBytes)
        case .health: Response.json(.object([("status", .string("ok"))]))
        case .ready: try ready()
        case .signatures: try await takeSignature(call)
        case .details: await details()
        case .modelStatus: await modelStatus(call)
        case .openAPI: Response.openAPI
        case .formats: formats(call)
        case .columns: try await columns(call)
        case .samples: try await samples(call)
        case .provenance: try await provenance(call)
        case .model: try await modelFile(call)
        case .page: try await page()
        case .ledger: try await ledgerEntries()
        case .ledgerTotal: try await ledgerTotal()
        case .checkpoint: Response.text(try signedCheckpoint().text)
        case .ledgerKey: try await ledgerKey()
        case .inclusion: try inclusion(call)
        case .consistency: try consistency(call)
        case .receipts: try await receipts(call)
        case .queries: try await queries()
        case .query: try await query(call)
        case .reportJSON: try await reportJSON()
        case .reportPDF: try await reportPDF()
        case .metrics: Response.text(metrics.text(stage: await life.stage))
        case .upload: try await upload(call)
        case .uploadStanding: try await uploadStanding(call)
        case .confirm, .confirmAsPost: try await takeConfirmation(call)
        case .withdraw: try await takeWithdrawal(call)
        case .halt: try await takeHalt(call)
        }
    }
}
