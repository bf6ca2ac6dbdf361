import Attestation
import Bytes
import Foundation

/// A JSON file of the service's whose parts are signed: one object with known members, and nothing beside them.
package enum SignedFile {
    /// Whether bytes are an object with some of the members, so that what is missing can be named.
    package static func resembles(_ bytes: [UInt8], members: Set<String>, atLeast count: Int) -> Bool {
        JSONValue.names(in: bytes).intersection(members).count >= count
    }

    /// Decodes the object. A byte order mark before it says nothing.
    package static func read<File: Decodable>(
        _ type: File.Type, from file: [UInt8], members: Set<String>
    ) throws(ReceiptError) -> File {
        let bytes = DocumentText.afterMark(file)
        // Malformed for the check is malformed for the decoder, or in an encoding that hides a name from the check.
        if let fault = JSONForm.fault(of: bytes) { throw fault == .duplicateName ? .nameTwice : .unreadable }
        do {
            let found = try JSONDecoder().decode(type, from: Data(bytes))
            // The decoder passes over members that it does not know, whatever stands in them.
            let names = JSONValue.names(in: bytes)
            guard !names.isEmpty else { throw ReceiptError.unreadable }
            guard names.isSubset(of: members) else { throw ReceiptError.memberUnknown }
            return found
        } catch let error as ReceiptError {
            throw error
        } catch DecodingError.keyNotFound(let key, let context) where context.codingPath.isEmpty {
            throw .memberMissing(key.stringValue)
        } catch DecodingError.keyNotFound(_, let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.dataCorrupted(let context)
        {
            guard let member = context.codingPath.first else { throw .unreadable }
            throw .memberMalformed(member.stringValue)
        } catch {
            throw .unreadable
        }
    }
}
