import Attestation
import Bytes
import Foundation
import Ledger
import Tasks

/// The ledger as a transparency log: every later state must contain the earlier ones.
extension VerifiedConnection {
    /// Compares the service's ledger with what this client saw before, and remembers the newer state.
    ///
    /// - Throws: `ClientError.remembered` for a ledger that is shorter than before, or not a continuation.
    func followLedger() async throws {
        guard party != nil else { return }
        let (signed, key) = try await checkpoint()
        guard signed.size >= statement.ledgerSequence else {
            throw ClientError.remembered(.rolledBack(remembered: statement.ledgerSequence, found: signed.size))
        }
        do {
            try await take(signed, under: key)
        } catch ClientError.remembered(let conflict) {
            let task = taskDigest.hex
            guard configuration.measureAgain, remembered.tasks[task]?.checkpoint?.key != key.encoded else {
                throw ClientError.remembered(conflict)
            }
            remembered.forgetLedger(task: task, for: bootID)
            try await take(signed, under: key)
        }
        ledgerKey = key
    }

    /// Remembers a checkpoint that is proved to continue the one before.
    private func take(_ signed: Checkpoint, under key: NoteVerifier) async throws {
        let task = taskDigest.hex
        if let seen = remembered.tasks[task]?.checkpoint { try await checkContinuation(of: seen, in: signed) }
        remembered.keep(
            RememberedState.SeenCheckpoint(
                size: signed.size, root: signed.root.base64, key: key.encoded, boot: bootID), task: task)
        try remember()
    }

    /// The newest checkpoint, under a key that evidence vouches for.
    private func checkpoint() async throws -> (Checkpoint, NoteVerifier) {
        let text = String(decoding: try await http.fetch("/ledger/checkpoint"), as: UTF8.self)
        guard let note = SignedNote(encoded: text) else { throw ClientError.receipt(.checkpointSignature) }
        let key: NoteVerifier
        if let seen = remembered.tasks[taskDigest.hex]?.checkpoint, seen.boot == bootID,
            let known = NoteVerifier(encoded: seen.key), known.verifies(note)
        {
            key = known
        } else {
            key = try await attestedKey()
        }
        guard let checkpoint = key.checkpoint(of: note), checkpoint.origin == key.name else {
            throw ClientError.receipt(.checkpointSignature)
        }
        return (checkpoint, key)
    }

    /// The key that signs this boot's checkpoints, verified as the connection was.
    private func attestedKey() async throws -> NoteVerifier {
        struct Answer: Decodable { let key: String }
        let body = try await http.fetch("/ledger/key")
        guard JSONForm.isPlain(body), let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)),
            let key = NoteVerifier(encoded: answer.key), let evidence = Self.member("evidence", of: body)
        else { throw ClientError.receipt(.unreadable) }
        let report: DocumentVerification.Appraisal
        do {
            // At its own time: the key's evidence is made once, and the connection's has shown that the boot is alive.
            report = try DocumentVerification.verify(
                Evidence(json: evidence).json(), format: self.evidence.format, trust: configuration.trustNow,
                vouches: LedgerKey(publicKey: key.publicKey).isVouchedFor)
        } catch {
            throw ClientError.receipt(.evidence(error))
        }
        guard report.refusals.isEmpty else { throw ClientError.refused(report.refusals) }
        guard LedgerKey(publicKey: key.publicKey).isVouchedFor(by: report.evidence),
            let said = report.evidence.statement, said.bootID == statement.bootID,
            said.taskDigest == statement.taskDigest
        else { throw ClientError.receipt(.keyNotAttested) }
        guard key.name == "entrepot/ledger/\(taskDigest.hex)" else { throw ClientError.receipt(.otherLedger) }
        return key
    }

    private func checkContinuation(of seen: RememberedState.SeenCheckpoint, in now: Checkpoint) async throws {
        guard let root = LedgerHash(base64: seen.root) else {
            throw ClientError.remembered(.unreadable(configuration.stateFile))
        }
        guard now.size >= seen.size else {
            throw ClientError.remembered(.rolledBack(remembered: seen.size, found: now.size))
        }
        struct Answer: Decodable { let proof: [String] }
        var proof: [LedgerHash] = []
        if now.size > seen.size {
            let body = try await http.fetch("/ledger/consistency?from=\(seen.size)&to=\(now.size)")
            guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)) else {
                throw ClientError.remembered(.forked(sequence: seen.size))
            }
            proof = answer.proof.compactMap { LedgerHash(base64: $0) }
        }
        let isContinued = MerkleTree.verifyConsistency(
            oldSize: seen.size, oldRoot: root, newSize: now.size, newRoot: now.root, proof: proof)
        guard isContinued else { throw ClientError.remembered(.forked(sequence: seen.size)) }
    }

    /// The JSON of one member of an object, written again.
    private static func member(_ name: String, of body: [UInt8]) -> [UInt8]? {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any],
            let value = object[name] as? [String: Any],
            let data = try? JSONSerialization.data(withJSONObject: value)
        else { return nil }
        return Array(data)
    }
}

// MARK: - Receipts

extension VerifiedConnection {
    /// Fetches, checks and keeps a receipt for every ledger entry that has none yet in the folder of receipts.
    ///
    /// - Throws: `ClientError.receipt` for a receipt that does not prove its entry, `unwritable` for the folder.
    public func keepReceipts() async throws {
        let task = taskDigest.hex
        guard party != nil, let key = ledgerKey, let sighting = remembered.tasks[task] else { return }
        let kept = sighting.receipts ?? 0
        guard sighting.sequence > kept else { return }
        struct Item: Decodable {
            let entry: String
            let proof: [String]
        }
        struct Answer: Decodable {
            let checkpoint: String
            let key: String
            let receipts: [Item]
        }
        let body = try await http.fetch("/ledger/receipts?from=\(kept + 1)")
        guard JSONForm.isPlain(body), let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)),
            answer.key == key.encoded, let evidence = Self.member("evidence", of: body)
        else { throw ClientError.receipt(.unreadable) }
        guard let note = SignedNote(encoded: answer.checkpoint), let signed = key.checkpoint(of: note) else {
            throw ClientError.receipt(.checkpointSignature)
        }
        try await take(signed, under: key)
        var last = kept
        for item in answer.receipts {
            do {
                let receipt = try Receipt(
                    entry: item.entry, proof: item.proof, checkpoint: answer.checkpoint, key: answer.key,
                    evidence: evidence)
                try receipt.checkProof()
                guard receipt.entry.sequence == last + 1, receipt.entry.task.hex == task else {
                    throw ReceiptError.otherLedger
                }
                last = receipt.entry.sequence
                try write(receipt)
                receipts.append(receipt)
                if receipt.entry.kind == .trained { remembered.keepTrained(by: bootID, task: task) }
            } catch let error as ReceiptError {
                throw ClientError.receipt(error)
            }
        }
        try configuration.archive.write(into: receiptsDirectory)
        remembered.keepReceipts(upTo: last, task: task)
        try remember()
    }

    /// The folder of this task's receipts.
    public var receiptsDirectory: String { "\(configuration.receiptsDirectory)/\(taskDigest.hex.prefix(16))" }

    private func write(_ receipt: Receipt) throws {
        let path = "\(receiptsDirectory)/\(receipt.fileName)"
        do {
            try FileManager.default.createDirectory(
                atPath: receiptsDirectory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Data(receipt.json()).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ClientError.unwritable(path: path)
        }
    }
}
