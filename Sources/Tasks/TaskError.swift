/// What can be wrong with a key, a signature or a set of signatures. Every case is public: none holds a secret.
public enum TaskError: Error, Sendable, Equatable {
    case unreadableKey(String)
    case noKeyFile(String)
    case weakKey(bits: Int)
    case unreadablePrivateKey
    /// The file at a path is no private key; whether it is a public one.
    case notAPrivateKey(path: String, isPublic: Bool)
    case keyFileExists(String)
    case keyFileUnwritable(String)
    case notCanonical
    case unreadableSignature(String)
    case signatureForAnotherTask(party: String, signed: String, expected: String)
    case notAProvider(String)
    case keyOfAnotherParty(party: String)
    case signatureInvalid(party: String)
    case unusableDraft(String)
}

extension TaskError: CustomStringConvertible {
    /// One sentence: what is wrong and what to do.
    public var description: String {
        switch self {
        case .unreadableKey(let why):
            "This is not a public key that a task can name: \(why). Write the base64 of PKCS#1 DER (RSA, 2048 bits "
                + "or more) or of SPKI DER (P-256), as `entrepot keygen` prints it."
        case .noKeyFile(let path):
            "There is no file \(path). `entrepot keygen NAME` makes NAME.key and NAME.pub."
        case .weakKey(let bits):
            "This RSA key has \(bits) bits; 2048 or more are needed. Make a new one with `entrepot keygen`."
        case .unreadablePrivateKey:
            "This is not a private key that can sign. Use PEM or DER of PKCS#8 or PKCS#1, RSA or P-256, unencrypted."
        case .notAPrivateKey(let path, let isPublic):
            isPublic
                ? "\(path) holds a public key. This needs the private key, which `entrepot keygen NAME` wrote beside it as NAME.key."
                : "\(path) holds no private key that can sign. Use PEM or DER of PKCS#8 or PKCS#1, RSA or P-256, unencrypted: "
                    + "`entrepot keygen NAME` makes one."
        case .keyFileExists(let path): "\(path) exists already and is not overwritten. Choose another name or folder."
        case .keyFileUnwritable(let path): "\(path) cannot be written. Check that its folder exists and is yours."
        case .notCanonical:
            "These bytes are not the canonical form of a task, so their digest is not what anybody signed."
        case .unreadableSignature(let why): "This is not a signature file of `entrepot task sign`: \(why)."
        case .signatureForAnotherTask(let party, let signed, let expected):
            "\(party) signed task \(signed), and this is task \(expected). Somebody changed the task: compare, then sign "
                + "again."
        case .notAProvider(let party):
            "\(party) is neither a provider of this task nor computes for it, and nobody else signs."
        case .keyOfAnotherParty(let party): "The signature for \(party) was not made with the key that the task lists."
        case .signatureInvalid(let party): "The signature of \(party) does not verify. Sign again with the listed key."
        case .unusableDraft(let why): why
        }
    }
}
