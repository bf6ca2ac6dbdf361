import Attestation
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Tables
import Tasks

/// The calls of the service: each takes a request that the front door let in and gives its answer.
extension TaskDriver: CallHandler {
    nonisolated func caller(publicKeyInfo: [UInt8]?) -> Caller {
        guard let publicKeyInfo, let key = try? PartyKey(derRepresentation: publicKeyInfo),
            let party = specification.party(holding: key)
        else { return .stranger }
        let role: Caller.Role =
            switch party.role {
            case .provider: .provider
            case .consumer: .consumer
            case .auditor: .auditor
            case .operator: .operator
            }
        return .party(name: party.name, role: role)
    }

    nonisolated func standing(for caller: Caller) async -> HTTPFields {
        let head = await head(for: caller)
        var headers: HTTPFields = [:]
        headers.set("Entrepot-Boot", boot.id.hexadecimal)
        headers.set("Entrepot-Seq", String(head.sequence))
        headers.set("Entrepot-Head", head.hash.hexadecimal)
        return headers
    }

    /// The newest ledger entry that a caller may know: strangers know that of the task alone.
    func head(for caller: Caller) -> LedgerHead {
        caller == .stranger ? ledger.firstHead : ledger.head
    }

    nonisolated func admit(_ call: Call, to endpoint: Endpoint) async throws {
        await expire()
        guard endpoint == .upload else { return }
        try await admitsUpload(party: try call.party())
        let limit = specification.limits.uploadBytes
        if let length = call.request.headers[.contentLength].flatMap({ Int($0) }), length > limit + 64 * 1024 {
            throw Problem.tooLarge(limit)
        }
    }

    nonisolated func answer(_ call: Call, to endpoint: Endpoint) async throws -> Response {
        switch endpoint {
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
        case .samples: try await release(samples: call)
        case .provenance: try await provenance(call)
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

extension TaskDriver {
    private nonisolated func attestation(_ call: Call) async throws -> Response {
        guard let nonce = Nonce(call.query["nonce"] ?? "") else {
            throw Problem(
                .badRequest, code: "bad_nonce", detail: "The nonce is not 64 hexadecimal digits.",
                hint: "Draw 32 random bytes for each request: /attestation?nonce=$(openssl rand -hex 32).",
                audience: .everyone)
        }
        let evidence = try await evidenceIssuer.evidence(
            session: call.session, nonce: nonce.bytes, identity: identity, task: digest.bytes, boot: boot,
            head: await head(for: call.caller))
        return Response.json(evidence.json())
    }

    private nonisolated func takeSignature(_ call: Call) async throws -> Response {
        let party = try call.party()
        let signature: TaskSignature
        do {
            signature = try TaskSignature(fileBytes: try await call.body(upTo: 16 * 1024))
        } catch let error as TaskError {
            throw Problem.signature(error)
        }
        guard signature.party == party else {
            throw Problem(
                .forbidden, code: "not_yours", detail: "The signature is for another party.",
                hint: "Each party hands in its own signature over its own connection.", audience: .owner)
        }
        try await sign(signature)
        let life = await life
        let signed = life.providers.filter { life.signed.contains($0) }
        return Response.json(
            .object([
                ("signed", .array(signed.map(OrderedJSON.string))),
                ("missing", .array(life.missingSignatures.map(OrderedJSON.string))),
            ]))
    }

    private nonisolated func upload(_ call: Call) async throws -> Response {
        let party = try call.party()
        guard let table = specification.party(named: party)?.table, let domain = domains[party] else {
            throw Problem.wrongRole("providers")
        }
        let range = try UploadRange(call.request.headers[.contentRange])
        let kept = try await uploadBegins(party: party, range: range)
        let outcome: Result<Response, any Error>
        do {
            let received = try await read(call, table, domain, range, kept)
            try await keep(received, party: party)
            outcome = .success(
                Response.json(
                    .object([
                        ("message", .string("Upload completed")), ("sha256", .string(received.digest)),
                        ("rows", .integer(Int64(received.table.rowCount))),
                        ("columns", .integer(Int64(domain.columns.count))), ("warnings", .array([])),
                    ])))
        } catch let problems as TableProblems {
            outcome = .failure(Problem.table(problems, keyColumns: table.key.columns))
        } catch {
            outcome = .failure(error)
        }
        await uploadEnded(party: party)
        return try outcome.get()
    }

    /// Reads a table from its beginning, or goes on where an earlier connection broke.
    private nonisolated func read(
        _ call: Call, _ table: TaskSpecification.PartyTable, _ domain: TableDomain, _ range: UploadRange?,
        _ kept: InterruptedUpload?
    ) async throws -> ReceivedTable {
        var upload =
            try kept?.take()
            ?? UploadReader(
                headers: call.request.headers,
                file: TableFileReader(
                    table, domain: domain, of: specification, hash: keyedHash,
                    expectedBytes: range?.size ?? call.request.headers[.contentLength].flatMap { Int($0) }),
                byteLimit: specification.limits.uploadBytes)
        guard let range else { return try await upload.read(call.request.body, state: call.bodyState) }
        guard upload.isContinuable else { throw Problem.rangeOfForm }
        do {
            return try await upload.read(call.request.body, size: range.size, state: call.bodyState)
        } catch  where Self.isBreak(error) && upload.received < range.size {
            await uploadBroke(
                party: try call.party(),
                InterruptedUpload(upload, size: range.size, at: now().timeIntervalSince1970))
            throw error
        }
    }

    /// Whether an upload ended for want of bytes, and not because of what they are.
    private static func isBreak(_ error: any Error) -> Bool {
        switch error {
        case is TableProblems: false
        case let problem as Problem: ["incomplete", "too_slow"].contains(problem.code)
        default: true
        }
    }

    private nonisolated func takeConfirmation(_ call: Call) async throws -> Response {
        let party = try call.party()
        let confirmation = try Confirmation(try await call.body(upTo: 16 * 1024))
        if let hash = confirmation.taskDigest, hash != digest.hex {
            throw Problem(
                .conflict, code: "hash_mismatch", detail: "The confirmation names another task.",
                hint: "This service runs task \(digest.hex).", audience: .owner)
        }
        if let named = confirmation.boot, named != boot.id.hexadecimal {
            throw Problem(
                .conflict, code: "boot_mismatch", detail: "The confirmation names another boot of the service.",
                hint: "Verify this service again; upload again if you trust it.", audience: .owner)
        }
        try await confirm(party: party, digest: confirmation.fileDigest)
        return Response.json(
            .object([("message", .string("Data confirmed")), ("stage", .string(await life.stage.rawValue))]))
    }

    private nonisolated func takeWithdrawal(_ call: Call) async throws -> Response {
        try await withdraw(party: try call.party())
        return Response.json(
            .object([("message", .string("Data deleted")), ("stage", .string(await life.stage.rawValue))]))
    }

    private nonisolated func takeHalt(_ call: Call) async throws -> Response {
        try await halt(party: try call.party())
        return Response.json(
            .object([("message", .string("Task halted")), ("stage", .string(await life.stage.rawValue))]))
    }

    /// How far each provider has come.
    private static func standings(in life: TaskLife) -> OrderedJSON {
        let standings = life.providers.map { party -> (String, OrderedJSON) in
            let members: [(String, OrderedJSON)] = [
                ("signed", .boolean(life.signed.contains(party))), ("uploaded", .boolean(life.has(tableOf: party))),
                ("confirmed", .boolean(life.confirmed.contains(party))),
            ]
            return (party, .object(members))
        }
        return .object(standings)
    }

    private nonisolated func modelStatus(_ call: Call) async -> Response {
        let (life, since) = await (life, since)
        guard call.query["verbose"] == "1" else {
            return Response.json(.string("Model status: \(life.stage.workshopWord)"))
        }
        return Response.json(
            .object([
                ("stage", .string(life.stage.rawValue)), ("since", .integer(Int64(since.timeIntervalSince1970))),
                ("reason", life.stage.reason.map(OrderedJSON.string) ?? .null),
                ("parties", Self.standings(in: life)),
            ]))
    }
}

/// 32 random bytes that a caller chose, as hexadecimal digits.
private struct Nonce {
    let bytes: [UInt8]

    init?(_ text: String) {
        let digits = text.utf8.map { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        guard digits.count == 64 else { return nil }
        let known = digits.compactMap { $0 }
        guard known.count == 64 else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { known[$0] << 4 | known[$0 + 1] }
    }
}
