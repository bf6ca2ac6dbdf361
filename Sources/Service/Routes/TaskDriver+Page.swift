import Attestation
import Evaluation
import FittedModels
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Tasks

/// `GET /report`: how far to trust the rows, as a page. It is a function of the model and the task, made once.
extension TaskDriver {
    func page() async throws -> Response {
        let model = try release()
        let making: Task<[UInt8], any Error>
        if let reportPage {
            making = reportPage
        } else {
            let subject = ReportSubject(
                specification, source: .service,
                date: String("\(UTCInstant(seconds: Int64(since.timeIntervalSince1970)))".prefix(10)),
                warning: evidenceIssuer.format == .simulated
                    ? "The evidence of this service is SIMULATED: it proves nothing about where it runs." : nil)
            making = Task.detached(priority: .utility) {
                Array(try ReportPage(model, evaluation: ModelEvaluation(model), subject: subject).html().utf8)
            }
            reportPage = making
        }
        let page = try await making.value
        return Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-cache"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: page)))
    }
}
