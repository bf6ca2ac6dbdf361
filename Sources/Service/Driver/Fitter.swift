import Crypto
import Engine
import FittedModels
import Foundation
import PrivacyKernel
import Synchronization
import Tables

/// Why a fit produced no model. It reveals nothing about the rows.
enum FitFailure: Error, Sendable, Equatable {
    case failed
    /// Fewer rows came together than the task asks for: what everybody is told, and what was spent.
    case tooFewRows(TooFewRows)
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
    func begin(
        _ handover: TableHandover, ledger: TaskLedger
    ) -> Task<Result<FinishedFit, FitFailure>, Never> {
        return Task {
            await withCheckedContinuation { continuation in
                let thread = Thread {
                    let clock = ContinuousClock()
                    let start = clock.now
                    let outcome = run(handover, ledger)
                    waitForRung(since: start, clock)
                    continuation.resume(returning: outcome)
                }
                thread.name = "fit"
                thread.stackSize = 64 << 20
                thread.start()
            }
        }
    }

    private func run(_ handover: TableHandover, _ ledger: TaskLedger) -> Result<FinishedFit, FitFailure> {
        do {
            let budget = try Budget(task.privacy, accounting: plan.accounting)
            let kernel = try kernel(handover, ledger)
            var product = try task.fit(kernel, budget: budget) { _ in }
            product.taskDigest = taskDigest
            return .success(try FinishedFit(product))
        } catch let short as TooFewRows {
            return .failure(.tooFewRows(short))
        } catch {
            return .failure(.failed)
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

    private func waitForRung(since start: ContinuousClock.Instant, _ clock: ContinuousClock) {
        let end = ladder.end(of: (clock.now - start) / .seconds(1))
        let rest = start.advanced(by: .seconds(end)) - clock.now
        if rest > .zero { Thread.sleep(forTimeInterval: rest / .seconds(1)) }
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
