import Bytes
import Crypto
import Foundation
import Synchronization
import Testing

@testable import Attestation

/// A Nitro Secure Module with registers and a chain of its own, which keeps every request.
final class FakeNSM: NSMDevice {
    struct State {
        var registers = [[UInt8]](repeating: Register.zero, count: 32)
        var locked = Set(0..<16)
        var requests: [String] = []
        var failure: [UInt8]?
        var randomCount = 256
    }

    let state = Mutex(State())
    let root: SimulatedRoot
    static let time: Int64 = 1_795_248_000

    init() throws {
        let directory = NSTemporaryDirectory() + "entrepot-nsm-\(UUID().uuidString)"
        root = try SimulatedRoot(directory: directory, now: FakeNSM.time)
        state.withLock { $0.registers[0] = Register.measuring(Array("image".utf8)) }
    }

    func exchange(_ request: [UInt8]) throws(AttesterError) -> [UInt8] {
        let result = state.withLock { state -> Result<[UInt8], AttesterError> in
            state.requests.append(Hex.encode(request))
            if let failure = state.failure { return .success(failure) }
            guard let call = try? CBOR(decoding: request, lengths: .definite) else {
                return .success(FakeNSM.error("InvalidArgument"))
            }
            return .success(answer(call, &state))
        }
        return try result.get()
    }

    static func error(_ code: String) -> [UInt8] { CBOR.map([.init(.text("Error"), .text(code))]).encoded }

    private func answer(_ call: CBOR, _ state: inout State) -> [UInt8] {
        let reply = { (name: String, fields: [CBOR.Entry]) in CBOR.map([.init(.text(name), .map(fields))]).encoded }
        if call == .text("GetRandom") {
            return reply("GetRandom", [.init(.text("random"), .bytes([UInt8](repeating: 7, count: state.randomCount)))])
        }
        let index = { (name: String) -> Int? in
            guard case .unsigned(let index)? = call[name]?["index"] else { return nil }
            return Int(index)
        }
        if let index = index("DescribePCR") {
            return reply(
                "DescribePCR",
                [
                    .init(.text("lock"), .boolean(state.locked.contains(index))),
                    .init(.text("data"), .bytes(state.registers[index])),
                ])
        }
        if let index = index("ExtendPCR"), case .bytes(let data)? = call["ExtendPCR"]?["data"] {
            guard !state.locked.contains(index) else { return FakeNSM.error("ReadOnlyIndex") }
            state.registers[index] = Register.extended(state.registers[index], with: data)
            return reply("ExtendPCR", [.init(.text("data"), .bytes(state.registers[index]))])
        }
        if let index = index("LockPCR") {
            guard state.locked.insert(index).inserted else { return FakeNSM.error("ReadOnlyIndex") }
            return CBOR.text("LockPCR").encoded
        }
        if let request = call["Attestation"], let document = try? document(request, state) {
            return reply("Attestation", [.init(.text("document"), .bytes(document))])
        }
        return FakeNSM.error("InvalidOperation")
    }

    /// Only locked registers stand in a document.
    private func document(_ request: CBOR, _ state: State) throws -> [UInt8] {
        let chain = try root.issueChain(now: FakeNSM.time)
        let payload = CBOR.map([
            .init(.text("module_id"), .text("i-0123456789abcdef0-enc0123456789abcdef")),
            .init(.text("digest"), .text("SHA384")),
            .init(.text("timestamp"), .unsigned(UInt64(FakeNSM.time) * 1_000)),
            .init(
                .text("pcrs"),
                .map(state.locked.sorted().map { .init(.unsigned(UInt64($0)), .bytes(state.registers[$0])) })),
            .init(.text("certificate"), .bytes(chain.leaf)),
            .init(.text("cabundle"), .array([.bytes(root.der), .bytes(chain.intermediate)])),
            .init(.text("public_key"), request["public_key"] ?? .null),
            .init(.text("user_data"), request["user_data"] ?? .null),
            .init(.text("nonce"), request["nonce"] ?? .null),
        ]).encoded
        let signature = try chain.key.signature(for: NitroDocument.signedBytes(payload: payload))
        return CBOR.array([
            .bytes(NitroDocument.protectedHeader), .map([]), .bytes(payload),
            .bytes(Array(signature.rawRepresentation)),
        ]).encoded
    }
}

@Suite("Nitro Secure Module")
struct NSMTests {
    let scene: SimulatedScene
    let device: FakeNSM

    init() throws {
        scene = try SimulatedScene()
        device = try FakeNSM()
    }

    func attester() async throws -> NSMAttester {
        try await NSMAttester(device: device, taskSpecification: scene.task, mixEntropy: { _ in })
    }

    @Test("the task goes into PCR16, locked, by the bytes that AWS's driver library sends")
    func requests() async throws {
        let attester = try await attester()
        _ = try await attester.evidence(
            spki: [3], nonce: [UInt8](repeating: 2, count: 32), statement: scene.statement(flags: []))
        let statement = Hex.encode(try scene.statement(flags: []).bytes)
        // The heads are those of Python's cbor2: `dumps({"DescribePCR": {"index": 16}})` and so on.
        let describe = "a16b4465736372696265504352a165696e64657810"
        #expect(
            device.state.withLock { $0.requests } == [
                "6947657452616e646f6d", describe,
                "a169457874656e64504352a265696e6465781064646174615830"
                    + "f287843bfd19d231ab9c7782b38dfc923c732b4b1261d799bc2310c4663e73f3c0f778ffa60ba0bba8f4795c1478c392",
                "a1674c6f636b504352a165696e64657810", describe,
                "a16b4174746573746174696f6ea369757365725f6461746158c0" + statement
                    + "656e6f6e63655820" + String(repeating: "02", count: 32) + "6a7075626c69635f6b65794103",
            ])
    }

    @Test("evidence of the module is verified and accepted as Nitro, and as nothing else")
    func evidence() async throws {
        let evidence = try await attester().evidence(
            spki: scene.spki, nonce: scene.nonce, statement: scene.statement(flags: []))
        #expect(evidence.format == .nitro)
        let roots = TrustRoots(nitro: [device.root.der])
        let verified = try EvidenceVerifier(roots: roots, now: FakeNSM.time).verify(evidence)
        #expect(verified.measurements.map(\.name).suffix(2) == ["PCR15", "PCR16"])
        let release = ReleaseManifest.Release(
            version: "1",
            measurements: [
                "nitro": Dictionary(
                    uniqueKeysWithValues: verified.measurements.prefix(3).map { ($0.name, $0.hexadecimal) })
            ])
        let policy = Policy(
            TrustPolicy(now: 0, roots: .vendors, allowed: ReleaseManifest(releases: [release])),
            expected: .init(
                nonce: scene.nonce, spki: scene.spki, exporter: scene.exporter, taskSpecification: scene.task))
        #expect(policy.evaluate(verified) == [])
        #expect(throws: EvidenceError.rootNotPinned) {
            try EvidenceVerifier(roots: .vendors, now: FakeNSM.time).verify(evidence)
        }
        #expect(throws: EvidenceError.nitroEvidenceAsSimulated) {
            try EvidenceVerifier(roots: TrustRoots(simulated: [device.root.der]), now: FakeNSM.time).verify(
                document: evidence.evidence, format: .simulated)
        }
    }

    @Test("a second start with the same task is fine; with another, the enclave refuses")
    func restart() async throws {
        _ = try await attester()
        _ = try await attester()
        await #expect(throws: AttesterError.taskRegisterLocked) {
            try await NSMAttester(device: device, taskSpecification: [1], mixEntropy: { _ in })
        }
    }

    @Test("a register that somebody else has extended is refused")
    func extended() async throws {
        device.state.withLock { $0.registers[16] = Register.measuring([9]) }
        await #expect(throws: AttesterError.taskRegisterLocked) { try await attester() }
    }

    @Test("the module's refusals and nonsense become errors of their own")
    func failures() async throws {
        let attester = try await attester()
        let cases: [([UInt8], AttesterError)] = [
            (FakeNSM.error("InputTooLarge"), .deviceRefused(.inputTooLarge)),
            (FakeNSM.error("InternalError"), .deviceRefused(.internalError)),
            (FakeNSM.error("Other"), .deviceAnswer), ([], .deviceAnswer), ([0xA0], .deviceAnswer),
            (CBOR.text("Attestation").encoded, .deviceAnswer), ([0xFF, 0xFF], .deviceAnswer),
        ]
        for (answer, error) in cases {
            device.state.withLock { $0.failure = answer }
            await #expect(throws: error) {
                try await attester.evidence(spki: [1], nonce: scene.nonce, statement: scene.statement(flags: []))
            }
        }
        await #expect(throws: AttesterError.nonceLength(31)) {
            try await attester.evidence(
                spki: [1], nonce: [UInt8](repeating: 0, count: 31), statement: scene.statement(flags: []))
        }
        await #expect(throws: AttesterError.statementContradictsFormat) {
            try await attester.evidence(spki: [1], nonce: scene.nonce, statement: scene.statement())
        }
    }

    @Test("too little entropy stops the start")
    func entropy() async throws {
        device.state.withLock { $0.randomCount = 31 }
        await #expect(throws: AttesterError.weakEntropy) { try await attester() }
    }

    @Test("the device is called with the driver's number and structure, and its length is believed, not its zeros")
    func ioctl() throws {
        let seen = Mutex<[UInt8]>([])
        let device = LinuxNSMDevice(path: "/dev/null") { _, command, argument in
            guard command == 0xC020_0A00 else { return -1 }
            let raw = argument.assumingMemoryBound(to: UInt64.self)
            guard let request = UnsafeRawPointer(bitPattern: UInt(raw[0])),
                let response = UnsafeMutableRawPointer(bitPattern: UInt(raw[2])), raw[3] == 0x3000
            else { return -1 }
            seen.withLock { $0 = Array(UnsafeRawBufferPointer(start: request, count: Int(raw[1]))) }
            response.storeBytes(of: 0x6B, as: UInt8.self)
            response.storeBytes(of: 0x6F, toByteOffset: 1, as: UInt8.self)
            raw[3] = 2
            return 0
        }
        #expect(try device.exchange([1, 2, 3]) == [0x6B, 0x6F])
        #expect(seen.withLock { $0 } == [1, 2, 3])
        #expect(throws: AttesterError.deviceRefused(.inputTooLarge)) {
            try device.exchange([UInt8](repeating: 0, count: 0x1001))
        }
        #expect(throws: AttesterError.deviceMissing) { try LinuxNSMDevice(path: "/dev/no-nsm").exchange([0]) }
        // /dev/null knows no such ioctl: ENOTTY.
        #expect(throws: AttesterError.deviceFailed(errno: 25)) { try LinuxNSMDevice(path: "/dev/null").exchange([0]) }
    }
}
