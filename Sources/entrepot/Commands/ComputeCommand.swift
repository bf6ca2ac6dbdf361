import ArgumentParser
import Bytes
import CProcess
import CWipe
import Client
import Crypto
import Engine
import EngineCommands
import Foundation
import Ledger
import SecretSharing
import Tasks

/// `entrepot compute`: one office of a task that needs no service. Its table stays in this process; masked counts go out.
struct ComputeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compute",
        abstract:
            "Counts for a task without a service: one office of a secure sum, or one of three parties on shares.",
        discussion: """
            Under `engine: {kind: secure-sum}` every provider of the task runs this on its own machine, with its own table. Counts \
            leave it with noise and under masks that cancel in the sum of all: only the total opens. Under `kind: secret-sharing` \
            the three parties of `computing` run it, the third without --data: the two providers find their common keys, each \
            sends its rows under a mask, and the three count on shares, each with noise of its own. The office keeps a ledger of \
            its own in --state; started again with the same folder, it sends the same messages and spends nothing twice. With \
            --request all offices of a sum answer one request of a consumer (`entrepot request`), with the same tables. Where the task \
            has an office prove which program it runs, that one needs --attester.

            Example: entrepot compute --task sums.yaml --key Norland.key --listen 0.0.0.0:9001 \
            --peers Sudland=sudland.example:9001 --data Norland=norland.csv
            """)

    @Option(help: "The task file; the signatures of all who sign it lie beside it.")
    var task: String

    @Option(help: "This office's private key.")
    var key: String

    @Option(help: ArgumentHelp("Where the other offices reach this one.", valueName: "host:port"))
    var listen: String

    @Option(
        help: ArgumentHelp(
            "Where the other offices listen; those behind this one in the task are enough.",
            valueName: "name=host:port,…"))
    var peers: String = ""

    @Option(help: ArgumentHelp("This office's table; none for a third party on shares.", valueName: "name=file"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Folder for ledger, receipt and result; TASK.<name>.state where absent.", valueName: "folder"))
    var state: String?

    @Option(help: ArgumentHelp("How long the others may say nothing.", valueName: "seconds"))
    var patience = 600

    @Option(
        help: ArgumentHelp(
            "Answer this approved request, instead of the task's own questions; the decisions lie beside it.",
            valueName: "file"))
    var request: String?

    @OptionGroup var proof: OfficeProofOptions

    @Flag(help: "Go on although ε of the task was set aside in another state folder before: it may be spent twice.")
    var measureAgain = false

    @Option(
        help: ArgumentHelp(
            "End the task for good, at any moment before its result: the reason goes, signed, to all others.",
            valueName: "reason"))
    var halt: String?

    func validate() throws {
        // As everybody reads it: what is hidden stands written out, and a letter may have many marks.
        if let halt, halt.isEmpty || ShownText.line(halt).unicodeScalars.count > SumHalt.longestReason {
            throw ValidationError("--halt gives a reason of at most \(SumHalt.longestReason) characters")
        }
        if patience < 1 || patience > 604_800 { throw ValidationError("--patience is from 1 to 604800 seconds") }
    }

    func run() async throws {
        try await CommandFailure.reported { try await compute() }
    }

    private func compute() async throws {
        // Nothing that an office writes is for other users of the machine.
        umask(0o077)
        entrepot_crash_silently()
        if entrepot_lock_memory() != 0 {
            Console.say("memory is not locked: this machine could write it to its disk (see ulimit -l)")
        }
        _ = entrepot_wipes_freed_memory()
        let specification = try Files.task(at: task)
        guard specification.isComputedByOffices else {
            throw CommandFailure(
                specification.refusalToServe
                    ?? "the task's engine is \(specification.engine.word): `entrepot serve` runs it, and each party uploads",
                code: .badData)
        }
        let privateKey = try Files.privateKey(at: key)
        guard let own = specification.party(holding: privateKey.publicKey) else {
            throw CommandFailure(
                "the task lists no party with the key \(privateKey.publicKey.fingerprint)", code: .identity)
        }
        let offices = specification.offices
        guard let place = offices.firstIndex(where: { $0.name == own.name }) else {
            throw CommandFailure(
                "\(own.name) is \(own.role.rawValue) of the task; \(offices.map(\.name).joined(separator: ", ")) compute",
                code: .identity)
        }
        try checkSignatures(specification)
        let table = halt == nil ? try table(of: own) : nil
        // What nobody has approved can be ended as well.
        let asked = try request.map {
            try halt == nil
                ? RequestFile.approved(at: $0, of: specification) : RequestFile.request(at: $0, of: specification)
        }
        try await run(
            asked.map { specification.asking($0) } ?? specification, asked.map { ($0, of: specification) },
            table: table,
            own: own, place: place, privateKey)
    }

    /// - Parameters:
    ///   - specification: what is computed: the task, or the run of a request.
    ///   - asked: the request, and the task that it was made to.
    private func run(
        _ specification: TaskSpecification, _ asked: (request: QueryRequest, of: TaskSpecification)?, table: String?,
        own: TaskSpecification.Party, place: Int, _ privateKey: PartyPrivateKey
    ) async throws {
        let offices = specification.offices
        let (host, port) = try ListenAddress.parse(listen)
        let base = state ?? Self.stateFolder(task: task, party: own.name)
        let state = asked.map { OfficeRequest.folder($0.request, in: base) } ?? base
        // A halt is signed, and goes to nobody who is told anything else.
        let proofs =
            halt == nil ? try await proof.proofs(of: asked?.of ?? specification, for: own, state: base) : nil
        let mesh = OfficeMesh.Configuration(
            task: specification.digest.hex, names: offices.map(\.name), keys: offices.map(\.publicKey), place: place,
            key: privateKey,
            listen: ServiceAddress(host: host, port: port), addresses: try addresses(offices, behind: place),
            patience: seconds(specification), proofs: proofs)
        func memory(of task: TaskSpecification) -> String {
            OfficeMemory.file(
                task: task.digest.hex, key: Self.digest(of: own.publicKey),
                beside: ClientConfiguration.defaultStateFile)
        }
        // Whoever halts does not wait for a process that has the folders.
        let request = try (halt == nil ? asked : nil).map {
            try OfficeRequest(
                $0.request, of: $0.of, party: own, key: privateKey, state: base, memory: memory(of: $0.of),
                measureAgain: measureAgain)
        }
        let halting = try OfficeHalt(
            task: specification, party: own, state: state, patience: patience, mesh: mesh, key: privateKey)
        if let halt { return try await halting.run(halt) }
        let ledger = try OfficeLedger(directory: state, task: specification, party: own)
        func answer() async throws {
            try await OfficeAftermath(
                task: specification, place: place, state: state, patience: seconds(specification), mesh: mesh)?.run()
        }
        func keepLog() throws {
            try OfficeAudit.writeIfMissing(
                ledger, task: specification, office: own.name, key: privateKey, state: state)
        }
        if let digest = try ledger.resultDigest() {
            try keepLog()
            Console.say(
                request.map {
                    "the request of \($0.request.party) was answered: \(state)/answer.json. Nothing more is spent"
                }
                    ?? "the task is over: its result is \(state)/task.model, SHA-256 \(digest)")
            return try await answer()
        }
        try halting.record(in: ledger)
        if let end = try ledger.ending() {
            let cause = OfficeHalt.cause(of: end, task: specification)
            try keepLog()
            try await answer()
            try await halting.tell()
            let sentence = cause.hasSuffix(".") ? cause : cause + "."
            throw CommandFailure(
                request == nil
                    ? "the task ended here without a result: \(sentence) Agree on a new task."
                    : "the request ended here without an answer: \(sentence) What was set aside for it stays spent; ask anew."
            )
        }
        // What all have signed is only written out.
        if try OfficeJournal(directory: state).closings()?.isEmpty ?? true {
            let hasBegun = request != nil || ledger.isReserved
            try Files.requireTime(specification, before: hasBegun ? ["compute_by"] : ["upload_by", "compute_by"])
        }
        let memory = memory(of: specification)
        try OfficeMemory.admit(
            standing: try ledger.standing()?.hash.hex, folder: state, file: memory, measureAgain: measureAgain)
        let office = try OfficeComputation(
            task: specification, place: place, key: privateKey, table: table, state: state,
            ledger: ledger, mesh: mesh, memory: memory, measureAgain: measureAgain, request: request)
        try await office.run()
        if office.isFinishing { try await answer() }
    }

    /// The path of the party's table; nil for one that brings none.
    private func table(of own: TaskSpecification.Party) throws -> String? {
        guard own.role == .provider else {
            guard data == nil else {
                throw CommandFailure("\(own.name) brings no table to the task: leave --data out", code: ExitCode(64))
            }
            return nil
        }
        guard let data else {
            throw CommandFailure("\(own.name) brings a table: name it with --data \(own.name)=FILE", code: ExitCode(64))
        }
        let table = try NamedFile(data)
        guard table.name == own.name else {
            throw CommandFailure(
                "--data names \(table.name), and the key is that of \(own.name)", code: .identity)
        }
        return table.path
    }

    private static func digest(of key: PartyKey) -> String {
        Hex.encode(Array(SHA256.hash(data: key.subjectPublicKeyInfo)))
    }

    private static func stateFolder(task: String, party: String) -> String {
        String(SignatureFile.path(task: task, party: party).dropLast(4)) + ".state"
    }

    /// No wait is longer than the task's deadline.
    private func seconds(_ task: TaskSpecification) -> Int {
        guard let end = task.deadlines.computeBy else { return patience }
        return max(1, min(patience, Int(end.seconds - Int64(Date().timeIntervalSince1970))))
    }

    private func addresses(_ offices: [TaskSpecification.Party], behind place: Int) throws -> [Int: ServiceAddress] {
        var addresses: [Int: ServiceAddress] = [:]
        for peer in peers.split(separator: ",") {
            let named = try NamedFile(String(peer))
            guard let place = offices.firstIndex(where: { $0.name == named.name }) else {
                let known = offices.map(\.name).joined(separator: ", ")
                throw CommandFailure("--peers names \(named.name); those who compute are \(known)", code: .identity)
            }
            addresses[place] = try ServiceAddress(named.path)
        }
        for other in offices.indices where other > place && addresses[other] == nil {
            throw CommandFailure(
                "--peers does not say where \(offices[other].name) listens", code: ExitCode(64))
        }
        return addresses
    }

    /// Nothing is counted before all who sign have signed.
    private func checkSignatures(_ specification: TaskSpecification) throws {
        var unsigned = UnsignedTask(specification)
        for party in specification.signatories {
            let path = SignatureFile.path(task: task, party: party.name)
            guard FileManager.default.fileExists(atPath: path) else { continue }
            try unsigned.add(TaskSignature(fileBytes: try Files.bytes(at: path, limit: .signature)))
        }
        guard unsigned.missing.isEmpty else {
            throw CommandFailure(
                "not signed by \(unsigned.missing.joined(separator: ", ")): ask for `entrepot task sign`, and lay "
                    + "\(SignatureFile.path(task: task, party: unsigned.missing[0])) beside the task", code: .identity)
        }
    }
}
