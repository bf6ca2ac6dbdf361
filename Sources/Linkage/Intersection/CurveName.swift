import Crypto

/// A name in the group of P-256: what two parties raise to their secret exponents.
///
/// Each try is the x-coordinate that SHA-256 gives for the task, a counter, the kind of name and the name; about every second
/// one is on the curve. Points of one party are sent under its exponent alone. Only x-coordinates are sent: the x of a·b·H does
/// not depend on the sign of a·H.
///
/// The curve arithmetic is swift-crypto's: `P256.KeyAgreement` refuses what is not on the curve, and gives the x of a multiple. None is
/// written here but the y of an x (`CurveRoot`), which it checks. How many tries a name takes shows in the time of all names together, and in nothing
/// that is sent.
struct CurveName {
    enum Kind: UInt8 {
        /// A key of a party's list.
        case listed = 0
        /// Names that stand for noise, of either party.
        case dummyOfListener = 1
        case dummyOfJoiner = 2
        /// Random names that fill a list up.
        case filler = 3
    }

    /// Bytes of an x-coordinate.
    static let size = 32

    private let task: [UInt8]

    /// - Parameter task: the digest of the task: names of two tasks have nothing to do with each other.
    init(task: [UInt8]) { self.task = Array("ENTREPOT-PSI1-POINT\0".utf8) + task }

    /// The point of a name.
    func point(_ name: ArraySlice<UInt8>, _ kind: Kind) -> P256.KeyAgreement.PublicKey? {
        for counter in UInt8.min...UInt8.max {
            var hasher = SHA256()
            hasher.update(data: task)
            hasher.update(data: [counter, kind.rawValue])
            hasher.update(data: name)
            if let point = Self.point(Array(hasher.finalize())) { return point }
        }
        // 256 numbers in a row off the curve: this happens to nobody.
        return nil
    }

    /// One of the two points with this x; nil where there is none.
    static func point(_ x: some Collection<UInt8>) -> P256.KeyAgreement.PublicKey? {
        CurveRoot.y(x).flatMap { try? P256.KeyAgreement.PublicKey(x963Representation: [0x04] + x + $0) }
    }
}

// Proof of both: a secret's bytes are copied whole, within the call that lends them.

/// A party's secret exponent, drawn for one run and gone with it.
public struct BlindingExponent: Sendable {
    private let key: P256.KeyAgreement.PrivateKey
    private let names: CurveName

    /// - Parameter task: the digest of the task.
    public init(task: [UInt8]) {
        names = CurveName(task: task)
        key = P256.KeyAgreement.PrivateKey()
    }

    /// x-coordinates of names under the exponent, 32 bytes each, in the order of the names.
    func blinded(_ listed: ListedNames, _ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count * CurveName.size)
        for place in range {
            let (name, kind) = listed.name(place)
            guard let point = names.point(name, kind),
                let secret = try? key.sharedSecretFromKeyAgreement(with: point)
            else { continue }
            secret.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// The same of points that the other party sent, 32 bytes each.
    ///
    /// - Throws: `IntersectionError.pointOffCurve`.
    func blinded(_ points: ArraySlice<UInt8>) throws(IntersectionError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(points.count)
        for start in stride(from: points.startIndex, to: points.endIndex, by: CurveName.size) {
            guard let point = CurveName.point(points[start..<start + CurveName.size]),
                let secret = try? key.sharedSecretFromKeyAgreement(with: point)
            else { throw .pointOffCurve }
            secret.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
