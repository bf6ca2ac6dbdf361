import Crypto
import Engine
import FittedModels
import Foundation
import HTTPTypes
import HummingbirdCore
import Ledger
import Logging
import NIOCore
import Tasks

/// Synthetic rows. They cost no ε: sampling reads only the model.
extension TaskDriver {
    /// `GET /samples`: synthetic rows. The first download of a party is entered in the ledger.
    nonisolated func samples(_ call: Call) async throws -> Response {
        var response = try await drawn(call)
        try await recordDownload(by: try call.party())
        response.headers.set("X-Ledger-Head", ledger.head.hash.hexadecimal)
        return response
    }

    /// The same bytes for the same seed, in whole or in part.
    private nonisolated func drawn(_ call: Call) async throws -> Response {
        guard specification.releasesRows else { throw Problem.rowsNotAgreed }
        let request = try SampleRequest(call.query)
        let source = try await modelWithDigest()
        let place = try await sampleLimiter.enter(as: try call.party())
        let seed = request.seed ?? SystemRandomNumberGenerator.fresh
        let refit = try await refitPlace(request, of: call)
        defer { withExtendedLifetime(refit) {} }
        let draw = try await DedicatedThread.run("samples") {
            try SampleDraw(request, seed: seed, model: source.model, modelDigest: source.digest)
        }
        var headers = try headers(of: draw)
        let fields = call.request.headers
        if request.seed != nil, let known = fields[.ifNoneMatch], Self.matches(known, draw.tag) {
            return Response(status: .notModified, headers: headers)
        }
        var range: Range<UInt64>?
        var length = sampleLimiter.record(of: draw.tag)?.bytes
        if request.seed != nil, let asked = fields[.range].flatMap(ByteRange.init),
            fields[.ifRange].map({ $0 == draw.tag }) ?? true
        {
            let total = try await record(of: draw).bytes
            guard let resolved = asked.resolved(total: total) else {
                throw Problem.rangeOutside(total: total)
            }
            headers[.contentRange] = "bytes \(resolved.lowerBound)-\(resolved.upperBound - 1)/\(total)"
            range = resolved
            length = UInt64(resolved.count)
        }
        headers[.contentType] = request.format.contentType
        headers[.contentDisposition] = "attachment; filename=\(request.format.fileName)"
        return Response(
            status: range == nil ? .ok : .partialContent, headers: headers,
            body: body(draw, range, length: length, place, call.session))
    }

    /// `GET /samples/provenance`: the service's signed statement about the samples of the same query.
    nonisolated func provenance(_ call: Call) async throws -> Response {
        guard specification.releasesRows else { throw Problem.rowsNotAgreed }
        let request = try SampleRequest(call.query)
        guard let seed = request.seed else {
            throw Problem.argument(
                ["query", "seed"], "field required", "value_error.missing",
                hint: "Samples name their seed in the header Entrepot-Seed; ask with the same arguments.")
        }
        let source = try await modelWithDigest()
        let place = try await sampleLimiter.enter(as: try call.party())
        let refit = try await refitPlace(request, of: call)
        defer { withExtendedLifetime((place, refit)) {} }
        let draw = try await DedicatedThread.run("samples") {
            try SampleDraw(request, seed: seed, model: source.model, modelDigest: source.digest)
        }
        let record = try await record(of: draw)
        let (head, spent) = (ledger.head, try ledger.total())
        guard let model = LedgerHash(hex: source.digest), let task = LedgerHash(bytes: digest.bytes),
            let hash = LedgerHash(bytes: head.hash), let sha256 = LedgerHash(bytes: record.sha256)
        else { throw Problem.internalError }
        let statement = SampleStatement(
            task: task, model: model, ledgerSequence: head.sequence, ledgerHead: hash, epsilon: spent.epsilon,
            delta: spent.delta, query: draw.request.text, sha256: sha256, bytes: record.bytes)
        return try await signed(samples: statement)
    }

    /// A refit takes as long as a fit: one of a party at a time.
    private nonisolated func refitPlace(_ request: SampleRequest, of call: Call) async throws -> SampleLimiter.Place? {
        request.imputation == nil ? nil : try await refitLimiter.enter(as: try call.party())
    }

    /// `GET /model`: the file of what was fitted, for whoever draws rows offline. It holds what the kernel released and what
    /// follows from it, and its SHA-256 stands in the ledger.
    nonisolated func modelFile(_ call: Call) async throws -> Response {
        let source = try await modelWithDigest()
        let bytes = try await DedicatedThread.run("model") { try source.model.encoded() }
        guard SHA256.hash(data: bytes).hexadecimal == source.digest else { throw Problem.internalError }
        try await recordDownload(by: try call.party())
        var headers: HTTPFields = [
            .contentType: "application/octet-stream", .eTag: "\"\(source.digest)\"",
            .contentDisposition: "attachment; filename=\(StateDirectory.modelName)",
        ]
        headers.set("X-Epsilon-Spent", "\(try ledger.total().epsilon)")
        headers.set("X-Ledger-Head", ledger.head.hash.hexadecimal)
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private nonisolated func headers(of draw: SampleDraw) throws -> HTTPFields {
        var headers: HTTPFields = [.eTag: draw.tag, .acceptRanges: "bytes"]
        headers.set("Entrepot-Seed", draw.request.seed.map { String($0) } ?? "")
        headers.set("Link", "</samples/provenance?\(draw.request.text)>; rel=\"describedby\"")
        headers.set("X-Epsilon-Spent", "\(try ledger.total().epsilon)")
        headers.set("X-Ledger-Head", ledger.head.hash.hexadecimal)
        return headers
    }

    /// The service's statement about samples, in the form that is stored beside them.
    private nonisolated func signed(samples statement: SampleStatement) async throws -> Response {
        Response.json(
            .object([
                ("samples", .integer(1)), ("note", .string(try signer.sign(statement))),
                ("key", .string(signer.verifier.encoded)),
                ("evidence", .string(Data(try await keyEvidence()).base64EncodedString())),
            ]))
    }

    /// Length and digest of the whole; drawn once more if they are not known.
    private nonisolated func record(of draw: SampleDraw) async throws -> SampleRecord {
        if let record = sampleLimiter.record(of: draw.tag) { return record }
        guard draw.request.rowCount <= CallBounds.measuredRows else { throw Problem.notMeasured }
        let record = try await DedicatedThread.run("samples") { wanted in
            try draw.measured { wanted.isCancelled }
        }
        sampleLimiter.keep(record, of: draw.tag)
        return record
    }

    private nonisolated func body(
        _ draw: SampleDraw, _ range: Range<UInt64>?, length: UInt64?, _ place: SampleLimiter.Place,
        _ session: ConnectionSession
    ) -> ResponseBody {
        let limiter = sampleLimiter
        return ResponseBody(contentLength: length.flatMap { Int(exactly: $0) }) { writer in
            // Held until the last byte is out.
            defer { withExtendedLifetime(place) {} }
            try await BlockingPipe().run { put in
                guard let range else {
                    var meter = SampleMeter()
                    try draw.write { piece in
                        if session.isGone { throw CancellationError() }
                        meter.add(piece)
                        try put(piece)
                    }
                    return limiter.keep(meter.record, of: draw.tag)
                }
                var window = ByteWindow(range)
                try draw.write { piece in
                    // What lies before the range takes time and sends nothing.
                    if session.isGone { throw CancellationError() }
                    try put(window.clip(piece))
                    if window.isOver { throw CancellationError() }
                }
            } send: { piece in
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try await writer.finish(nil)
        }
    }

    /// Whether a list of entity tags names this one (RFC 9110 §13.1.2).
    private static func matches(_ list: String, _ tag: String) -> Bool {
        list.split(separator: ",").contains { one in
            let name = one.drop { $0 == " " }.prefix { $0 != " " }
            return name == "*" || name == tag || name == "W/\(tag)"
        }
    }

    /// The model and the digest of its file, once the task is trained.
    private nonisolated func modelWithDigest() async throws -> (model: FittedModel, digest: String) {
        let model = try await fittedModel()
        guard let digest = try ledger.modelDigest() else { throw Problem.internalError }
        return (model, digest)
    }

    /// Enters in the ledger that a party begins to take synthetic rows; once a party.
    private func recordDownload(by party: String) throws {
        guard life.stage == .trained, !downloaders.contains(party) else { return }
        do {
            try ledger.recordFirstDownload(by: party)
        } catch {
            logger.error("the ledger could not be written")
            throw Problem.notRecorded
        }
        downloaders.insert(party)
    }
}

extension SystemRandomNumberGenerator {
    /// One number of the system's.
    fileprivate static var fresh: UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

extension Problem {
    /// Only for a record are rows drawn that nobody receives.
    fileprivate static let notMeasured = Problem(
        .conflict, code: "not_measured",
        detail: "The length of so many rows is not known before they have been downloaded to their end.",
        hint: "Download them once with the same arguments and seed; up to \(CallBounds.measuredRows) rows are measured "
            + "without.",
        audience: .owner)

    fileprivate static func rangeOutside(total: UInt64) -> Problem {
        Problem(
            .rangeNotSatisfiable, code: "range", detail: "The range lies behind the end of the samples.",
            hint: "They are \(total) bytes long; a download that has them all is complete.", audience: .owner,
            headers: [.contentRange: "bytes */\(total)"])
    }
}
