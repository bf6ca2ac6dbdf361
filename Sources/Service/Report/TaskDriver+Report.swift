import Attestation
import Crypto
import Engine
import Evaluation
import FittedModels
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import PDF
import PrivacyKernel
import Queries
import Tasks

/// The signed report of a finished task, for machines and for people.
extension TaskDriver {
    /// `GET /report.json`: the report, its signature, and evidence for the key.
    nonisolated func reportJSON() async throws -> Response { Response.json(try await signedReport().json) }

    /// `GET /report.pdf`: the same as a signed document with the evidence inside.
    nonisolated func reportPDF() async throws -> Response {
        let signed = try await signedReport()
        let evidenceDigest = SHA256.hash(data: signed.evidence).hexadecimal
        let time = now()
        let file = PDFFile(
            title: "Report of task \(specification.name)", date: Self.date(time),
            pages: signed.report.pages(
                evidenceDigest: evidenceDigest, of: specification,
                made: "\(UTCInstant(seconds: Int64(time.timeIntervalSince1970)))"),
            attachments: [
                .init(
                    name: "evidence.json", type: "application/json",
                    description: "Attestation evidence for the key that signed this document", bytes: signed.evidence),
                .init(
                    name: "report.json", type: "application/json", description: "The figures, signed by the same key",
                    bytes: signed.json),
            ])
        let bytes = try await file.signed { try reportSigner.cms(of: $0) }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/pdf", .contentLength: String(bytes.count),
                .contentDisposition: "attachment; filename=report.pdf",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private nonisolated func signedReport() async throws -> (report: TaskReport, json: [UInt8], evidence: [UInt8]) {
        let report = try await report()
        let body = try report.encoded()
        let key = reportSigner.publicKey
        let evidence = try await evidenceIssuer.evidence(
            for: key, task: digest.bytes, boot: boot, head: ledger.head
        ).json()
        let signature = Data(try reportSigner.signature(of: body)).base64EncodedString()
        let head =
            #"{"entrepot-report":1,"key":"\#(Data(key.publicKeyInfo).base64EncodedString())","signature":"\#(signature)","#
        let json = Array(head.utf8) + Array(#""evidence":"#.utf8) + evidence + Array(#","report":"#.utf8) + body
        return (report, json + Array("}\n".utf8), evidence)
    }

    private nonisolated func report() async throws -> TaskReport {
        let product = try await finished()
        let uploads = try ledger.reservedUploads() ?? [:]
        let total = try ledger.total()
        return TaskReport(
            task: specification.name, purpose: specification.purpose, taskDigest: digest.hex,
            parties: specification.parties.map { party in
                .init(
                    name: party.name, role: party.role.rawValue, fingerprint: party.publicKey.fingerprint,
                    table: uploads[party.name])
            },
            privacy: .init(
                epsilon: specification.privacy.epsilon, delta: specification.privacy.delta,
                unit: specification.privacy.unitWords, spentAddingOrRemovingOne: total.epsilon,
                spentChangingOne: product.transcript.spent?.epsilonChangingOne, split: fitter.plan.steps),
            countedBy: fitter.plan.countedBy, queries: try await answers(),
            agreement: try await agreement(product),
            ledger: .init(sequence: ledger.head.sequence, hash: ledger.head.hash.hexadecimal),
            software: .init(
                evidenceFormat: evidenceIssuer.format.rawValue,
                buildManifest: evidenceIssuer.buildManifestDigest.hexadecimal))
    }

    private nonisolated func agreement(_ product: TaskProduct) async throws -> [TaskReport.Agreement] {
        guard case .model(let model) = product else { return [] }
        let task = fitter.task
        return try await recordedAgreement.value {
            try TaskReport.Agreement.all(model, task.measuredSums(model.transcript))
        }
    }

    /// A time as PDF writes it.
    private static func date(_ time: Date) -> String {
        let digits = "\(UTCInstant(seconds: Int64(time.timeIntervalSince1970)))".filter(\.isNumber)
        return "D:\(digits)Z"
    }
}

/// `GET /report`: how far to trust the rows, as a page. It is a function of the model and the task, made once.
extension TaskDriver {
    func page() async throws -> Response {
        let model = try fittedModel()
        let making: Task<[UInt8], any Error>
        if let reportPage {
            making = reportPage
        } else {
            let subject = EvaluationSubject(
                specification, source: .service,
                date: String("\(UTCInstant(seconds: Int64(since.timeIntervalSince1970)))".prefix(10)),
                warning: evidenceIssuer.format == .simulated
                    ? "The evidence of this service is SIMULATED: it proves nothing about where it runs." : nil)
            making = Task.detached(priority: .utility) {
                Array(try EvaluationPage(model, evaluation: ModelEvaluation(model), subject: subject).html().utf8)
            }
            reportPage = making
        }
        let page = try await making.value
        return Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-cache"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: page)))
    }
}
