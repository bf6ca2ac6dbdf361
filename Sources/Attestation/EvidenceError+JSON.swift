import Bytes

extension EvidenceError {
    /// Why JSON of others is not read, before any of it is decoded; nil where it says the same to every reader.
    package static func ofJSON(_ bytes: [UInt8]) -> EvidenceError? {
        switch JSONForm.fault(of: bytes) {
        case .malformed: .envelope(.json)
        case .duplicateName: .jsonNameTwice
        case .depth: .wrappingDepth
        case .marks: .textMarks
        case nil: nil
        }
    }
}
