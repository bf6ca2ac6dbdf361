import Domains
import Foundation
import HTTPTypes
import HummingbirdCore
import Ledger
import Logging
import Shards
import Tables
import Tasks

extension Problem {
    static let uploadsUsedUp = Problem(
        .tooManyRequests, code: "upload_quota",
        detail: "This party has uploaded \(CallBounds.uploadsOfParty) tables in this task, which is the most.",
        hint:
            "Confirm the table that is held, or agree on a new task. `entrepot check` finds what is wrong with a file "
            + "without an upload; refused files do not count.",
        audience: .owner)
}

/// A provider's table, from the first byte of the request to the receipt.
extension TaskDriver {
    /// `POST /upload_data`: reads a table while it comes, holds it, and answers with its digest and with what opens its
    /// commitment: both are for the owner alone.
    nonisolated func upload(_ call: Call) async throws -> Response {
        let party = try call.party()
        guard let provider = specification.party(named: party), let table = provider.table,
            let domain = domains[party], let reading = try specification.readingDomain(of: provider)
        else {
            throw Problem.wrongRole("providers")
        }
        let declared = try DeclaredOpening(call.request.headers)
        let start = try await uploadBegins(
            party: party, length: call.contentLength, range: call.request.headers[.contentRange])
        let blinding = declared.blinding ?? start.kept?.blinding ?? .random()
        let outcome: Result<(table: ReceivedTable, opening: UploadOpening), any Error>
        do {
            let received = try await receive(call, table, reading, start, blinding)
            let opening = UploadOpening(blinding: blinding, file: received.digest)
            try declared.check(opening)
            try await hold(received.table, opening, party: party)
            outcome = .success((received, opening))
        } catch let problems as TableProblems {
            outcome = .failure(Problem.table(problems, keyColumns: table.key.columns))
        } catch let error as ShardError {
            outcome = .failure(await refusal(of: error))
        } catch {
            outcome = .failure(error)
        }
        await uploadEnded(party: party)
        logger.info("an upload ended", metadata: ["party": "\(party)"])
        let (received, opening) = try outcome.get()
        var response = Response.json(
            .object([
                ("message", .string("Upload completed")), ("sha256", .string(opening.file.hex)),
                ("rows", .integer(Int64(received.table.rowCount))),
                ("columns", .integer(Int64(domain.columns.count))),
                ("warnings", .array(received.warnings.map { .string($0.text) })),
            ]))
        response.headers.set(DeclaredOpening.commitmentHeader, opening.commitment.hex)
        response.headers.set(DeclaredOpening.openingHeader, opening.blinding.hex)
        return response
    }

    /// `GET /upload_data/standing`: how much of the caller's interrupted upload is here.
    nonisolated func uploadStanding(_ call: Call) async throws -> Response {
        let kept = try await interruptedUpload(of: try call.party())
        return Response.json(
            .object([
                ("received", .integer(Int64(kept?.received ?? 0))),
                ("size", kept.map { OrderedJSON.integer(Int64($0.size)) } ?? .null),
                ("sha256", kept.map { OrderedJSON.string($0.digest) } ?? .null),
            ]))
    }

    // MARK: - Reading the body

    /// Where an upload begins: at the start of the file, or where an earlier connection broke.
    struct UploadStart {
        /// nil if the body is the whole file.
        let range: UploadRange?
        /// The upload that this one continues.
        let kept: InterruptedUpload?
    }

    /// Receives a table from its beginning, or continues where an earlier connection broke.
    private nonisolated func receive(
        _ call: Call, _ table: TaskSpecification.PartyTable, _ domain: TableDomain, _ start: UploadStart,
        _ blinding: Blinding
    ) async throws -> ReceivedTable {
        var reader: UploadReader
        if let kept = start.kept?.take() {
            reader = kept
        } else {
            let limits = specification.limits.table(declared: table.rows)
            let rows = try await shardUpload(of: try call.party(), limits)
            reader = try UploadReader(
                headers: call.request.headers,
                file: TableFileReader(
                    table, domain: domain, of: specification, hash: keyedHash,
                    expectedBytes: start.range?.size ?? call.contentLength,
                    limits: rows.map { _ in ShardUpload.limits(limits) }
                ) { rows?.take(from: $0) },
                byteLimit: specification.limits.uploadBytes, rows: rows)
        }
        guard let range = start.range else { return try await reader.receive(call) }
        guard reader.isContinuable else { throw Problem.rangeOfForm }
        do {
            return try await reader.receive(call, size: range.size)
        } catch  where Self.isBreak(error) && reader.received < range.size {
            await uploadBroke(
                party: try call.party(),
                InterruptedUpload(
                    reader, blinding: blinding, size: range.size, at: now().timeIntervalSince1970))
            throw error
        }
    }

    /// Whether an upload ended because bytes are missing, not because they are wrong.
    private static func isBreak(_ error: any Error) -> Bool {
        switch error {
        // What shards have of it is gone with the connection to them.
        case is TableProblems, is ShardError: false
        case let problem as Problem: ["incomplete", "too_slow"].contains(problem.code)
        default: true
        }
    }

    // MARK: - Events

    /// Opens the way for a table before its body is asked for; call ``uploadEnded(party:)`` whatever becomes of it.
    ///
    /// - Parameters:
    ///   - length: of the body, as far as its sender says.
    ///   - range: the header Content-Range; nil for a whole file.
    /// - Throws: `Problem` if the life of the task takes no table now, the body is too large, another upload of the
    ///   party is under way, or the part is not the one that is missing.
    func uploadBegins(party: String, length: Int? = nil, range: String?) throws -> UploadStart {
        try admitsUpload(party: party)
        guard try ledger.uploads(of: party) < CallBounds.uploadsOfParty else { throw Problem.uploadsUsedUp }
        let limit = specification.limits.uploadBytes
        if let length, length > limit + UploadReader.formOverhead { throw Problem.tooLarge(limit) }
        let range = try UploadRange(range)
        return UploadStart(range: range, kept: try uploads.begin(of: party, range: range))
    }

    func uploadEnded(party: String) {
        uploads.end(of: party)
        // What came of it is kept by now, or it goes, unless the rest may still come.
        if !uploads.isInterrupted(of: party) { dropRows(of: party) }
    }

    /// Keeps what was received of an upload whose connection broke, while the task still collects.
    private func uploadBroke(party: String, _ upload: InterruptedUpload) {
        guard (try? admitsUpload(party: party)) != nil else { return }
        uploads.interrupt(upload, of: party)
    }

    private func interruptedUpload(of party: String) throws -> InterruptedUpload? {
        try uploads.interrupted(of: party)
    }

    /// Whether a table would be received now.
    private func admitsUpload(party: String) throws {
        var next = life
        do { _ = try next.handle(.uploadBegan(party: party)) } catch { throw Problem.life(error) }
    }

    /// Holds a table that was read without a problem, once the ledger has its commitment.
    private func hold(_ table: KeyedTable, _ opening: UploadOpening, party: String) throws {
        let commitment = ledger.commitment(to: opening)
        try perform(.uploaded(party: party, commitment: commitment)) { _ in
            try ledger.recordUpload(party: party, commitment: commitment)
            tables.hold(table, of: party)
            keepRows(of: party)
            openings[party] = opening
        }
        logger.info("a table is held", metadata: ["party": "\(party)"])
    }
}
