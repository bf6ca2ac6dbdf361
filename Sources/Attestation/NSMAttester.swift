import Crypto

/// Evidence of an AWS Nitro enclave, from its Nitro Secure Module.
///
/// At start it measures the task into PCR16 and locks that register, so that every document names the task and nothing can
/// change it. It has been tested against a byte-exact fake only: it has not been run on hardware yet.
public struct NSMAttester: Attester {
    /// Always `nitro`.
    public var format: EvidenceFormat { .nitro }
    private let session: NSMSession

    /// Measures the task. To be called before anything else is read or configured.
    /// - Parameters:
    ///   - device: `/dev/nsm` unless a test says otherwise.
    ///   - taskSpecification: the bytes that `GET /spec` returns.
    ///   - mixEntropy: takes the module's random bytes; writes them to the kernel's pool unless a test says otherwise.
    public init(
        device: any NSMDevice = LinuxNSMDevice(), taskSpecification: [UInt8],
        mixEntropy: @Sendable ([UInt8]) throws -> Void = NSMAttester.mixIntoKernelPool
    ) async throws(AttesterError) {
        guard !taskSpecification.isEmpty else { throw .emptyTask }
        session = NSMSession(device: device)
        let random = try await session.random()
        guard random.count >= 32 else { throw .weakEntropy }
        do {
            try mixEntropy(random)
        } catch {
            throw .weakEntropy
        }
        let expected = Register.task(taskSpecification)
        var register = try await session.describe(Register.taskIndex)
        if !register.isLocked {
            guard register.value == Register.zero else { throw .taskRegisterLocked }
            let digest = Array(SHA384.hash(data: taskSpecification))
            guard try await session.extend(Register.taskIndex, with: digest) == expected else { throw .deviceAnswer }
            try await session.lock(Register.taskIndex)
            register = try await session.describe(Register.taskIndex)
        }
        // A second start in the same enclave finds the register locked: for the same task this is harmless.
        guard register.isLocked, register.value == expected else { throw .taskRegisterLocked }
    }

    /// A document of the module over the key, the caller's nonce and the statement.
    ///
    /// - Throws: `AttesterError` if the module refuses, or answers with what is not a document.
    public func evidence(spki: [UInt8], nonce: [UInt8], statement: Statement) async throws -> Evidence {
        try check(spki: spki, nonce: nonce, statement: statement)
        let document = try await session.attestation(userData: statement.bytes, nonce: nonce, publicKey: spki)
        return Evidence(format: .nitro, evidence: document, statement: statement.bytes)
    }

    /// Bytes written to `/dev/urandom` are mixed into the kernel's pool.
    public static let mixIntoKernelPool: @Sendable ([UInt8]) throws -> Void = { bytes in
        try LinuxFile.write(bytes, to: "/dev/urandom")
    }
}

/// Requests to the module, one after the other, in the CBOR that its driver speaks (serde's externally tagged enums).
actor NSMSession {
    private let device: any NSMDevice

    init(device: any NSMDevice) {
        self.device = device
    }

    func attestation(userData: [UInt8], nonce: [UInt8], publicKey: [UInt8]) throws(AttesterError) -> [UInt8] {
        let answer = try exchange(
            "Attestation",
            [
                .init(.text("user_data"), .bytes(userData)), .init(.text("nonce"), .bytes(nonce)),
                .init(.text("public_key"), .bytes(publicKey)),
            ])
        guard case .bytes(let document)? = answer["document"], !document.isEmpty else { throw .deviceAnswer }
        return document
    }

    func describe(_ index: Int) throws(AttesterError) -> (isLocked: Bool, value: [UInt8]) {
        let answer = try exchange("DescribePCR", [NSMSession.index(index)])
        guard case .boolean(let isLocked)? = answer["lock"], case .bytes(let value)? = answer["data"] else {
            throw .deviceAnswer
        }
        return (isLocked, value)
    }

    func extend(_ index: Int, with data: [UInt8]) throws(AttesterError) -> [UInt8] {
        let answer = try exchange("ExtendPCR", [NSMSession.index(index), .init(.text("data"), .bytes(data))])
        guard case .bytes(let value)? = answer["data"] else { throw .deviceAnswer }
        return value
    }

    func lock(_ index: Int) throws(AttesterError) {
        _ = try exchange("LockPCR", [NSMSession.index(index)])
    }

    func random() throws(AttesterError) -> [UInt8] {
        guard case .bytes(let random)? = try exchange("GetRandom", nil)["random"] else { throw .deviceAnswer }
        return random
    }

    private static func index(_ index: Int) -> CBOR.Entry { .init(.text("index"), .unsigned(UInt64(index))) }

    /// A request without fields is its name; with fields it is a map of one.
    private func exchange(_ name: String, _ fields: [CBOR.Entry]?) throws(AttesterError) -> CBOR {
        let request = fields.map { CBOR.map([.init(.text(name), .map($0))]) } ?? .text(name)
        let bytes = try device.exchange(request.encoded)
        guard let answer = try? CBOR(decoding: bytes, lengths: .definiteOrIndefinite) else { throw .deviceAnswer }
        if case .text(let code)? = answer["Error"] {
            throw AttesterError.NSMRefusal(rawValue: code).map { .deviceRefused($0) } ?? .deviceAnswer
        }
        if answer == .text(name) { return answer }
        guard let result = answer[name] else { throw .deviceAnswer }
        return result
    }
}
