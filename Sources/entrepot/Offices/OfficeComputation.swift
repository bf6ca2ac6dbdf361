import ArgumentParser
import Attestation
import Bytes
import Client
import Crypto
import Domains
import Drafting
import Engine
import EngineCommands
import FittedModels
import Foundation
import Ledger
import PrivacyKernel
import SecretSharing
import Tables
import Tasks
import VectorMath

/// One office's part in a sum or on shares, from its file to the result: table, ledger, rounds, model.
struct OfficeComputation: Sendable {
    private let task: TaskSpecification
    private let plan: TaskPlan
    private let place: Int
    /// nil at a party that computes and brings none.
    private let table: KeyedTable?
    private let path: String?
    private let state: String
    private let ledger: OfficeLedger
    private let journal: OfficeJournal
    private let mesh: OfficeMesh
    private let opening: UploadOpening
    /// Whether all rounds were over in an earlier start, which did not write the result.
    let isFinishing: Bool
    private let memory: String
    private let measureAgain: Bool
    private let key: PartyPrivateKey
    /// Where the rounds are those of a request to a task that has its result.
    private let request: OfficeRequest?

    private var own: TaskSpecification.Party { task.offices[place] }
    private var isShared: Bool { if case .secretSharing = task.engine { true } else { false } }
    private var output: String { "\(state)/task.model" }

    /// Reads the table and what an earlier start left.
    ///
    /// - Parameters:
    ///   - memory: the file in which this machine remembers where ε was set aside.
    ///   - measureAgain: whether the user goes on although it was set aside elsewhere.
    /// - Throws: what is wrong with the table; a state folder of another task; a table that is not the first one.
    init(
        task: TaskSpecification, place: Int, key: PartyPrivateKey, table path: String?, state: String,
        ledger: OfficeLedger, mesh configuration: OfficeMesh.Configuration, memory: String, measureAgain: Bool,
        request: OfficeRequest? = nil
    ) throws {
        self.request = request
        self.task = task
        self.memory = memory
        self.measureAgain = measureAgain
        self.key = key
        self.place = place
        self.state = state
        self.ledger = ledger
        plan = try TaskPlan(task)
        let party = task.offices[place]
        self.path = path
        let read = try path.map {
            try LocalTables.table($0, party: party.name, task: task, hash: KeyedHash.random)
        }
        table = read?.table
        if let read, let path { Console.say("\(party.name): \(Counted.of(read.table.rowCount, "row")) of \(path)") }
        let file = read?.sha256 ?? LedgerHash(of: [])
        if let first = request?.opening.file, first != file {
            throw CommandFailure(
                "the table is not the one that the task was counted with (SHA-256 \(first.hex.prefix(16))…): a request is asked of "
                    + "that one. Nothing was spent", code: .rememberedState)
        }
        journal = try OfficeJournal(directory: state)
        let session = try Self.session(
            journal, task, file: file, blinding: request?.opening.blinding ?? .random(), isSpent: ledger.hasReleases)
        guard let blinding = Blinding(hex: session.blinding) else {
            throw CommandFailure("\(state)/rounds is damaged: its blinding cannot be read", code: .rememberedState)
        }
        opening = UploadOpening(blinding: blinding, file: file)
        // Of a party without a table too: by it a request knows that the party is the one of the task's own run.
        try OpeningFile(opening, name: path.map { URL(fileURLWithPath: $0).lastPathComponent }).write(
            to: "\(state)/table.opening")
        try ledger.recordUpload(opening.commitment)
        let office = SumRounds.Office(
            task: task.digest.bytes, names: task.offices.map(\.name), place: place,
            plan: try Self.digest(of: plan), commitment: opening.commitment.bytes, program: Self.program,
            request: request?.allowance)
        isFinishing = try journal.closings()?.isEmpty == false
        let made = try journal.shares()
        guard ledger.releaseCount <= made.count else {
            // What opened was sent before: the messages and the ledger are of two times.
            throw ClientError.damagedRounds(path: "\(state)/rounds/share-\(made.count)")
        }
        mesh = OfficeMesh(
            configuration,
            rounds: SumRounds(office, key: try session.key(), made: made, sightings: try journal.sightings()),
            journal: journal, enter: { try ledger.record($0) })
    }

    /// What an earlier start began, or a beginning.
    private static func session(
        _ journal: OfficeJournal, _ task: TaskSpecification, file: LedgerHash, blinding: Blinding, isSpent: Bool
    ) throws -> OfficeJournal.Session {
        if let session = try journal.session() {
            guard session.task == task.digest.hex else {
                throw CommandFailure("the state folder belongs to task \(session.task)", code: .rememberedState)
            }
            guard session.file == file.hex else {
                throw CommandFailure(
                    "the table is not the one that this office began with (SHA-256 \(session.file.prefix(16))…): take that "
                        + "one; another table is another task", code: .rememberedState)
            }
            return session
        }
        guard !isSpent else {
            throw CommandFailure(
                "figures of this task opened here before, and the masks of then are gone: ε is spent; agree on a new task",
                code: .rememberedState)
        }
        let session = OfficeJournal.Session(
            task: task.digest.hex, maskKey: MaskKey().rawRepresentation, blinding: blinding.hex,
            file: file.hex)
        try journal.begin(session)
        return session
    }

    /// What will be asked, with which noise: offices compare it before anything is counted.
    static func digest(of plan: TaskPlan) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(
            SHA256.hash(data: try encoder.encode(plan.plan) + encoder.encode(plan.holders)))
    }

    static var program: String {
        "entrepot \(Hex.encode(Array(SHA256.hash(data: Data(BuildManifest.ofThisProcess())))).prefix(12))"
    }

    /// Runs to the result, or says why there is none.
    func run() async throws {
        let closings = try journal.closings() ?? []
        if closings.isEmpty { Console.say("listening on port \(try await mesh.start())") }
        do {
            try await FitThread.run {
                guard closings.isEmpty else { return try finish(closings) }
                try compute()
                try settle()
            }
            await mesh.leave()
        } catch {
            table?.wipe()
            await end(error)
            if let failure = error as? CommandFailure { throw failure }
            if request != nil, case .halted(let halt)? = error as? SumRefusal {
                throw CommandFailure(
                    "\(halt.from) halted the request: \(halt.reason). Its halt is signed and final; the task's own result stays."
                )
            }
            throw CommandFailure("\(error)", code: ExitCode((error as? SumRefusal)?.exitCode ?? 1))
        }
    }

    /// Waits a moment for those who still need something; who does not say that it has all is answered at the next start.
    private func settle() throws {
        if try mesh.settle(within: 10).isEmpty { journal.forget() } else { try journal.forgetKey() }
    }

    /// What contradicts the agreement ends the task here for good.
    private func end(_ error: any Error) async {
        // All offices know the end already; a result that is written stays one.
        if error is TooFewRows { return await mesh.leave() }
        if (try? ledger.resultDigest()) != nil { return await mesh.leave() }
        guard let refusal = mesh.refusal else { return await mesh.leave(.pause(Self.told(error))) }
        if case .halted(let halt) = refusal {
            // Where the ledger takes nothing, the file of the halt keeps the task ended.
            let isEntered = (try? ledger.recordHalt(halt)) != nil
            // A moment for the others to say that they know; of its own halt the command that gave it goes on telling.
            let (mesh, seconds) = (mesh, halt.from == own.name ? 0 : 3)
            let missing = try? await FitThread.run { mesh.haltHeard(within: seconds) }
            if isEntered, missing?.isEmpty == true { journal.forget() } else { try? journal.forgetKey() }
        } else if !refusal.isTemporary, ledger.isReserved {
            try? ledger.recordEnd(.failed, reason: "\(refusal)")
        }
        if !refusal.isTemporary { try? keepLog([]) }
        await mesh.leave()
    }

    /// What the others are told of a stop: what is about this office's table, file or disk is for its own people.
    private static func told(_ error: any Error) -> String {
        (error as? SumRefusal).map { "\($0)" } ?? "something here went wrong, which it tells its own people. Ask them."
    }

    /// For an auditor.
    private func keepLog(_ closings: [SumClosing]) throws {
        try OfficeAudit.write(ledger, closings: closings, task: task, office: own.name, key: key, state: state)
    }

    /// On the fit's thread.
    private func compute() throws {
        let names = task.offices.map(\.name)
        Console.say("waiting for \(names.filter { $0 != own.name }.joined(separator: ", "))")
        let uploads = try mesh.greeted()
        for office in mesh.attested {
            try OfficeEvidence.keep(office, in: state, ledger)
            Console.say("\(office.name) has proved that it runs the task's program (\(office.format.rawValue))")
        }
        // In the ledger of the task before that of the request: what is drawn is paid for.
        try refusing { try request?.setAside(uploads) }
        let reservation = try refusing { try ledger.reserve(plan.plan, price: plan.price, uploads: uploads) }
        try OfficeMemory.claim(
            reservation.hash.hex, folder: state, file: memory, measureAgain: measureAgain)
        Console.say(
            "all \(names.count) offices are there; ε = \(plan.price.epsilon) is set aside as entry \(reservation.sequence) of the "
                + "ledger in \(state)")
        Console.show(try ledger.line(reservation))
        let began = ContinuousClock.now
        let kernel = try kernel()
        do {
            let product = try plan.fit(
                kernel, budget: try Budget(plan.privacy, accounting: plan.plan.accounting), progress: { _ in })
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            Console.say(
                "\(Counted.of(product.transcript.figureCount, "figure")) opened in \(Counted.of(product.transcript.releases.count, "round")); with the fit "
                    + "\((seconds * 100).rounded() / 100) s")
            try write(product, try close(reservation), reservation)
        } catch let short as TooFewRows {
            let closings = try close(reservation)
            try ledger.recordTooFewRows(short, beside: task.engine.hiddenEpsilon ?? 0)
            try keepLog(closings)
            try settle()
            throw short
        }
    }

    private func kernel() throws -> Kernel {
        let record: @Sendable (Release) throws -> Void = { release in
            try refusing { try ledger.record(release) }
        }
        func shares(_ members: String) -> OfficeShares {
            OfficeShares(
                mesh: mesh, journal: journal, names: task.offices.map(\.name), holders: plan.holders, place: place,
                rows: plan.declaredRows.joined, members: members)
        }
        if let hidden = plan.hidden { return try kernel(hiding: hidden, record) }
        guard let table, let path else {
            try MemberExchange(task, place: place, mesh: mesh, journal: journal).serve()
            return try plan.kernel(nil, sharing: shares(""), record: record)
        }
        guard isShared else {
            let opening = OfficeOpening(mesh: mesh, holders: plan.holders)
            return Kernel(part: try plan.part(table), opening: opening, record: record)
        }
        guard let terms = own.table else { throw CommandFailure("\(own.name) has no table in the task") }
        guard let session = try journal.session() else { throw LedgerError.noReservation }
        let list = try KeyList(LocalTableFile(path: path), table: terms, rows: terms.rows ?? 0)
        // Before any of these keys leaves: they are those of the table that was committed to, not of a file in its place.
        let read = try hashedAlike(path)
        table.wipe()
        let began = ContinuousClock.now
        let members = try MemberExchange(task, place: place, mesh: mesh, journal: journal).members(
            of: list.keys, seed: try MaskKey(rawRepresentation: session.maskKey).seed(for: "fillings"))
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        Console.say(
            "\(Counted.of(members.keys.count, "key is", "keys are")) in both tables, as \(task.offices[1 - place].name) knows too; found in "
                + "\((seconds * 100).rounded() / 100) s")
        return try plan.kernel((own.name, read, members.keys), sharing: shares(members.digest), record: record)
    }

    /// The table, hashed with a secret of both holders, so that rows of one key have one hash at either.
    private func hashedAlike(_ path: String) throws -> KeyedTable {
        let secret = try mesh.key(with: 1 - place, for: "rows")
        func word(_ first: Int) -> UInt64 { (0..<8).reduce(0) { $0 << 8 | UInt64(secret[first + $1]) } }
        let read = try LocalTables.table(path, party: own.name, task: task, hash: KeyedHash(key: (word(0), word(8))))
        guard read.sha256 == opening.file else {
            throw CommandFailure("the file \(path) changed while it was read: nothing was counted", code: .badData)
        }
        return read.table
    }

    /// Neither holder learns whose keys both have.
    private func kernel(
        hiding terms: HiddenTerms, _ record: @escaping @Sendable (Release) throws -> Void
    ) throws -> Kernel {
        guard let session = try journal.session() else { throw LedgerError.noReservation }
        let sharing = try OfficeHidden(
            terms, place: place, names: task.offices.map(\.name), holders: plan.holders, mesh: mesh, journal: journal,
            key: session.key())
        guard let table, let path else { return try plan.kernel(nil, hiding: sharing, record: record) }
        let read = try hashedAlike(path)
        table.wipe()
        return try plan.kernel((own.name, read), hiding: sharing, record: record)
    }

    /// What this office finds itself is said to the others too.
    private func refusing<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let refusal as SumRefusal {
            mesh.refuse(refusal)
            throw refusal
        }
    }

    /// All figures opened in an earlier start, and all offices agreed; what they give was not written.
    private func finish(_ closings: [SumClosing]) throws {
        table?.wipe()
        guard let reservation = try ledger.standing() else { throw LedgerError.noReservation }
        let kernel = Kernel(replaying: try ledger.transcript(), domain: plan.domain)
        do {
            let product = try plan.fit(
                kernel, budget: try Budget(plan.privacy, accounting: plan.plan.accounting), progress: { _ in })
            try write(product, closings, reservation)
        } catch let short as TooFewRows {
            try ledger.recordTooFewRows(short, beside: task.engine.hiddenEpsilon ?? 0)
            try keepLog(closings)
            throw short
        }
    }

    private func write(_ product: TaskProduct, _ closings: [SumClosing], _ reservation: Reservation) throws {
        var product = product
        product.taskDigest = task.digest.hex
        let file = try product.encoded()
        try Files.write(file, to: output)
        try Files.write(try receipt(closings, reservation, result: LedgerHash(of: file)), to: "\(state)/receipt.json")
        try request?.write(
            product, of: plan, closings: closings, result: LedgerHash(of: file), to: "\(state)/answer.json")
        try ledger.recordResult(file: "task.model", digest: LedgerHash(of: file))
        try keepLog(closings)
        Console.say("all offices signed the same totals (\(state)/receipt.json)")
        Console.say("the result is \(output)")
    }

    private func close(_ reservation: Reservation) throws -> [SumClosing] {
        let closings = try mesh.close(reservation: reservation.hash.hex)
        try journal.keep(closings)
        return closings
    }

    /// What an office can show: that all signed the same totals, and which entries of their ledgers stand before them.
    private func receipt(_ closings: [SumClosing], _ reservation: Reservation, result: LedgerHash) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return Array(
            try encoder.encode(
                OfficeReceipt(
                    task: task.digest.hex, office: own.name, epsilon: plan.price.epsilon, delta: plan.price.delta,
                    commitments: reservation.uploads.mapValues(\.hex), result: result.hex, closings: closings)))
    }
}

/// How the kernel reaches the other offices.
private struct OfficeOpening: SumOpening {
    let mesh: OfficeMesh
    let holders: NoiseHolders

    func open(_ part: [Int64], question: String) throws -> [Int64] { try mesh.open(part, question: question) }
}

/// How the cooperative pool waits for work that waits for others.
///
/// A thread of its own, with room for deep trees: fits neither wait for others nor make others wait.
enum FitThread {
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let thread = Thread {
                continuation.resume(with: Result { try work() })
            }
            thread.name = "fit"
            thread.stackSize = 64 << 20
            thread.start()
        }
    }
}
