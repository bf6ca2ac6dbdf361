import Engine
import FittedModels
import Foundation
import Ledger
import Synchronization
import Tables
import Tasks

@testable import Engine
@testable import PrivacyKernel
@testable import Service

/// Bugs of the service that the audit plants, as `PlantedBugs` does with those of the kernel: functions that stand in the
/// place of the right ones and err where a test says so.
enum PlantedServiceBug: String, Sendable {
    /// The fit fails where the join has no rows.
    case emptyJoinRefused
    /// A model that is on disk is served, whichever task it was fitted for.
    case othersModelServed
    /// The ledger holds the digest of each file in place of a commitment.
    case digestsEntered
    /// After a restart the service knows nothing of what was drawn before.
    case releasesForgotten
    /// Half of what the plan gives its first step goes to the second: no bug, but a plan that nobody computed.
    case sharesMoved

    /// The bug of a service that is started in this task.
    @TaskLocal static var active: PlantedServiceBug?

    /// Tasks, by their digests, whose fit refuses an empty join: a fit has a thread of its own and inherits no task.
    static let refusing = Mutex<Set<String>>([])
    /// Tasks, by their digests, whose ledger holds digests of files: calls have tasks of their own too.
    static let telling = Mutex<Set<String>>([])
}

extension Fitter {
    @_dynamicReplacement(for:kernel(_:_:))
    func kernelOrRefusal(_ handover: TableHandover, _ ledger: TaskLedger) throws -> Kernel {
        let kernel = try kernel(handover, ledger)
        if PlantedServiceBug.refusing.withLock({ $0.contains(taskDigest) }),
            (kernel.rows as? PrivateRows)?.rowCount == 0
        {
            throw FitFailure.failed
        }
        return kernel
    }
}

extension TaskStart {
    @_dynamicReplacement(for:fitter(for:))
    static func fitterOfMovedShares(for specification: TaskSpecification) throws -> Fitter {
        let right = try fitter(for: specification)
        guard PlantedServiceBug.active == .sharesMoved, right.plan.steps.count > 1 else { return right }
        var task = right.task
        let half = task.plan.steps[0].share / 2
        task.plan.steps[0].share -= half
        task.plan.steps[1].share += half
        return Fitter(task, taskDigest: right.taskDigest)
    }
}

extension TaskLedger {
    @_dynamicReplacement(for:refuseStateOfAnotherTask(_:than:))
    static func takeStateOfAnyTask(_ ledger: Ledger, than task: LedgerHash) throws {
        if PlantedServiceBug.active == .othersModelServed { return }
        try refuseStateOfAnotherTask(ledger, than: task)
    }

    @_dynamicReplacement(for:modelDigest())
    func digestOfAnyModel() throws -> String? {
        PlantedServiceBug.active == .othersModelServed ? "of another task" : try modelDigest()
    }

    @_dynamicReplacement(for:reservedUploads())
    func uploadsOfAnyTask() throws -> [String: String]? {
        switch PlantedServiceBug.active {
        case .othersModelServed: [:]
        case .releasesForgotten: nil
        default: try reservedUploads()
        }
    }

    @_dynamicReplacement(for:commitment(to:))
    func commitmentOrDigest(to opening: UploadOpening) -> String {
        PlantedServiceBug.telling.withLock { $0.contains(task.hex) } ? opening.file.hex : commitment(to: opening)
    }

    @_dynamicReplacement(for:hasReleases())
    func hasForgottenReleases() throws -> Bool {
        switch PlantedServiceBug.active {
        case .releasesForgotten: false
        case .othersModelServed: true
        default: try hasReleases()
        }
    }
}

extension TaskStart {
    @_dynamicReplacement(for:product(_:_:_:))
    static func productOnDisk(
        _ fitter: Fitter, _ ledger: TaskLedger, _ directory: StateDirectory?
    ) throws -> TaskProduct {
        guard PlantedServiceBug.active == .othersModelServed, let directory,
            let file = FileManager.default.contents(atPath: "\(directory.path)/\(StateDirectory.modelName)")
        else { return try product(fitter, ledger, directory) }
        return try TaskProduct(encoded: Array(file))
    }
}
