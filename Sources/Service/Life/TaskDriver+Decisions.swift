import HTTPTypes
import HummingbirdCore
import Ledger
import Tasks

/// What a provider decides: to sign the task, to confirm its table, to take it back, to stop the task.
extension TaskDriver {
    // MARK: - Calls

    /// `POST /spec/signatures`: a provider hands in its own signature.
    nonisolated func takeSignature(_ call: Call) async throws -> Response {
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

    /// `GET|POST /confirm_data`: a provider agrees to the fit with the table that it uploaded.
    nonisolated func takeConfirmation(_ call: Call) async throws -> Response {
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
        try await checkShards()
        try await confirm(party: party, confirmation)
        return Response.json(
            .object([("message", .string("Data confirmed")), ("stage", .string(await life.stage.rawValue))]))
    }

    /// `DELETE /data`: a provider takes its own table back.
    nonisolated func takeWithdrawal(_ call: Call) async throws -> Response {
        try await withdraw(party: try call.party())
        return Response.json(
            .object([("message", .string("Data deleted")), ("stage", .string(await life.stage.rawValue))]))
    }

    /// `POST /halt`: a provider stops the task.
    nonisolated func takeHalt(_ call: Call) async throws -> Response {
        try await halt(party: try call.party())
        return Response.json(
            .object([("message", .string("Task halted")), ("stage", .string(await life.stage.rawValue))]))
    }

    // MARK: - Events

    /// Takes a provider's signature.
    func sign(_ signature: TaskSignature) throws {
        var signed = unsigned
        do {
            try signed.add(signature)
        } catch {
            throw Problem.signature(error)
        }
        try perform(.signed(party: signature.party)) { _ in
            try directory?.keep(signature)
            try ledger.recordSignatureOnce(of: signature.party)
        }
        unsigned = signed
    }

    /// Takes a confirmation; the last one starts the fit.
    private func confirm(party: String, _ confirmation: Confirmation) throws {
        // Rows that still come would reach shards that count by then.
        if shards != nil, !life.confirmed.contains(party) { _ = try uploads.interrupted(of: party) }
        let meant = commitment(meantBy: confirmation, of: party)
        try perform(.confirmed(party: party, commitment: meant)) { action in
            guard action != .nothing, let held = life.uploads[party] else { return }
            try ledger.recordConfirmation(party: party, commitment: held)
            guard action == .recordConfirmationAndStartFit(party: party) else { return }
            // ε is spent here, durably, before anything is drawn.
            try ledger.reserve(plan: fitter.plan, uploads: life.uploads)
            startFit()
        }
    }

    /// The commitment to the table that a confirmation names; nil where it names none. A digest that is not that of the
    /// held file is put in words that are no commitment to anything.
    private func commitment(meantBy confirmation: Confirmation, of party: String) -> String? {
        guard let digest = confirmation.fileDigest else { return confirmation.commitment }
        guard let opening = openings[party], opening.file.hex == digest else { return "file \(digest)" }
        return confirmation.commitment ?? ledger.commitment(to: opening)
    }

    /// Takes a party's own table back.
    func withdraw(party: String) throws {
        try perform(.withdrawn(party: party)) { _ in
            try ledger.recordWithdrawal(party: party)
            tables.destroy(of: party)
            removeRows(of: party)
            openings[party] = nil
            if uploads.forgetInterrupted(of: party) { dropRows(of: party) }
        }
    }

    /// Stops the task before anything is released.
    func halt(party: String) throws {
        try perform(.halted(party: party)) { action in
            guard action == .destroyTablesAndModel else { return }
            try end(.halted, by: party)
        }
    }
}

extension Problem {
    static func signature(_ error: TaskError) -> Problem {
        switch error {
        case .signatureForAnotherTask:
            Problem(
                .conflict, code: "hash_mismatch", detail: "The signature is for another task.",
                hint: "\(error)", audience: .owner)
        default:
            Problem(
                .badRequest, code: "signature_invalid", detail: "The signature cannot be accepted.",
                hint: "\(error)", audience: .owner)
        }
    }
}
