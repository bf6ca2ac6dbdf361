import Crypto
import Dispatch
import Domains
import Engine
import FittedModels
import Foundation
import PrivacyKernel
import Shards
import Synchronization
import Tables

/// Why a fit produced no model. It reveals nothing about the rows.
enum FitFailure: Error, Sendable, Equatable {
    case failed
    /// Fewer rows came together than the task asks for: what everybody is told, and what was spent.
    case tooFewRows(TooFewRows)
    /// A shard is lost, or errs: a sentence for all parties.
    case shard(String)
}

/// The result of a fit and the file that stores it.
struct FinishedFit: Sendable {
    let product: TaskProduct
    let file: [UInt8]
    /// SHA-256 of the file.
    let digest: [UInt8]

    init(_ product: TaskProduct) throws {
        self.product = product
        file = try product.encoded()
        digest = Array(SHA256.hash(data: file))
    }
}

/// The end of a fit, as it is told.
struct FitEnd: Sendable {
    let outcome: Result<FinishedFit, FitFailure>
    /// When it is told, in whole seconds from the fit's beginning. The ledger holds this time, whatever the clock says then.
    let seconds: Int64
}

/// Runs the one fit of a task on its own thread, apart from the threads that answer requests.
struct Fitter: Sendable {
    let task: TaskPlan
    /// SHA-256 of the task, hexadecimal; the model's file contains it.
    let taskDigest: String
    /// When the end of the fit is told.
    let ladder: FitLadder

    init(_ task: TaskPlan, taskDigest: String) {
        self.task = task
        self.taskDigest = taskDigest
        ladder = FitLadder(task)
    }

    var plan: MechanismPlan { task.plan }

    /// Begins the fit.
    ///
    /// - Parameters:
    ///   - handover: the parties' tables in the order of the task; none to resume from the ledger's transcript.
    ///   - ledger: takes every release before the synthesizer sees it.
    ///   - shards: have the rows of those tables, where the task lists some.
    func begin(
        _ handover: TableHandover, ledger: TaskLedger, shards: ShardIntake? = nil
    ) -> Task<FitEnd, Never> {
        return Task {
            await withCheckedContinuation { continuation in
                let thread = Thread {
                    let clock = ContinuousClock()
                    let start = clock.now
                    let outcome = run(handover, ledger, shards)
                    shards?.end()
                    let seconds = waitForRung(since: start, clock)
                    continuation.resume(returning: FitEnd(outcome: outcome, seconds: seconds))
                }
                thread.name = "fit"
                thread.stackSize = 64 << 20
                thread.start()
            }
        }
    }

    /// Fits again from the ledger's releases and waits for it: at a start, before anybody is answered.
    ///
    /// - Throws: `FitFailure` where they are not all that the fit needs.
    func refit(_ ledger: TaskLedger) throws -> FinishedFit {
        let outcome = Outcome()
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            let fitted = run(TableHandover(), ledger)
            outcome.value.withLock { $0 = fitted }
            done.signal()
        }
        thread.name = "fit"
        thread.stackSize = 64 << 20
        thread.start()
        done.wait()
        return try outcome.value.withLock { $0 }.get()
    }

    private final class Outcome: Sendable {
        let value = Mutex<Result<FinishedFit, FitFailure>>(.failure(.failed))
    }

    private func run(
        _ handover: TableHandover, _ ledger: TaskLedger, _ shards: ShardIntake? = nil
    ) -> Result<FinishedFit, FitFailure> {
        do {
            let budget = try Budget(task.privacy, accounting: plan.accounting)
            let kernel =
                if let shards { try self.kernel(handover, ledger, on: shards) } else {
                    try self.kernel(handover, ledger)
                }
            var product = try task.fit(kernel, budget: budget) { _ in }
            product.taskDigest = taskDigest
            return .success(try FinishedFit(product))
        } catch let short as TooFewRows {
            return .failure(.tooFewRows(short))
        } catch {
            return .failure(
                (shards?.failure).map { .shard("\($0.publicSentence) What was spent stays spent.") } ?? .failed)
        }
    }

    /// The kernel that holds the joined rows, or one that answers from the ledger's transcript.
    func kernel(_ handover: TableHandover, _ ledger: TaskLedger) throws -> Kernel {
        let tables = handover.take()
        guard !tables.isEmpty else {
            return Kernel(replaying: Transcript(releases: try ledger.releases()), domain: task.domain)
        }
        return Kernel(table: try task.joined(tables)) { release in try ledger.record(release) }
    }

    /// The kernel of rows that lie on shards. Their tables are empty here.
    private func kernel(_ handover: TableHandover, _ ledger: TaskLedger, on shards: ShardIntake) throws -> Kernel {
        _ = handover.take()
        let counter = try shards.counter(of: task.domain)
        return Kernel(countedBy: counter) { release in try ledger.record(release) }
    }

    /// - Returns: the seconds from the beginning to that rung.
    private func waitForRung(since start: ContinuousClock.Instant, _ clock: ContinuousClock) -> Int64 {
        let end = ladder.end(of: (clock.now - start) / .seconds(1))
        let rest = start.advanced(by: .seconds(end)) - clock.now
        if rest > .zero { Thread.sleep(forTimeInterval: rest / .seconds(1)) }
        return Int64(end)
    }
}

/// Tables on their way to the fit's thread. The sender keeps no reference; the receiver holds the only one.
final class TableHandover: Sendable {
    private let tables = Mutex<[(name: String, table: KeyedTable)]>([])

    func put(_ name: String, _ table: KeyedTable) { tables.withLock { $0.append((name, table)) } }

    func take() -> [(name: String, table: KeyedTable)] {
        tables.withLock { held in
            defer { held = [] }
            return held
        }
    }
}
