public import ArgumentParser
import Foundation
public import Tasks

/// `entrepot keygen NAME`: a party's key pair.
package struct KeygenCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "keygen", abstract: "Makes a party's key pair: NAME.key (keep it) and NAME.pub (for the task).",
        discussion: "Example: entrepot keygen Alice")

    @Argument(help: "The party's name.")
    var name: String

    @Option(help: "The folder to write to.")
    var output: String = "."

    @Option(help: "rsa-2048, rsa-3072 or p-256.")
    var kind: PartyPrivateKey.Kind = .p256

    package init() {}

    package func run() async throws {
        try await CommandFailure.reported {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
            let key = try PartyPrivateKey.generate(kind)
            let paths = try KeyFiles.write(key, name: name, directory: output)
            Console.say("private key  \(paths.privateKey)   (never leaves your machine)")
            Console.say("public key   \(paths.publicKey)   (the line for public_key in the task)")
            Console.say("fingerprint  \(key.publicKey.fingerprint)")
            Console.show(key.publicKey.base64)
        }
    }
}

/// `entrepot fingerprint KEYFILE`: for comparing keys over the telephone.
package struct FingerprintCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fingerprint", abstract: "Prints the fingerprint of a key, for comparing it out of band.",
        discussion: "Example: entrepot fingerprint Alice.pub")

    @Argument(help: "A public or private key file.")
    var keyfile: String

    package init() {}

    package func run() async throws {
        try await CommandFailure.reported {
            let key = try KeyFiles.publicKey(at: keyfile)
            Console.show(key.fingerprint)
            Console.say("read aloud: \(key.spokenFingerprint)")
        }
    }
}

extension PartyPrivateKey.Kind: ExpressibleByArgument {}
