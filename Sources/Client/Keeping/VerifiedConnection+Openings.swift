import Foundation
import Ledger
import NIOHTTP1
import Tasks

/// What a party keeps of its own uploads, so that it alone can show which files they were.
extension VerifiedConnection {
    static let openingHeader = "Entrepot-Opening"

    /// Remembers that a table goes to this boot, and refuses where one went to another before.
    ///
    /// - Parameter isContinued: whether the upload goes on where an earlier connection broke.
    /// - Returns: the random bytes of the commitment to the table: fresh ones, and those of before for one that goes on.
    func prepareUpload(isContinued: Bool) throws(ClientError) -> Blinding {
        let task = taskDigest.hex
        try recallGuards()
        try VerifiedConnection.observing { () throws(RememberedConflict) in
            try remembered.prepareUpload(
                task: task, boot: bootID, acceptNewInstance: configuration.acceptNewInstance,
                measureAgain: configuration.measureAgain)
        }
        let kept = isContinued ? remembered.tasks[task]?.blinding.flatMap { Blinding(hex: $0) } : nil
        let blinding = kept ?? .random()
        remembered.keep(blinding, task: task)
        try remember()
        return blinding
    }

    /// The same for a call that a local program makes, whose headers get the random bytes where they have none.
    ///
    /// - Returns: nil where the call is no upload, or its random bytes are not to be read: then the service refuses it.
    func prepareUpload(to uri: String, _ headers: inout HTTPHeaders) throws(ClientError) -> Blinding? {
        guard VerifiedConnection.isUpload(uri), party != nil else { return nil }
        let isContinued = headers.first(name: "Content-Range").map { !$0.hasPrefix("bytes 0-") } ?? false
        let drawn = try prepareUpload(isContinued: isContinued)
        let named = headers[Self.openingHeader]
        guard named.isEmpty else { return named.count == 1 ? Blinding(hex: named[0]) : nil }
        headers.add(name: Self.openingHeader, value: drawn.hex)
        return drawn
    }

    /// Keeps what opens an upload that a local program made, by the digest that the service answered to it.
    func keepOpening(answering body: [UInt8], _ blinding: Blinding) throws {
        guard let answer = try? JSONDecoder().decode(UploadReceipt.self, from: Data(body)),
            let digest = LedgerHash(hex: answer.sha256)
        else { throw ClientError.brokenConnection("the answer of the service cannot be read") }
        try keep(UploadOpening(blinding: blinding, file: digest), named: nil)
    }

    /// Keeps an opening beside the receipt of its upload.
    ///
    /// - Throws: `ClientError.noReceipt` where the ledger has entered no such commitment of the caller.
    func keep(_ opening: UploadOpening, named name: String?) throws(ClientError) {
        let receipt = receipts.last { receipt in
            receipt.entry.kind == .upload && receipt.entry.party == party?.publicKey.fingerprint
                && receipt.isOf(opening)
        }
        guard let receipt else { throw .noReceipt }
        let path = "\(receiptsDirectory)/\(receipt.openingFileName)"
        do {
            try OpeningFile(opening, name: name).write(to: path)
        } catch {
            throw .unwritable(path: path)
        }
    }

    /// What opens the commitment of an upload of the caller, as far as this client made it.
    func opening(of receipt: Receipt) -> UploadOpening? {
        let path = "\(receiptsDirectory)/\(receipt.openingFileName)"
        guard let bytes = FileManager.default.contents(atPath: path),
            let file = try? OpeningFile(json: Array(bytes)), receipt.isOf(file.opening)
        else { return nil }
        return file.opening
    }
}
