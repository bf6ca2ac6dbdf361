import Foundation
import Tasks
import Testing

/// Keys and texts that the tests share. The keys are made once a run; making an RSA key takes longest.
enum Fixture {
    static let alice = makeKey(.p256)
    static let bob = makeKey(.rsa2048)
    static let carol = makeKey(.p256)

    private static func makeKey(_ kind: PartyPrivateKey.Kind) -> PartyPrivateKey {
        do { return try PartyPrivateKey.generate(kind) } catch { preconditionFailure("\(error)") }
    }

    /// The public keys of the enclave workshop's repository, whose private halves are public too.
    static let workshopAlice =
        "MIIBCgKCAQEAsNooqfUM3YYBVwfoXp8zTyqdc7EAshRLQQPXeBVSie2L5BAuqnnZS9GiQmg8CiJnz5e+LVLNl9Xm+n9HO/bvWcBbMIh+LucqTgjDj"
        + "enTH55pAuWMEfCcGMlZg5Kwsrwm4BMrB0oJbNGecRfLRwciIh8M8BtaUZYlrq5xFmSY0Ew1M0hPQZJx0AOwXVQMhZ5iU12JItxcK+MbWiikcpC3R"
        + "3QBwdWfXkbchd33savOgHyVMcV4PNjkxLjH7d7ui5zjadWMSRvyq+EvY34ycBju+N1DGRqpiuVqU7uUiDPKRIOdC80BpgeE2tPULRlHCJIiVAakQ"
        + "neM2PIBAp4hR4DLrQIDAQAB"
    static let workshopBob =
        "MIIBCgKCAQEAwJ5+Lx51TgvQ+1vUyYpTQoSJKRyTiDN45DAeJWPk4QiCXnKmScQiOrArw2QQ2pvUyYA2NU7vScikXaZXyCjGW/HHvERWkjaPFJcWN"
        + "apOjEoZsSCEJhEDle7VEYHJ3JFcH4C+HHNZ+5Z9If6yCraELN8QRjXwAe+vzHex9zsw5dhX+7CcvP59B1BpBzWFtPgJHu4gAi9SnIW1/Zi8WtdBY"
        + "heZr5Vya6Sg4TptrPD5iFhfbGwCiMXcfPPY5lpi/WPynqge27GoGVcd7PTCJaYEYsHkGd+wBOiLCX6hr+Fr3nXEu6qmmMOoqAIZR45DihIhf5iVg"
        + "aSBXqT/IfK21tqGjwIDAQAB"

    /// A task without a mistake; line 1 is `entrepot: 1`.
    static let yaml = """
        entrepot: 1
        task: trade-mirror-2022
        purpose: Synthetic joined declarations, for planning analyses.
        parties:
          - name: Alice
            role: provider
            public_key: \(alice.publicKey.base64)
            table:
              key: {column: id, pattern: '^[0-9]{1,8}$', normalise: [trim]}
              fields:
                - {name: buying, type: string, categories: [low, med, high, vhigh]}
                - {name: value_usd, type: number, constraints: {minimum: 0, maximum: 1.0e12}, bins: {count: 32, scale: log}}
              rows: 5000
          - name: Bob
            role: provider
            public_key: \(bob.publicKey.base64)
            table:
              key: {columns: [id], pattern: '^[0-9]{1,8}$', normalise: [trim, 'zero-fill:8']}
              missingValues: ['', NA]
              fields:
                - {name: hs6, type: string, categories: ['010190', '020110', no], constraints: {required: true}}
                - {name: hs2, type: string, derivedFrom: {field: hs6, prefix: 2}}
              rows: 3000
        privacy: {epsilon: 1.0, delta: 1.0e-9, unit: record, unit_words: one joined record}
        """

    static func task() throws -> TaskSpecification { try TaskSpecification(yaml: yaml) }

    /// `yaml` with one piece replaced, which must be there.
    static func yaml(replacing old: String, with new: String) throws -> String {
        try #require(yaml.contains(old))
        return yaml.replacing(old, with: new)
    }

    static let privacyLine = "privacy: {epsilon: 1.0, delta: 1.0e-9, unit: record, unit_words: one joined record}"
}

/// An oracle outside the code.
enum Tool {
    static let hasPython = (try? run(["python3", "-c", ""], input: [])) != nil
    static let hasOpenSSL = (try? run(["openssl", "version"], input: [])) != nil

    static func run(_ arguments: [String], input: [UInt8]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let standardInput = Pipe()
        let standardOutput = Pipe()
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = FileHandle.nullDevice
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
        try standardInput.fileHandleForWriting.close()
        let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return Array(output)
    }
}

/// A folder that lives as long as one test.
final class Folder {
    let path = NSTemporaryDirectory() + "tasks-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }
}
