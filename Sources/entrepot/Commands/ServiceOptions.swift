import ArgumentParser
import Attestation
import Client
import EngineCommands
import Foundation
import Tasks

/// What every command that talks to a service needs to know before it trusts it.
struct ServiceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the service listens: https://HOST:PORT.", valueName: "url"))
    var url: String?

    @Option(help: "Your private key, as keygen wrote it; without it only public calls are open.")
    var key: String?

    @Option(help: "release.json: the measurements that you accept.")
    var measurements: String?

    @Option(help: "The task file that you approved; without it the task that the evidence names is taken and shown.")
    var task: String?

    @Flag(help: "Accept a simulated attester. It gives no confidentiality against the host.")
    var allowSimulated = false

    @Flag(help: "Accept a service that was built for debugging, or whose platform lets its host look inside.")
    var allowDebug = false

    @Flag(help: "Accept TDX although Intel's patch level is not evaluated.")
    var allowUnevaluatedTcb = false

    @Option(help: "The simulated attester's root certificate (state folder, simulated-root/).")
    var simulatedRoot: String?

    @OptionGroup var platform: PlatformOptions

    @Option(help: "Where boots and ledger heads are remembered.")
    var memory: String = ClientConfiguration.defaultStateFile

    @Flag(
        help: "Go on after a restart before you confirmed, or take figures after one; the ledger must be continued.")
    var acceptNewInstance = false

    @Flag(
        help: ArgumentHelp(
            "Upload or confirm although you confirmed elsewhere, or the ledger you saw is not continued: your table may "
                + "have been measured already, twice epsilon. Each use is remembered."))
    var measureAgain = false

    @Flag(help: "Refuse a service whose ledger lies on a disk of its host.")
    var demandMemory = false

    func validate() throws {
        if allowSimulated != (simulatedRoot != nil) {
            throw ValidationError(
                "--allow-simulated and --simulated-root FILE go together (the service's state folder has simulated-root/root.pem)"
            )
        }
    }

    /// - Throws: `TaskError`, `ClientError`, or what reading a file throws.
    func configuration() throws -> ClientConfiguration {
        var roots = TrustRoots.vendors
        if let simulatedRoot {
            let bytes = try Files.bytes(at: simulatedRoot, limit: .certificates)
            guard let certificates = try? CertificateFile.certificates(bytes) else {
                throw CommandFailure("\(simulatedRoot) holds no certificate; give the root.pem", code: .badData)
            }
            for root in certificates { roots = roots.trustingSimulated(root: root) }
        }
        roots = try platform.adding(to: roots)
        guard let url else { throw CommandFailure("give --url, where the service listens", code: ExitCode(64)) }
        if measureAgain {
            Console.say(
                "--measure-again: if you confirmed elsewhere, your table may have been measured already: twice epsilon. "
                    + "This use is remembered.")
        }
        let allowed = try measurements.map { try ReleaseFile.read($0) }
        var trust = TrustPolicy(
            now: 0, roots: roots, allowed: allowed, allowSimulated: allowSimulated, allowDebug: allowDebug,
            allowUnevaluatedTCB: allowUnevaluatedTcb, collateral: try platform.vendorCollateral(),
            certificates: try platform.extraCertificates())
        trust.demandsStateInMemory = demandMemory
        var configuration = ClientConfiguration(
            address: try ServiceAddress(url), key: try key.map { try Files.privateKey(at: $0) }, trust: trust,
            task: try task.map { try Files.task(at: $0).digest }, stateFile: memory,
            acceptNewInstance: acceptNewInstance, measureAgain: measureAgain)
        configuration.archive = try platform.archive()
        return configuration
    }

    /// Shows what cannot be undone and asks for the task's name, unless a script has decided.
    ///
    /// A connection of its own tells the name: a person may take longer to answer than a service waits.
    func ask(
        _ command: String, isGiven: Bool, stakes: (TaskSpecification) -> [String]
    ) async throws {
        if isGiven { return }
        try await CommandFailure.reported {
            guard Consent.canAsk else { return try Consent.ask(command, stakes: [], name: "", isGiven: false) }
            let task = try await VerifiedConnection.open(try configuration()) { $0.specification }
            try Consent.ask(command, stakes: stakes(task), name: task.name, isGiven: false)
        }
    }

    /// Opens a verified connection, runs `use`, and turns what went wrong into words and an exit code.
    func connect<Result>(_ use: (VerifiedConnection) async throws -> Result) async throws -> Result {
        try await CommandFailure.reported {
            let configuration = try configuration()
            // Every call here is for parties of the task.
            guard configuration.key != nil else { throw ClientError.noKey }
            return try await VerifiedConnection.open(configuration, use: use)
        }
    }
}
